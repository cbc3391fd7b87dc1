"""What a confirm reads first costs the same however many cards have been declined."""

from __future__ import annotations

from sqlalchemy import Connection, insert, text
from sqlalchemy.dialects import postgresql, sqlite

from orchestrator.store.connections import open_database
from orchestrator.store.requests import _CONFIRM_VIEW
from orchestrator.store.schema import card_outcomes
from tests.store.seeds import CARD, seed
from tests.stored_payments import START

INDEX = "ix_card_outcomes_fingerprint"


def fill(connection: Connection) -> None:
    """Store declines of many cards."""
    rows = [
        {
            "charge": f"ch_{number}",
            "payment_id": "pay_f",
            "fingerprint": f"finger_{number}",
            "approved": False,
            "noted_at": START,
        }
        for number in range(5_000)
    ]
    connection.execute(insert(card_outcomes), rows)


def plan_of(connection: Connection) -> str:
    """Return how the database would read a confirm's view."""
    names = ("owner", "payment_id", "key", "payment_method")
    values = dict(zip(names, ("shop", "pay_f", "k", CARD.payment_method), strict=True))
    query = _CONFIRM_VIEW.params(**values, declined_since=START)
    is_sqlite = connection.dialect.name == "sqlite"
    dialect = sqlite.dialect() if is_sqlite else postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    if not is_sqlite:
        connection.execute(text("ANALYZE card_outcomes"))
    statement = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    rows = connection.exec_driver_sql(f"{explain} {statement}").all()
    return "\n".join(str(row) for row in rows)


async def test_declines_are_counted_by_the_index(database_url: str) -> None:
    """A card's declines are found by its fingerprint, without looking at others."""
    await seed(database_url)
    database = open_database(database_url)
    try:
        await database.write(fill)
        plan = await database.write(plan_of)
    finally:
        await database.close()

    assert INDEX in plan
    assert "SCAN card_outcomes" not in plan
    assert "Seq Scan on card_outcomes" not in plan
