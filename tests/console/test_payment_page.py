"""One payment's page: its path, every step, the evidence, and whether all of it holds."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import make_url

from orchestrator.decline_rules import ChangeRule
from orchestrator.seals.sealing import make_seal
from tests.console.visitor import PAYMENTS, Visitor, text_of

HOSTILE = "<script>alert('x')</script>\"'&<img src=x onerror=alert(1)>{{7*7}}"


async def page_of(visitor: Visitor, payment: dict[str, Any]) -> str:
    """Return what a payment's page shows."""
    return await visitor.text(f"{PAYMENTS}/{payment['id']}")


@contextmanager
def tampering(visitor: Visitor) -> Iterator[sqlite3.Connection]:
    """Open the database as who may do anything, with no trigger left."""
    url = make_url(visitor.api.world.runtime.settings.database_url)
    with closing(sqlite3.connect(url.database or "")) as connection, connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        yield connection


async def test_the_story_of_a_payment(auditor: Visitor) -> None:
    """Each step stands there with its card, its code, its handler and who caused it."""
    payment = await auditor.api.create()
    await auditor.api.confirm(payment, "pm_card_visa_chargeDeclinedInsufficientFunds")
    await auditor.api.confirm(payment)
    page = await page_of(auditor, payment)

    for told in (
        "10.00 USD succeeded",
        "2 confirm (attempt 1)",
        "Visa ending in",
        "insufficient_funds (card_declined)",
        "key “shop”",
        "handler ask_for_new_card",
        "those in force",
        "Evidence 2: ",
        "intent succeeded",
    ):
        assert told in page, told


async def test_the_rules_in_force_are_those_with_stored_ones(auditor: Visitor) -> None:
    """After a rule was changed, the decision before it is not said to be by those in force."""
    world = auditor.api.world
    before, after = await auditor.api.create(), await auditor.api.create()
    await auditor.api.confirm(before, "pm_sim_do_not_honor")
    wish = ChangeRule("fail_payment", "we end these", meaning="ended by the office")
    await world.runtime.decline_rules.change("do_not_honor", wish, world.caller())
    await auditor.api.confirm(after, "pm_sim_do_not_honor")

    assert "those in force" not in await page_of(auditor, before)
    assert "those in force" in await page_of(auditor, after)
    assert "ended by the office" in await page_of(auditor, after)


async def test_a_set_of_rules_that_was_rewritten_is_seen(auditor: Visitor) -> None:
    """The rule that decided is shown as it was; one that was written over is not believed."""
    world = auditor.api.world
    wish = ChangeRule("fail_payment", "we end these", meaning="ended by the office")
    await world.runtime.decline_rules.change("do_not_honor", wish, world.caller())
    payment = await auditor.api.create()
    await auditor.api.confirm(payment, "pm_sim_do_not_honor")
    before = await page_of(auditor, payment)
    with tampering(auditor) as connection:
        connection.execute("UPDATE rule_sets SET content = replace(content, 'the office', 'error')")
    after = await page_of(auditor, payment)

    assert "kept as they were" in before
    assert "by version 1 of the rule for do_not_honor" in before
    assert "which are kept otherwise than they were" in after
    assert "ended by error" not in after


async def test_the_path_is_told_in_words(auditor: Visitor) -> None:
    """The picture has a description that says what its lines and numbers say."""
    payment = await auditor.api.create()
    await auditor.api.confirm(payment)
    page = (await auditor.get(f"{PAYMENTS}/{payment['id']}")).text
    told = re.search(r"<desc id=\"payment-walk-steps\">(.*?)</desc>", page)

    assert told is not None
    assert told[1] == (
        "1. create: created. 2. confirm: created to confirming. "
        "3. succeed: confirming to succeeded."
    )


async def test_what_comes_next_is_said(auditor: Visitor) -> None:
    """The page explains the payment in the words that the API explains it with."""
    payment = await auditor.api.create()
    explained = (await auditor.api.get(f"/v1/payments/{payment['id']}/explain")).json()
    page = await page_of(auditor, payment)

    assert explained["summary"] in page
    assert all(step in page for step in explained["next_steps"])


async def test_money_back_is_shown(auditor: Visitor) -> None:
    """What was given back stands on the page, with who asked for it."""
    payment = await auditor.api.create()
    await auditor.api.confirm(payment)
    await auditor.api.post(f"/v1/payments/{payment['id']}/refunds", {"amount": 250})
    page = await page_of(auditor, payment)

    assert "2.50 USD" in page
    assert "Given back" in page


async def test_a_chain_that_holds_is_said_to(auditor: Visitor) -> None:
    """A page of what was written says that every hash was recomputed and holds."""
    payment = await auditor.api.create()
    await auditor.api.confirm(payment)

    assert "Yes. Every hash was recomputed just now" in await page_of(auditor, payment)


TAMPERING = {
    "another actor": (
        "UPDATE payment_transitions SET actor_id = 'x' WHERE sequence = 2",
        "payment transitions, row 2 breaks hash",
    ),
    "another amount": ("UPDATE payments SET amount = 1", "payments breaks facts_hash"),
    "other evidence": ("UPDATE evidence SET payload = '{}'", "evidence, row 1 breaks hash"),
    "a state that there is not": (
        "UPDATE payment_transitions SET target = 'stolen' WHERE sequence = 3",
        "payment transitions, row 3 breaks legal_edge",
    ),
    "the last row gone": (
        "DELETE FROM payment_transitions WHERE sequence = 3",
        "Its last history row is missing",
    ),
    "every row gone": ("DELETE FROM payment_transitions", "It has no history row at all"),
    "its evidence gone": ("DELETE FROM evidence", "which is not stored"),
}


@pytest.mark.parametrize("name", TAMPERING)
async def test_tampering_is_seen(auditor: Visitor, name: str) -> None:
    """Whatever was changed behind the program's back is named, and the rest is still shown."""
    statement, told = TAMPERING[name]
    payment = await auditor.api.create()
    await auditor.api.confirm(payment)
    with tampering(auditor) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(statement)
    page = await page_of(auditor, payment)

    assert "No. " in page
    assert told in page


async def test_a_payment_that_cannot_be_read_is_said_to_be(auditor: Visitor) -> None:
    """A column that no program of ours wrote makes a page of its own, and no failure."""
    payment = await auditor.api.create()
    with tampering(auditor) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE payments SET state = 'stolen'")
    page = await page_of(auditor, payment)

    assert "This payment cannot be read" in page
    assert f"orchestrator audit verify {payment['id']}" in page


async def test_hostile_text_stays_text(auditor: Visitor) -> None:
    """Whatever a caller or an intruder wrote is shown as it is, and runs nowhere."""
    api = auditor.api
    payment = await api.create(
        transaction_id=HOSTILE, description=HOSTILE, item_ids=[HOSTILE], metadata={"note": HOSTILE}
    )
    await api.confirm(payment)
    await api.post(f"/v1/payments/{payment['id']}/refunds", {})
    with tampering(auditor) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for table, columns in WRITTEN.items():
            for column in columns:
                connection.execute(f"UPDATE {table} SET {column} = ?", (HOSTILE,))  # noqa: S608, RUF100  names of ours
        connection.execute(
            "INSERT INTO anomalies (id, payment_id, kind, noted_at, detail) "
            "VALUES ('ano_1', ?, ?, ?, ?)",
            (payment["id"], HOSTILE, "2026-01-01T00:00:00.000000Z", HOSTILE),
        )
    answers = [
        await auditor.get(f"{PAYMENTS}/{payment['id']}"),
        await auditor.get(PAYMENTS),
        await auditor.get(PAYMENTS, params={"transaction": HOSTILE, "code": HOSTILE}),
        await auditor.get("/console/search", params={"q": HOSTILE + "?"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 404]
    for answer in answers:
        # The list's own form stands on one page; nothing else begins a tag of these.
        assert re.findall(r"<script(?! src=)|<img", answer.text) == []
        assert HOSTILE in text_of(answer) or HOSTILE in text_of_values(answer.text)
        assert "49" not in re.findall(r"\{\{7\*7\}\}|(?<=>)49(?=<)", answer.text)


WRITTEN = {
    "payments": ("failure_reason", "owner", "capture_method"),
    "payment_transitions": (
        "code", "decline_code", "reason", "handler", "handler_error", "actor_id", "request_id",
        "stripe_request_id", "stripe_event_id", "machine_version", "rules_version",
        "application_version", "hash", "previous_hash", "event", "source", "target",
    ),
    "evidence": ("kind", "intent_status", "code", "decline_code", "stripe_request_id"),
    "attempts": ("closed_by", "payment_method", "origin"),
    "refunds": ("reason", "failure_reason", "state"),
    "api_keys": ("name",),
}  # fmt: skip


def text_of_values(page: str) -> str:
    """Return what stands in the fields of a page's forms."""
    from html import unescape

    return unescape(" ".join(re.findall(r'value="([^"]*)"', page)))


async def test_the_seal_is_shown(auditor: Visitor) -> None:
    """The newest seal that holds the payment is named, with what came after it."""
    payment = await auditor.api.create()
    await make_seal(auditor.api.world.runtime.database, Ed25519PrivateKey.generate(), "test")
    await auditor.api.confirm(payment)
    page = await page_of(auditor, payment)

    assert "covers step 1; 2 came after it" in page


async def test_a_history_rewritten_after_its_seal_is_seen(auditor: Visitor) -> None:
    """A chain that was made anew after it was sealed is not the chain that was sealed."""
    payment = await auditor.api.create()
    await auditor.api.confirm(payment)
    await make_seal(auditor.api.world.runtime.database, Ed25519PrivateKey.generate(), "test")
    with tampering(auditor) as connection:
        connection.execute("UPDATE payment_transitions SET hash = 'f' WHERE sequence = 3")
    page = await page_of(auditor, payment)

    assert "Sealed otherwise." in page
