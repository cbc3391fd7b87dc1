"""What the figures of open payments cost on PostgreSQL: the same, however much is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.dialects import postgresql

from orchestrator.store import overview
from tests.postgres_server import PostgresServer
from tests.store.test_list_plans import FILL

# Twenty open payments and their attempts; the other 19,980 would be thousands of blocks.
MOST_BLOCKS = 200

# The twenty of them that are confirming have an attempt open, and everybody else one that is over.
ATTEMPTS = """
SET session_replication_role = replica;
UPDATE payments SET due_at = NULL WHERE state IN ('succeeded', 'failed');
INSERT INTO attempts (payment_id, number, sequence, event, origin, payment_method, stripe_key,
  parameters, opened_at, closed_at, closed_by)
SELECT id, 1, 2, 'confirm', 'server', 'pm_x', id || ':confirm:1', '{}', now(),
  CASE WHEN handled THEN now() END, CASE WHEN handled THEN 'outcome' END
FROM payments;
"""


@pytest.fixture(scope="module")
def filled(postgres_server: PostgresServer, postgres_template: str) -> Iterator[PostgresServer]:
    """Give the tests of this file a PostgreSQL database with many payments and attempts."""
    postgres_server.create_database("overview", postgres_template)
    postgres_server.execute(FILL, "overview")
    postgres_server.execute(ATTEMPTS, "overview")
    for table in ("payments", "attempts"):
        postgres_server.execute(f"VACUUM ANALYZE {table}", "overview")
    yield postgres_server
    postgres_server.drop_database("overview")


NOW = datetime(2027, 1, 1, tzinfo=UTC)


def plan_of(server: PostgresServer, query: Any) -> tuple[str, int]:
    """Run a query; return its plan and how many blocks it read."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    statement = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    written = server.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", "overview")
    plan = json.loads(written)[0]["Plan"]
    return written, plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


@pytest.mark.parametrize(
    "query",
    [overview.OPEN, overview.DUE.params(now=NOW), overview.unknown_query("postgresql")],
    ids=["open", "due", "unknown"],
)
def test_open_payments_alone_are_read(filled: PostgresServer, query: Any) -> None:
    """What is due and what is unknown is found among the payments that are open."""
    written, blocks = plan_of(filled, query)

    assert "Seq Scan" not in written
    assert blocks <= MOST_BLOCKS
