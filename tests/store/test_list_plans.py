"""What a page costs: an index leads to it, and it costs the same however deep it is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

from orchestrator.states import PaymentState
from orchestrator.store.lists import Bound, ListPayments, page_query
from tests.postgres_server import PostgresServer

PAYMENTS = 20_000
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
# A page of ten reads its rows, a few that do not fit, and the way down the index.
MOST_BLOCKS = 120

# One owner has nearly all payments, another one in a hundred; one state has most of them.
FILL = f"""
SET session_replication_role = replica;
INSERT INTO payments (id, owner, amount, currency, customer, item_ids, transaction_id, metadata,
  payment_intent, max_attempts, attempts_used, state, version, last_hash, revision,
  evidence_count, evidence_hash, settling, excluded_cards, due_at, expires_at, created_at,
  updated_at)
SELECT 'pay_' || md5(i::text), CASE WHEN i % 100 = 0 THEN 'small' ELSE 'big' END, 1000, 'usd',
  CASE WHEN i % 3 > 0 THEN 'cus_' || i % 2000 END, '[]', 'order-' || i, '{{}}', 'pi_' || i, 4, 1,
  CASE WHEN i % 1000 = 7 THEN 'confirming' WHEN i % 9 = 4 THEN 'failed' ELSE 'succeeded' END,
  2, md5(i::text), 2, 0, repeat('0', 64), '{{}}', '[]', now(), now(),
  timestamptz '2026-01-01 00:00Z' + i * interval '1 minute', now()
FROM generate_series(1, {PAYMENTS}) i;
ANALYZE payments;
"""


def at(part: float) -> datetime:
    """Return the moment at which this part of the payments had been created."""
    return EPOCH + timedelta(minutes=PAYMENTS * part)


FILTERS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "common state": {"state": PaymentState.succeeded},
    "rare state": {"state": PaymentState.confirming},
    "customer": {"customer": "cus_7"},
    "unknown customer": {"customer": "cus_nobody"},
    "transaction": {"transaction_id": "order-500"},
    "unknown transaction": {"transaction_id": "order-none"},
    "wide span": {"created": (Bound("gte", at(0.01)), Bound("lt", at(0.99)))},
    "narrow span": {"created": (Bound("gt", at(0.3)), Bound("lte", at(0.31)))},
}
PLACES: dict[str, tuple[dict[str, Any], float | None]] = {
    "first": ({}, None),
    "middle": ({"starting_after": "pay_x"}, 0.5),
    "last": ({"starting_after": "pay_x"}, 0.02),
    "newer": ({"ending_before": "pay_x"}, 0.02),
}


def statement(name: str, place: str, owner: str | None, dialect: Any) -> str:
    """Write a page's statement with every value in it."""
    cursor, part = PLACES[place]
    wanted = ListPayments(owner=owner, **FILTERS[name], **cursor)
    query = page_query(wanted, None if part is None else (at(part), "pay_x"))
    return str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


@pytest.fixture(scope="module")
def filled(postgres_server: PostgresServer, postgres_template: str) -> Iterator[PostgresServer]:
    """Give the tests of this file a PostgreSQL database with many payments."""
    postgres_server.create_database("lists", postgres_template)
    postgres_server.execute(FILL, "lists")
    yield postgres_server
    postgres_server.drop_database("lists")


@pytest.mark.parametrize("name", FILTERS)
def test_a_page_is_as_cheap_at_the_end(filled: PostgresServer, name: str) -> None:
    """On PostgreSQL each filter's page reads few blocks from whatever place, of any owner's."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    costs = {}
    for place in PLACES:
        for owner in (None, "big", "small"):
            explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
            written = filled.execute(explain + statement(name, place, owner, dialect), "lists")
            plan = json.loads(written)[0]["Plan"]
            costs[place, owner] = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            assert "Seq Scan" not in written, (place, owner)

    assert max(costs.values()) <= MOST_BLOCKS, costs


@pytest.mark.parametrize("owner", [None, "small"])
@pytest.mark.parametrize("name", FILTERS)
def test_sqlite_sorts_nothing(sqlite_url: str, name: str, owner: str | None) -> None:
    """On SQLite an index gives each page in its order, from its place on."""
    dialect = sqlite.dialect()
    with closing(sqlite3.connect(make_url(sqlite_url).database or "")) as connection:
        plans = [
            connection.execute("EXPLAIN QUERY PLAN " + statement(name, place, owner, dialect))
            for place in PLACES
        ]
        steps = [[row[3] for row in plan] for plan in plans]

    assert all(len(plan) == 1 and "USING INDEX ix_payments_" in plan[0] for plan in steps), steps
