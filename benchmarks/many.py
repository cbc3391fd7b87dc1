"""Fills a PostgreSQL with a great many payments, fast: four lives by the program, copied by SQL.

Copies have ids and moments of their own, spread over two months, and the hashes of what they are
copies of: lists, counts and indexes are as they would be, and only the first four payments verify.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, DateTime, Table, insert, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from orchestrator.actions import action_row, signed_in
from orchestrator.chain import GENESIS
from orchestrator.seals.seal import Seal, key_id_of, public_key_of, sign
from orchestrator.store import schema
from tests.many_payments import store_many
from tests.stored_payments import START

LIVES: Final = 4
STEP: Final = 50_000
SPREAD: Final = timedelta(days=60)
CUSTOMERS: Final = 50_000
# Of what grows with people's and Stripe's doing, not with payments.
BESIDES: Final = 10_000

_TABLES: Final = (
    schema.payments,
    schema.evidence,
    schema.payment_transitions,
    schema.attempts,
)
_ID: Final = "'pay_' || lpad(to_hex(n), 32, '0')"
_OWN: Final = {
    "payment_id": _ID,
    "payment_intent": "'pi_' || n",
    "customer": f"'cus_' || n % {CUSTOMERS}",
    "transaction_id": "'order-' || n",
    "charge": "t.charge || '_' || n",
    "stripe_key": "t.stripe_key || '_' || n",
    "outcome_charge": "t.outcome_charge || '_' || n",
}
_EVENTS: Final = """
INSERT INTO events (position, payment_id, sequence, type, owner, occurred_at)
SELECT row_number() OVER (ORDER BY occurred_at, payment_id, sequence),
  payment_id, sequence, 'payment.' || target, 'shop', occurred_at
FROM payment_transitions
"""
_ANOMALIES: Final = """
INSERT INTO anomalies (id, payment_id, kind, noted_at, detail)
SELECT 'ano_' || lpad(to_hex(n), 32, '0'), 'pay_' || lpad(to_hex(n), 32, '0'),
  (ARRAY['late_success','amount_differs','charged_twice'])[1 + n % 3],
  now() - n * interval '1 minute', 'What was found, number ' || n
FROM generate_series(0, :last) n
"""
_NOTES: Final = """
INSERT INTO anomaly_notes (anomaly_id, sequence, source, state, owner, resolution, reason,
  actor_kind, actor_id, noted_at)
SELECT id, 1, 'open', 'resolved', 'ada', 'accepted', 'as it should be', 'operator', 'ada', now()
FROM anomalies WHERE kind <> 'late_success'
"""
_UNMATCHED: Final = """
INSERT INTO stripe_events (id, type, object_id, livemode, created_at, received_at, origin, digest,
  projection, state, tries)
SELECT 'evt_' || n, 'charge.updated', 'ch_other_' || n, false, now(), now() - n * interval '1 s',
  'webhook', repeat('d', 64), '{}', 'unmatched', 9
FROM generate_series(0, :last) n
"""
_LEAVES: Final = """
INSERT INTO seal_leaves (seal, position, payment_id, version, last_hash, evidence_count,
  evidence_hash, attempts)
SELECT 1, row_number() OVER (ORDER BY id) - 1, id, version, last_hash, evidence_count,
  evidence_hash, '[]'
FROM payments
"""

# What the worker's part would have counted, at once.
_COUNTS: Final = """
INSERT INTO rollups (span, kind, began_at, name, how_many)
SELECT s.span, k.kind, s.began_at, k.name, count(*)
FROM payment_transitions t
CROSS JOIN LATERAL (VALUES ('entered', t.target), ('left', t.source),
  ('decline', coalesce(t.decline_code, t.code)),
  ('retry', CASE WHEN t.source = 'confirming' AND t.attempt > 1 THEN t.target END)
) k (kind, name)
CROSS JOIN LATERAL (VALUES ('hour', date_trunc('hour', t.occurred_at, 'UTC')),
  ('day', date_trunc('day', t.occurred_at, 'UTC')), ('ever', timestamptz 'epoch')
) s (span, began_at)
WHERE k.name IS NOT NULL
GROUP BY 1, 2, 3, 4
"""
_COUNTED: Final = "UPDATE rollup_turn SET position = (SELECT max(position) FROM events)"


async def fill(url: str, how_many: int) -> None:
    """Fill a migrated database with payments, and with what people and Stripe do besides."""
    await store_many(url, LIVES)
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        first = datetime.now(UTC) - SPREAD
        for low in range(LIVES, how_many, STEP):
            span = {"low": low, "high": min(low + STEP, how_many) - 1, "lives": LIVES}
            moved = {"first": first - START, "each": SPREAD / how_many}
            await _run(engine, *[(_copy(table), span | moved) for table in _TABLES])
        last = {"last": min(BESIDES, how_many) - 1}
        await _run(engine, ("DELETE FROM outbox", {}), (_EVENTS, {}), (_LEAVES, {}))
        await _run(engine, (_COUNTS, {}), (_COUNTED, {}))
        await _run(engine, (_ANOMALIES, last), (_NOTES, {}), (_UNMATCHED, last))
        async with engine.begin() as connection:
            await connection.execute(text("SET session_replication_role = replica"))
            await connection.run_sync(_seal, how_many)
            await connection.run_sync(_record)
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text("VACUUM ANALYZE"))
    finally:
        await engine.dispose()


async def _run(engine: AsyncEngine, *statements: tuple[str, dict[str, Any]]) -> None:
    """Run statements without triggers and foreign keys: what is copied was checked once."""
    async with engine.begin() as connection:
        await connection.execute(text("SET session_replication_role = replica"))
        for statement, values in statements:
            await connection.execute(text(statement), values)


def _copy(table: Table) -> str:
    """Write the statement that copies a table's rows of the first lives to so many payments."""
    columns = [column for column in table.c if column.computed is None]
    names = ", ".join(str(column.name) for column in columns)
    shown = ", ".join(_expression(table, column) for column in columns)
    key = "id" if table is schema.payments else "payment_id"
    return (
        f"INSERT INTO {table.name} ({names}) SELECT {shown} "  # noqa: S608, RUF100  our own names
        f"FROM generate_series(CAST(:low AS integer), CAST(:high AS integer)) n "
        f"JOIN {table.name} t "
        f"ON t.{key} = 'pay_' || lpad(to_hex(n % CAST(:lives AS integer)), 32, '0')"
    )


def _expression(table: Table, column: Any) -> str:
    if isinstance(column.type, DateTime):
        return f"t.{column.name} + CAST(:first AS interval) + n * CAST(:each AS interval)"
    if table is schema.payments and column.name == "id":
        return _ID
    return _OWN.get(column.name, f"t.{column.name}")


def _seal(connection: Connection, how_many: int) -> None:
    """Store a seal over every payment; its root is made up."""
    key = Ed25519PrivateKey.generate()
    public_key = public_key_of(key)
    seal = Seal(1, datetime.now(UTC), how_many, "5" * 64, GENESIS, key_id_of(public_key))
    signed = sign(seal, key)
    connection.execute(
        insert(schema.seals),
        {
            "number": 1,
            "sealed_at": seal.sealed_at,
            "payments": how_many,
            "root": seal.root,
            "previous_hash": seal.previous_hash,
            "key_id": seal.key_id,
            "other_chains": {},
            "hash": seal.hash,
            "signature": signed.signature,
            "public_key": signed.public_key,
        },
    )


def _record(connection: Connection) -> None:
    """Put many sign-ins on record, each with its hash."""
    rows, digest = [], GENESIS
    for number in range(1, BESIDES + 1):
        row = action_row(signed_in(f"key{number % 7}", datetime.now(UTC)), number, digest)
        rows.append(row)
        digest = row["hash"]
    connection.execute(insert(schema.actions), rows)
    connection.execute(update(schema.action_head).values(number=BESIDES, hash=digest))
