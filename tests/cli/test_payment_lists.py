"""``payments list`` shows what is stored, newest first, and what each payment waits for."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.store.connections import open_database
from tests.cli.conftest import Run
from tests.stored_payments import Storyteller, new_payment

NOW = datetime.now(UTC)


@pytest.fixture
def payments(stored: str) -> str:
    """Store five payments of two owners, each in another state, a minute apart."""

    async def store() -> None:
        database = open_database(stored)
        tell = Storyteller(database)
        for place, (name, owner) in enumerate(
            [("new", "shop"), ("paid", "shop"), ("lost", "other"), ("asked", "shop"), ("over", "x")]
        ):
            age = timedelta(days=9) if name == "over" else timedelta(minutes=place)
            payment = new_payment(
                f"pay_{name}",
                owner=owner,
                created_at=NOW - age,
                expires_at=NOW - age + timedelta(days=1),
                customer="cus_1" if place % 2 else None,
                transaction_id=f"order-{place}",
            )
            kept = await tell.created(payment)
            if name in ("new", "over"):
                continue
            kept = await tell.opened(kept, f"pm_{name}")
            if name == "lost":
                await tell.declined(kept, "lost_card")
            else:
                await (tell.paid(kept) if name == "paid" else tell.challenged(kept))
        await database.close()

    asyncio.run(store())
    return stored


def listed(run: Run, *options: str) -> list[str]:
    """List payments as JSON and return their ids without the prefix."""
    result = run("payments", "list", "--json", *options)
    assert result.exit_code == 0, result.stderr
    return [payment["id"].removeprefix("pay_") for payment in json.loads(result.stdout)]


def test_newest_come_first(run: Run, payments: str) -> None:
    """Everybody's payments are listed, the newest first."""
    assert listed(run) == ["new", "paid", "lost", "asked", "over"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--state", "succeeded"), ["paid"]),
        (("--state", "failed"), []),
        (("--customer", "cus_1"), ["paid", "asked"]),
        (("--transaction-id", "order-2"), ["lost"]),
        (("--owner", "shop"), ["new", "paid", "asked"]),
        (("--owner", "nobody"), []),
        (("--owner", "shop", "--customer", "cus_1", "--state", "confirming"), ["asked"]),
    ],
    ids=" ".join,
)
def test_filters(run: Run, payments: str, options: tuple[str, ...], expected: list[str]) -> None:
    """Each option restricts the list, and several together do."""
    assert listed(run, *options) == expected


def test_more_are_announced(run: Run, payments: str) -> None:
    """A list that was cut says so, on standard error, where no program reads it."""
    cut, whole = run("payments", "list", "--limit", "2"), run("payments", "list", "--limit", "5")

    assert "pay_paid" in cut.stdout
    assert "pay_lost" not in cut.stdout
    assert "There are more than 2" in cut.stderr
    assert whole.stderr == ""


def test_table_tells_what_each_waits_for(run: Run, payments: str) -> None:
    """A row shows id, state, amount, customer, transaction, attempts, time and what is awaited."""
    lines = run("payments", "list").stdout.splitlines()
    rows = {line.split()[0]: " ".join(line.split()) for line in lines[1:]}

    assert lines[0].split()[:6] == ["id", "state", "amount", "customer", "transaction", "attempts"]
    assert "pay_paid succeeded 42.00 EUR cus_1 order-1 1 of 3" in rows["pay_paid"]
    assert rows["pay_paid"].endswith(f"{NOW - timedelta(minutes=1):%Y-%m-%d %H:%M:%S}")
    for id, awaited in {
        "pay_new": "a card",
        "pay_lost": "another card",
        "pay_asked": "the customer",
        "pay_over": "its end",
    }.items():
        assert rows[id].endswith(awaited), rows


def test_long_texts_leave_the_id_whole(run: Run, stored: str) -> None:
    """However much a caller wrote, a payment stays on one line with its id complete."""
    id = "pay_" + "a" * 32

    async def store() -> None:
        database = open_database(stored)
        long = new_payment(id, transaction_id="[red]" + "t" * 195, customer="cus_" + "c" * 250)
        await Storyteller(database).created(long)
        await database.close()

    asyncio.run(store())

    lines = run("payments", "list").stdout.splitlines()

    assert len(lines) == 2
    assert lines[1].startswith(id + " ")
    assert "[red]" + "t" * 14 + "… " in lines[1]


@pytest.mark.parametrize(
    ("width", "headings"),
    [
        (110, "id state amount customer transaction attempts created (UTC) waiting for"),
        (96, "id state amount transaction attempts created (UTC) waiting for"),
        (60, "id state amount waiting for"),
    ],
)
def test_narrow_terminals_get_fewer_columns(
    run: Run, payments: str, monkeypatch: pytest.MonkeyPatch, width: int, headings: str
) -> None:
    """What there is no room for is left out, so that what is shown is whole."""
    monkeypatch.setattr("orchestrator.cli.output._UNKNOWN_WIDTH", width)

    lines = run("payments", "list").stdout.splitlines()

    assert " ".join(lines[0].split()) == headings
    assert "…" not in "".join(lines)
    assert "the customer" in "".join(lines)


def test_empty_list_says_so(run: Run, stored: str) -> None:
    """Where nothing fits the list says so; as JSON it is an empty list."""
    assert "no such payments" in run("payments", "list").stdout
    assert json.loads(run("payments", "list", "--json").stdout) == []


@pytest.mark.parametrize("options", [("--state", "paid"), ("--limit", "0"), ("--limit", "1001")])
def test_impossible_options_are_usage_errors(run: Run, options: tuple[str, ...]) -> None:
    """A state that does not exist or a list of no size is a usage error."""
    assert run("payments", "list", *options).exit_code == 2
