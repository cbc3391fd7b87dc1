"""The control plane: ledger, journal, clock, reset, a browser's confirmation."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox


def rfc_3339(seconds: float) -> str:
    """Write a time as RFC 3339 does."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


async def test_the_ledger_lists_money_and_failures(sandbox: Sandbox) -> None:
    """The ledger tells what was charged, what failed and how every intent stands."""
    intent = await sandbox.intent(metadata={"payment_id": "pay_1"})
    await sandbox.refusal(intent.id, "pm_sim_lost_card")
    paid = await sandbox.confirm(intent.id, "pm_card_visa")
    ledger = await sandbox.control("GET", "/ledger")

    (charge,) = ledger["charges"]
    assert (charge["payment_intent"], charge["charge"]) == (intent.id, paid.latest_charge)
    assert (charge["amount"], charge["currency"]) == (1000, "usd")
    assert charge["metadata"] == {"payment_id": "pay_1"}
    assert [failed["failure_code"] for failed in ledger["failed"]] == ["lost_card"]
    assert ledger["intents"] == [
        {"id": intent.id, "status": "succeeded", "metadata": {"payment_id": "pay_1"}}
    ]


async def test_a_browser_confirms_without_a_key(sandbox: Sandbox) -> None:
    """A page that holds the client secret confirms by the same machine."""
    intent = await sandbox.intent()
    path = f"/payment_intents/{intent.id}/confirm_in_browser"
    declined = await sandbox.control("POST", path, {"payment_method": "pm_sim_lost_card"})
    paid = await sandbox.control("POST", path, {"payment_method": "pm_card_visa"})
    again = await sandbox.control("POST", path, {"payment_method": "pm_card_visa"})

    assert declined["error"]["decline_code"] == "lost_card"
    assert paid["status"] == "succeeded"
    assert again["error"]["code"] == "payment_intent_unexpected_state"
    assert await sandbox.charged(intent.id) == 1


async def test_the_journal_shows_replays(sandbox: Sandbox) -> None:
    """Every API request is in the journal, with its key and whether it was a replay."""
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, "pm_card_visa", key="k")
    await sandbox.confirm(intent.id, "pm_card_visa", key="k")
    journal = await sandbox.control("GET", "/requests")
    seen = [
        (entry["operation"], entry["status"], entry["replayed"])
        for entry in journal["requests"]
        if entry["idempotency_key"] == "k"
    ]

    assert seen == [
        ("payment_intents.confirm", 200, False),
        ("payment_intents.confirm", 200, True),
    ]


async def test_reset_forgets_one_account(sandbox: Sandbox) -> None:
    """A reset with a key forgets that account and no other."""
    other = {"Authorization": f"Bearer {sandbox.key}b"}
    await sandbox.raw("POST", "/v1/customers", **other)
    await sandbox.intent()
    await sandbox.control("POST", "/reset")
    ledger = await sandbox.control("GET", "/ledger")
    _, kept, _ = await sandbox.raw("GET", "/v1/customers", **other)

    assert set(ledger) == {"charges", "held", "failed", "refunds", "disputes", "intents"}
    assert not any(ledger.values())
    assert len(kept["data"]) == 1


async def test_the_clock_moves_what_is_created(sandbox: Sandbox) -> None:
    """Moving the clock moves the time new objects are created at."""
    before = await sandbox.intent()
    await sandbox.control("POST", "/clock", {"advance": 3600})
    after = await sandbox.intent()

    assert 3600 <= after.created - before.created <= 3610


@pytest.mark.parametrize("write", [int, float, rfc_3339], ids=["seconds", "fraction", "RFC 3339"])
async def test_the_clock_goes_to_a_time(sandbox: Sandbox, write: Callable[[float], Any]) -> None:
    """The clock is set to Unix seconds or to an RFC 3339 time, and new objects are made then."""
    then = int(time.time()) + 10 * 24 * 3600
    moved = await sandbox.control("POST", "/clock", {"now": write(then)})
    made = await sandbox.intent()

    assert then <= moved["now"] < then + 5
    assert then <= made.created < then + 5


async def test_naming_the_present_moves_nothing(sandbox: Sandbox) -> None:
    """The second it is already is no step back, whatever its fraction."""
    shown = await sandbox.control("GET", "/clock")
    await sandbox.control("POST", "/clock", {"now": shown["now"] + 3600})
    shown = await sandbox.control("GET", "/clock")
    moved = await sandbox.control("POST", "/clock", {"now": int(shown["now"])})

    assert 0 <= moved["now"] - shown["now"] < 1


@pytest.mark.parametrize(
    "body",
    [
        {"advance": -1},
        {"now": 1},
        {"now": "2001-01-01T00:00:00Z"},
        {"now": "2199-01-01T00:00:00"},
        {"now": "soon"},
        {"now": True},
        {"advance": None},
        {"advance": 1e300},
        {"now": 4_000_000_000, "advance": 1},
        {"later": 1},
        {},
    ],
)
async def test_a_clock_goes_only_forward(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """A time that is past, unreadable or ambiguous is a 400 that says why, and moves nothing."""
    before = await sandbox.control("GET", "/clock")
    async with sandbox.http.post(f"{sandbox.url}/_sandbox/clock", json=body) as answer:
        status, refused = answer.status, await answer.json()
    after = await sandbox.control("GET", "/clock")

    assert status == 400
    assert refused["error"]["message"]
    assert 0 <= after["now"] - before["now"] < 5


async def test_a_bad_control_call_is_refused(sandbox: Sandbox) -> None:
    """Control calls that cannot be understood say so."""
    clock: Any = await sandbox.control("POST", "/clock", {"advance": "soon"})
    settings: Any = await sandbox.control("POST", "/settings", {"huh": 1})

    assert "message" in clock["error"]
    assert "message" in settings["error"]
