"""Erasing what callers wrote: it is gone, and every chain, seal and archive holds as before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import pytest
from sqlalchemy import Connection, insert, select

from orchestrator.audit import verify_all
from orchestrator.payment import Actor
from orchestrator.refund import RefundState
from orchestrator.seals.seal import closed_attempts
from orchestrator.store.connections import Database, open_database
from orchestrator.store.erasure import Erasure, erase_words
from orchestrator.store.history import read_attempts
from orchestrator.store.schema import payments, refunds
from tests.cli.conftest import Run, run
from tests.store.migrated import execute
from tests.stored_payments import START, Storyteller, new_payment

__all__ = ["run"]
TOLD: Final = ("--yes", "--reason", "request 17")
WORDS: Final = {"description": "A ring for Ada", "metadata": {"guest": "Ada Lovelace"}}


async def store(url: str) -> None:
    """Store a paid and a new payment whose caller wrote about a person."""
    database = open_database(url)
    try:
        tell = Storyteller(database)
        paid = await tell.created(new_payment("pay_a", **WORDS))
        paid = await tell.opened(paid, "pm_one")
        await tell.paid(paid)
        await tell.created(new_payment("pay_e", **WORDS))
    finally:
        await database.close()


@pytest.fixture
def url(database_url: str) -> str:
    """Give the test a database of each kind with these payments."""
    asyncio.run(store(database_url))
    return database_url


def within(url: str, function: Callable[[Database], Any]) -> Any:
    """Run something over an open database."""

    async def call() -> Any:
        database = open_database(url)
        try:
            return await function(database)
        finally:
            await database.close()

    return asyncio.run(call())


def ask_refund(connection: Connection, state: RefundState) -> None:
    """Store a refund whose caller wrote about a person, as it stands in the end."""
    ours = {"payment_intent": "pi_pay_a", "metadata": {"guest": "Ada Lovelace"}}
    asked = {
        "id": "ref_1",
        "payment_id": "pay_a",
        "amount": 100,
        "currency": "eur",
        "metadata": {"guest": "Ada Lovelace"},
        "state": RefundState.pending,
        "stripe_key": "pay_a:refund:ref_1",
        "parameters": ours,
        "origin": "api",
        "actor_kind": "api_key",
        "tries": 0,
        "due_at": START,
        "created_at": START,
        "updated_at": START,
    }
    connection.execute(insert(refunds), asked)
    if state is not RefundState.pending:
        known = {"state": state, "stripe_refund": "re_1", "due_at": None}
        connection.execute(refunds.update().values(known))


def stored_words(connection: Connection) -> str:
    """Return everything that stands in the database about payments and refunds."""
    rows = [*connection.execute(select(payments)), *connection.execute(select(refunds))]
    return "\n".join(map(str, rows))


def sealed_attempts(connection: Connection) -> tuple[str, ...]:
    """Return what a seal says of the attempts."""
    return closed_attempts(read_attempts(connection, "pay_a"))


async def erase(database: Database, payment_id: str) -> Erasure | None:
    """Erase what callers wrote about a payment, as an operator."""
    who = Actor("operator", "ada")
    return await database.write(erase_words, payment_id, who, "asked by the customer", START)


def test_the_words_are_gone_and_everything_holds(url: str) -> None:
    """A handled payment says no word of its caller's any more, and the audit finds nothing."""

    async def act(database: Database) -> Any:
        await database.write(ask_refund, RefundState.succeeded)
        before = await database.read(sealed_attempts)
        erasure = await erase(database, "pay_a")
        await erase(database, "pay_a")
        words = await database.read(stored_words)
        same = before == await database.read(sealed_attempts)
        return erasure, words, same, await verify_all(database)

    erasure, words, same, report = within(url, act)
    of_pay_a = "\n".join(line for line in words.splitlines() if "pay_e" not in line)

    assert erasure == ("succeeded", True, 1, 0)
    assert "Ada" not in of_pay_a
    assert "pi_pay_a" in of_pay_a
    assert same
    assert (report.holds, report.payments) == (True, 2)


def test_what_is_open_is_left(url: str) -> None:
    """A payment that is not over keeps what is written: it may still be sent to Stripe."""

    async def act(database: Database) -> Any:
        erasure = await erase(database, "pay_e")
        return erasure, await database.read(stored_words)

    erasure, words = within(url, act)

    assert erasure == ("created", False, 0, 0)
    assert words.count("A ring for Ada") == 2


def test_a_refund_under_way_is_left(url: str) -> None:
    """A refund that may have to be sent again keeps its words, and is told of."""

    async def act(database: Database) -> Any:
        await database.write(ask_refund, RefundState.pending)
        return await erase(database, "pay_a")

    assert within(url, act) == ("succeeded", True, 0, 1)


def test_nothing_is_nothing(url: str) -> None:
    """There is nothing to erase of a payment that does not exist."""
    assert within(url, lambda database: erase(database, "pay_x")) is None


# ── the command ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def served(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the command find a database with these payments."""
    asyncio.run(store(sqlite_url))
    monkeypatch.setenv("ORCHESTRATOR_DATABASE_URL", sqlite_url)
    return sqlite_url


def test_the_command_erases(served: str, run: Run) -> None:
    """Told yes, the command erases and says so, for people and as JSON."""
    first = run("erase", "pay_a", *TOLD)
    second = run("erase", "pay_a", *TOLD, "--json")

    assert (first.exit_code, first.stdout) == (0, "pay_a: erased, with 0 refunds.\n")
    assert json.loads(second.stdout) == [
        {
            "payment": "pay_a",
            "state": "succeeded",
            "erased": True,
            "refunds": 0,
            "refunds_under_way": 0,
        }
    ]


LEFT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pay_e": "pay_e: it is created; only what is handled is erased.",
        "pay_x": "pay_x: there is no such payment.",
    }
)


@pytest.mark.parametrize("payment", LEFT)
def test_what_is_left_fails(served: str, run: Run, payment: str) -> None:
    """The command fails where something was not erased, and has erased the rest."""
    result = run("erase", payment, "pay_a", *TOLD)

    assert result.exit_code == 1
    assert LEFT[payment] in result.stdout
    assert "pay_a: erased" in result.stdout
    assert f"Not erased, or not all of it: {payment}." in result.stderr


def test_an_erasure_is_on_record(served: str, run: Run) -> None:
    """Who erased what, and why, stands among the actions, and what was left does not."""
    run("erase", "pay_a", "pay_e", *TOLD)
    [action] = json.loads(run("audit", "actions", "--json").stdout)

    assert action["action"] == "payment_erased"
    assert action["subject"] == {"kind": "payment", "id": "pay_a"}
    assert (action["reason"], action["details"]) == ("request 17", {"refunds": 0})


def test_nobody_erases_by_accident(served: str, run: Run) -> None:
    """Without a yes nothing is erased."""
    result = run("erase", "pay_a", "--reason", "request 17")

    assert result.exit_code == 1
    assert "Erase description and metadata of 1 payment for good?" in result.output
    assert "Ada" in within(served, lambda database: database.read(stored_words))


def test_no_column_of_words_is_hashed(sqlite_url: str) -> None:
    """Words that are changed behind the back of every rule are found by no hash: none covers them.

    So erasing them breaks none; and nobody may take them for evidence.
    """
    asyncio.run(store(sqlite_url))
    execute(
        sqlite_url,
        "DROP TRIGGER payments_unchanging",
        "UPDATE payments SET description = 'other', metadata = '{\"other\": \"1\"}'",
    )

    assert within(sqlite_url, verify_all).holds
