"""Cards out of use go up and down the schemas whole, and the rules about them go with them."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from orchestrator.store import migrate
from tests.store.builders import Row, insert, literal, update
from tests.store.migrated import execute, on, step_back
from tests.store.seeds import seed

# What both schemas know of a disablement.
SHARED = (
    "owner",
    "scope_key",
    "disabled_at",
    "scope",
    "payment_method",
    "payment_id",
    "reason",
    "enabled_at",
    "enabled_reason",
)
ADDED = (
    "actor_kind",
    "actor_id",
    "request_id",
    "enabled_actor_kind",
    "enabled_actor_id",
    "enabled_request_id",
)
EARLY, LATER, LATEST = (f"2026-04-0{day}T00:00:00.000000Z" for day in (1, 2, 3))
BY_HAND = {"payment_id": None, "actor_kind": "api_key", "actor_id": "k", "request_id": "req_1"}
ENABLED = {"enabled_at": LATER, "enabled_reason": "was a mistake"}
# What ends an active row under either schema, or ends it again.
ENABLED_HERE = {"enabled_at": LATEST, "enabled_reason": "x"}
ENABLED_BY_HAND = ENABLED | {
    "enabled_actor_kind": "api_key",
    "enabled_actor_id": "k",
    "enabled_request_id": "req_2",
}


def row(card: str, **columns: object) -> Row:
    """Build the row that keeps a card out of use since a payment."""
    known: Row = {
        "owner": "shop",
        "scope_key": f"fingerprint:{card}",
        "disabled_at": EARLY,
        "scope": "fingerprint",
        "payment_method": f"pm_{card}",
        "payment_id": "pay_c",
        "reason": "lost_card",
    }
    return known | columns


def detached(card: str, **columns: object) -> Row:
    """Build the row of a card that its customer keeps no more."""
    scope = {"scope": "payment_method", "scope_key": f"payment_method:pm_{card}"}
    return row(card, reason="detached", **BY_HAND | scope | columns)


NEWER = (
    row("hand", **BY_HAND),
    row("operator", payment_id=None, actor_kind="operator"),
    row("expired", scope="fingerprint_and_expiry", scope_key="fingerprint_and_expiry:x:1:2030"),
    row("enabled", **ENABLED_BY_HAND),
    row("again", **BY_HAND | ENABLED_BY_HAND),
    row("again", disabled_at=LATEST, **BY_HAND),
    detached("gone"),
    detached("back", **ENABLED_BY_HAND),
    # A card without a fingerprint has the key that the older schema gives to a detached one.
    row("bare", scope_key="fingerprint:pm_bare"),
    detached("bare", disabled_at=LATER),
    row("ended", scope_key="fingerprint:pm_ended", **ENABLED_BY_HAND),
    detached("ended", disabled_at=LATEST),
    row("same", scope_key="fingerprint:pm_same", **ENABLED_BY_HAND),
    detached("same"),
)
# What the older schema takes beside that: rows without anybody's name, or without a reason.
OLDER = (
    row("nobody", payment_id=None),
    row("nobody_enabled", payment_id=None, **ENABLED),
    row("enabled", **ENABLED),
    row("no_reason", enabled_at=LATER),
    row("customer", scope="customer_and_fingerprint", scope_key="customer_and_fingerprint:c:x"),
)
# Those of the newer rows whose older key is taken; they keep their own.
CROWDED = ("payment_method:pm_bare", "payment_method:pm_same")


def disablements(connection: Connection, columns: tuple[str, ...]) -> list[Row]:
    """Read these columns of every disablement."""
    found = connection.execute(text(f"SELECT {', '.join(columns)} FROM card_disablements"))
    return in_order(dict(each) for each in found.mappings())


def in_order(rows: Any) -> list[Row]:
    """Sort rows by all they hold."""
    return sorted(rows, key=repr)


def as_older(known: Row) -> Row:
    """Return what the older schema makes of a row."""
    if known["scope"] != "payment_method":
        return known
    crowded = known["scope_key"] in CROWDED
    key = known["scope_key"] if crowded else f"fingerprint:{known['payment_method']}"
    return known | {"scope": "fingerprint", "scope_key": key}


def as_newer(known: Row) -> Row:
    """Return what the newer schema makes of an older row: somebody has done it."""
    by_hand, ended = known["payment_id"] is None, known["enabled_at"] is not None
    unnamed: Row = dict.fromkeys(ADDED)
    if by_hand:
        unnamed["actor_kind"] = "operator"
    if ended:
        unnamed["enabled_actor_kind"] = "operator"
        unnamed["enabled_reason"] = known["enabled_reason"] or "not recorded"
    return known | unnamed


def refuse_all(url: str, known: Row, enabled: Row) -> None:
    """Try what the triggers refuse, on an active row and on an ended one."""
    active, ended = where(known), where(enabled)
    tried = [
        f"DELETE FROM card_disablements WHERE {active}",
        insert("card_disablements", known),
        insert("card_disablements", known | {"disabled_at": "2027-01-01T00:00:00.000000Z"}),
        insert("card_disablements", row("other", payment_id="pay_unknown")),
        insert("card_disablements", row("other", scope="everything")),
        update("card_disablements", active, reason="x"),
        update("card_disablements", active, reason="x", **ENABLED_HERE),
        update("card_disablements", ended, **ENABLED_HERE),
        update("card_disablements", ended, enabled_at=None),
    ]
    if url.startswith("sqlite"):
        tried.append(insert("card_disablements", known, "INSERT OR REPLACE"))
    for statement in tried:
        with pytest.raises(
            DBAPIError, match=r"(?i)delete|unique|duplicate|stored|check|foreign|once"
        ):
            execute(url, statement)


def where(known: Row) -> str:
    """Name one row by its key."""
    keys = ("owner", "scope_key", "disabled_at")
    return " AND ".join(f"{name} = {literal(known[name])}" for name in keys)


async def stored(url: str, *rows: Row) -> None:
    """Store the payments of every test, and these disablements."""
    await seed(url)
    await asyncio.to_thread(add, url, *rows)


def add(url: str, *rows: Row) -> None:
    """Store disablements."""
    execute(url, *[insert("card_disablements", each) for each in rows])


def shared(url: str) -> list[Row]:
    """Read what both schemas know of every disablement."""
    return list(on(url, lambda connection: disablements(connection, SHARED)))


def everything(url: str) -> list[Row]:
    """Read all that the newer schema knows of every disablement."""
    return list(on(url, lambda connection: disablements(connection, (*SHARED, *ADDED))))


@pytest.fixture
def newer(database_url: str) -> str:
    """Give the test a database whose disablements are those that only the newer schema takes."""
    asyncio.run(stored(database_url, *NEWER))
    return database_url


@pytest.fixture
def older(database_url: str) -> str:
    """Give the test a database of the older schema, with what only that one takes."""
    asyncio.run(stored(database_url))
    step_back(database_url, "0001")
    add(database_url, *OLDER)
    return database_url


def test_step_back_keeps_what_the_older_schema_knows(newer: str) -> None:
    """Every disablement goes back, a detached card under the key that its id then has."""
    before = shared(newer)
    step_back(newer, "0001")

    assert len(before) == len(NEWER) + 1
    assert shared(newer) == in_order(map(as_older, before))


def test_step_back_and_forth_keeps_every_disablement(newer: str) -> None:
    """Forth again, each has somebody's name, where it needs one; and no other column changed."""
    step_back(newer, "0001")
    before = shared(newer)
    migrate.upgrade(newer)

    assert everything(newer) == in_order(map(as_newer, before))


def test_step_forth_keeps_what_the_older_schema_took(older: str) -> None:
    """Rows that name nobody were an operator's, and an end without a reason says so."""
    before = shared(older)
    migrate.upgrade(older)

    assert len(before) == len(OLDER) + 1
    assert everything(older) == in_order(map(as_newer, before))


def test_step_forth_and_back_keeps_every_disablement(older: str) -> None:
    """Back again, nothing differs but a reason that was missing."""
    before = shared(older)
    migrate.upgrade(older)
    step_back(older, "0001")
    told = [{name: as_newer(known)[name] for name in SHARED} for known in before]

    assert shared(older) == in_order(told)


def test_rules_hold_on_each_side_of_a_step(newer: str) -> None:
    """After each step a disablement is refused what it was refused before."""
    active, enabled = row("expired", **NEWER[2]), row("enabled", **ENABLED)
    for step in (None, "0001", "head", "0001"):
        if step == "head":
            migrate.upgrade(newer)
        elif step is not None:
            step_back(newer, step)
        before = shared(newer)
        refuse_all(newer, active, enabled)

        assert shared(newer) == before
