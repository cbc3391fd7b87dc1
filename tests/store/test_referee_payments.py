"""The payments table refuses every change that its history does not bear out."""

import pytest

from orchestrator.store.rows import FIXED_COLUMNS
from tests.store.builders import (
    FORGED,
    change,
    evidence_row,
    first_row,
    history_row,
    insert,
    payment_row,
)
from tests.store.refusal import Action, assert_refused, rows_of
from tests.store.worlds import World
from tests.stored_payments import START, new_payment

OTHER_VALUES: dict[str, object] = {
    "id": "pay_other",
    "owner": "other",
    "amount": 1,
    "currency": "usd",
    "customer": None,
    "item_ids": ["sku_9"],
    "transaction_id": None,
    "description": "other",
    "metadata": {"other": "1"},
    "setup_future_usage": "off_session",
    "capture_method": "manual",
    "payment_intent": "pi_other",
    "max_attempts": 10,
    "expires_at": START,
    "created_at": START.replace(year=2020),
}

CHANGES: dict[str, Action] = {
    "state without version": lambda w: [change(w.payments["created"], state="card_disabled")],
    "state and version without row": lambda w: [
        change(w.payments["created"], state="confirming", version=2, attempts_used=1)
    ],
    "version without row": lambda w: [change(w.payments["created"], version=2)],
    "version lowered": lambda w: [change(w.payments["card_disabled"], version=2)],
    "version skipped": lambda w: [change(w.payments["created"], version=3)],
    "ahead of history": lambda w: [
        change(
            w.payments["created"],
            version=2,
            state="confirming",
            last_hash=FORGED,
            attempts_used=1,
        )
    ],
    "hash without row": lambda w: [change(w.payments["created"], last_hash=FORGED)],
    "rolled back to an older row": lambda w: [
        "UPDATE payments SET (version, state, last_hash) = (SELECT sequence, target, hash "
        "FROM payment_transitions WHERE payment_id = 'pay_a' AND sequence = 2) "
        "WHERE id = 'pay_a'"
    ],
    "leaves succeeded": lambda w: [change(w.payments["succeeded"], state="failed")],
    "leaves failed": lambda w: [change(w.payments["failed"], state="created")],
    "attempt spent without confirm": lambda w: [change(w.payments["created"], attempts_used=1)],
    "attempt given back": lambda w: [change(w.payments["card_disabled"], attempts_used=0)],
    "attempts over the budget": lambda w: [change(w.payments["last_chance"], attempts_used=2)],
    "unhandled and never due": lambda w: [change(w.payments["created"], due_at=None)],
    "handled with an intention": lambda w: [change(w.payments["succeeded"], intention={})],
    "revision lowered": lambda w: [change(w.payments["card_disabled"], revision=1)],
    "evidence counted without row": lambda w: [
        change(w.payments["card_disabled"], evidence_count=2, evidence_hash=FORGED)
    ],
    "evidence not counted": lambda w: [
        change(w.payments["card_disabled"], evidence_count=0, evidence_hash="0" * 64)
    ],
    "evidence hash changed": lambda w: [change(w.payments["card_disabled"], evidence_hash=FORGED)],
    "evidence hash without evidence": lambda w: [
        change(w.payments["created"], evidence_hash=FORGED)
    ],
    "deleted": lambda w: ["DELETE FROM payments WHERE id = 'pay_e'"],
    "all deleted": lambda w: ["DELETE FROM payments"],
}

BEGINNINGS: dict[str, Action] = {
    "without history": lambda w: [insert("payments", payment_row())],
    "intent of another payment": lambda w: begun(w, payment_intent="pi_pay_a"),
    "id of another payment": lambda w: begun(w, id="pay_a"),
    "attempts spent": lambda w: begun(w, attempts_used=1),
    "another state": lambda w: begun(w, state="requires_new_card"),
    "handled at once": lambda w: begun(w, state="succeeded", due_at=None),
    "another version": lambda w: begun(w, version=2),
    "version of nothing": lambda w: begun(w, version=0),
    "another hash": lambda w: begun(w, last_hash="e" * 64),
    "evidence counted": lambda w: begun(w, evidence_count=1, evidence_hash=FORGED),
    "evidence hash without evidence": lambda w: begun(w, evidence_hash=FORGED),
    "evidence below zero": lambda w: begun(w, evidence_count=-1),
    "never due": lambda w: begun(w, due_at=None),
    "amount of zero": lambda w: begun(w, amount=0),
    "no attempts": lambda w: begun(w, max_attempts=0),
    "eleven attempts": lambda w: begun(w, max_attempts=11),
    "unknown state": lambda w: begun(w, state="paid"),
    "no intent": lambda w: begun(w, payment_intent=None),
}


def begun(world: World, **columns: object) -> list[str]:
    """List the statements that store a new payment with these columns."""
    row = payment_row(**columns)
    return world.begin(row, first_row(new_payment(str(row["id"]))))


@pytest.mark.parametrize("column", OTHER_VALUES)
def test_fixed_column_is_kept(world: World, column: str) -> None:
    """What a payment is about never changes."""
    payment = world.payments["card_disabled"]

    assert_refused(world, [change(payment, **{column: OTHER_VALUES[column]})])


def test_every_fixed_column_is_tried() -> None:
    """The columns that the program writes once are those tried above."""
    assert set(OTHER_VALUES) == set(FIXED_COLUMNS)


@pytest.mark.parametrize("action", rows_of(CHANGES))
def test_change_is_refused(world: World, action: Action) -> None:
    """A payment's row says what its history says, and no plain statement makes it say else."""
    assert_refused(world, action(world))


@pytest.mark.parametrize("action", rows_of(BEGINNINGS))
def test_beginning_is_refused(world: World, action: Action) -> None:
    """A payment begins created, unspent, without evidence, and with its first history row."""
    assert_refused(world, action(world))


def test_waiting_needs_an_attempt(world: World) -> None:
    """With no attempt left, a payment cannot go back to waiting for a card."""
    payment = world.payments["last_chance"]
    row = history_row(payment, "require_new_card", "requires_new_card")

    assert_refused(world, world.step(payment, row))


def test_beginning_is_accepted(world: World) -> None:
    """The same statements store a payment that is as it should be."""
    world.check(*begun(world))


def test_working_columns_may_change(world: World) -> None:
    """A lease, a due date and an intention are no part of the history."""
    payment = world.payments["created"]

    world.check(
        change(payment, lease_owner="worker", lease_until=START, due_at=START, intention={})
    )


def test_evidence_is_accepted(world: World) -> None:
    """The same statements append evidence that continues the chain."""
    payment = world.payments["succeeded"]

    world.check(*world.observe(payment, evidence_row(payment)))
