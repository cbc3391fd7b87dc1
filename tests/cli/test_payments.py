"""``payments show`` and ``audit verify`` tell what is stored."""

import asyncio
import json
import re

import pytest

from orchestrator.gateway.views import DisputeView, RefundView
from orchestrator.refund import dispute_row, found_at_stripe
from orchestrator.store.connections import open_database
from orchestrator.store.refunds import keep_dispute, keep_found_refund
from tests.cli.conftest import Run
from tests.stored_payments import START, store_one_of_each
from tests.tampering import tamper


@pytest.fixture
def payments(stored: str) -> str:
    """Store a payment of every kind and return the database's address."""

    async def store() -> None:
        database = open_database(stored)
        await store_one_of_each(database)
        await database.close()

    asyncio.run(store())
    return stored


def test_timeline_shows_every_step(run: Run, payments: str) -> None:
    """Each step is shown with its state, code, handler, actor, evidence and the time between."""
    result = run("payments", "show", "pay_a")

    shown = [line.split() for line in result.stdout.splitlines() if line[:1].isdigit()]
    third = " ".join(shown[2])
    assert result.exit_code == 0
    assert [line[0] for line in shown] == ["1", "2", "3", "4", "5"]
    for part in ("+1.0 s", "requires_new_card", "insufficient_funds", "api_key:0123", "#1"):
        assert part in third


def test_facts_stand_above_the_timeline(run: Run, payments: str) -> None:
    """Amount, items, transaction and attempts are shown."""
    text = run("payments", "show", "pay_a").stdout

    for part in ("42.00 EUR", "sku_1, sku_2", "order-1", "2 of 3 used"):
        assert part in text


def test_what_went_back_is_shown(run: Run, payments: str) -> None:
    """What was given back and what was disputed stands among the facts."""
    before = run("payments", "show", "pay_a").stdout

    async def store() -> None:
        database = open_database(payments)
        refund = RefundView("re_1", "succeeded", 1000, "eur", 1000)
        await database.write(keep_found_refund, found_at_stripe("pay_a", refund, START))
        dispute = DisputeView("dp_1", "needs_response", 3200, "eur", 1000)
        await database.write(keep_dispute, dispute_row("pay_a", dispute, START))
        await database.close()

    asyncio.run(store())
    after = run("payments", "show", "pay_a").stdout

    assert re.search(r"given back +10", before) is None
    assert re.search(r"given back +10\.00 EUR", after)
    assert re.search(r"disputed +32\.00 EUR", after)


# They were stored long ago: those that wait have waited too long.
SAID = {
    "pay_a": "You can deliver.",
    "pay_b": "abandoned",
    "pay_c": "cancels it at Stripe by itself",
    "pay_d": "You can refresh the payment",
    "pay_e": "cancels it at Stripe by itself",
}


@pytest.mark.parametrize(("id", "said"), SAID.items())
def test_what_comes_next_is_said(run: Run, payments: str, id: str, said: str) -> None:
    """A payment's page ends with what is awaited, if anything is."""
    assert said in run("payments", "show", id).stdout


def test_json_has_payment_and_history(run: Run, payments: str) -> None:
    """The JSON holds the payment's fields and its transitions, oldest first."""
    printed = json.loads(run("payments", "show", "pay_a", "--json").stdout)

    assert (printed["payment"]["state"], printed["payment"]["handled"]) == ("succeeded", True)
    assert [row["target"] for row in printed["history"]] == [
        "created",
        "confirming",
        "requires_new_card",
        "confirming",
        "succeeded",
    ]
    assert printed["history"][1]["actor"] == {"kind": "api_key", "id": "0123456789abcdef"}


@pytest.mark.parametrize("command", [("show", "pay_d"), ("list",)])
def test_json_tells_no_address(run: Run, payments: str, command: tuple[str, ...]) -> None:
    """The JSON says what the customer has to do, not the address to do it at: it holds a secret."""
    action = {"type": "redirect_to_url", "redirect_to_url": {"url": "https://x/pi_1_secret_y"}}
    asyncio.run(
        tamper(
            payments,
            f"UPDATE payments SET next_action = '{json.dumps(action)}' WHERE id = 'pay_d'",
        )
    )

    text = run("payments", *command, "--json").stdout
    printed = json.loads(text)
    found = printed if isinstance(printed, list) else [printed["payment"]]
    shown = {payment["id"]: payment["next_action"] for payment in found}

    assert shown["pay_d"] == {"type": "redirect_to_url"}
    assert "secret" not in text


def test_unknown_payment_fails(run: Run, payments: str) -> None:
    """An id that no payment has is an error in one sentence."""
    result = run("payments", "show", "pay_x")

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_audit_of_untouched_rows_holds(run: Run, payments: str) -> None:
    """Untouched rows verify, and the summary counts them."""
    result = run("audit", "verify")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "5 payments, 15 history rows" in result.stdout


def test_audit_names_the_first_bad_row(run: Run, payments: str) -> None:
    """A changed row exits with 1 and is named on standard error."""
    asyncio.run(
        tamper(
            payments,
            "UPDATE payment_transitions SET reason = 'x' "
            "WHERE payment_id = 'pay_c' AND sequence = 2",
        )
    )

    result = run("audit", "verify")

    assert result.exit_code == 1
    assert "pay_c: payment_transitions row 2 breaks hash" in result.stderr


def test_audit_report_is_json(run: Run, payments: str) -> None:
    """The JSON report says whether all holds and lists the problems."""
    asyncio.run(tamper(payments, "UPDATE payments SET amount = 1 WHERE id = 'pay_b'"))

    result = run("audit", "verify", "--json")

    printed = json.loads(result.stdout)
    assert (result.exit_code, printed["ok"], printed["problem_count"]) == (1, False, 1)
    assert printed["problems"][0]["rule"] == "facts_hash"


def test_audit_of_one_payment_leaves_others_alone(run: Run, payments: str) -> None:
    """With an id only that payment is checked."""
    asyncio.run(tamper(payments, "UPDATE payments SET amount = 1 WHERE id = 'pay_b'"))

    assert run("audit", "verify", "pay_a").exit_code == 0
    assert run("audit", "verify", "pay_b").exit_code == 1
    assert run("audit", "verify", "pay_x").exit_code == 1
