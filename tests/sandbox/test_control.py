"""The control plane: ledger, journal, clock, reset, a browser's confirmation."""

from typing import Any

from tests.sandbox.conftest import Sandbox


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

    assert ledger == {"charges": [], "failed": [], "intents": []}
    assert len(kept["data"]) == 1


async def test_the_clock_moves_what_is_created(sandbox: Sandbox) -> None:
    """Moving the clock moves the time new objects are created at."""
    before = await sandbox.intent()
    await sandbox.control("POST", "/clock", {"advance": 3600})
    after = await sandbox.intent()

    assert 3600 <= after.created - before.created <= 3610


async def test_a_bad_control_call_is_refused(sandbox: Sandbox) -> None:
    """Control calls that cannot be understood say so."""
    clock: Any = await sandbox.control("POST", "/clock", {"advance": "soon"})
    settings: Any = await sandbox.control("POST", "/settings", {"huh": 1})

    assert "message" in clock["error"]
    assert "message" in settings["error"]
