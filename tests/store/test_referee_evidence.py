"""Evidence is a chain of its own: it grows by one row at its end, and never changes."""

import pytest

from tests.store.builders import FORGED, change, evidence_row, insert, must_hold, update
from tests.store.refusal import Action, assert_refused, rows_of
from tests.store.worlds import World
from tests.stored_payments import new_payment

ROWS: dict[str, Action] = {
    "sequence skipped": lambda w: observed(w, "card_disabled", sequence=3),
    "sequence repeated": lambda w: observed(w, "card_disabled", sequence=1),
    "sequence of zero": lambda w: observed(w, "created", sequence=0),
    "previous hash of no row": lambda w: observed(w, "card_disabled", previous_hash="e" * 64),
    "first with a hash before it": lambda w: observed(w, "created", previous_hash="e" * 64),
    "hash other than the payment's": lambda w: [
        *observed(w, "card_disabled"),
        change(w.payments["card_disabled"], evidence_hash="e" * 64),
    ],
    "not counted": lambda w: [
        *observed(w, "created"),
        change(w.payments["created"], evidence_count=0, evidence_hash="0" * 64),
    ],
    "charge counted twice": lambda w: observed(w, "succeeded", outcome_charge="ch_pay_a_1"),
    "charge of another payment": lambda w: observed(w, "created", outcome_charge="ch_pay_a_1"),
    "of no payment": lambda w: [insert("evidence", evidence_row(new_payment("pay_new")))],
    "without a payload": lambda w: observed(w, "created", payload=None),
}

REWRITES: dict[str, str] = {
    "status": update("evidence", "payment_id = 'pay_d'", intent_status="succeeded"),
    "charge": update("evidence", "payment_id = 'pay_d'", outcome_charge="ch_other"),
    "payload": update("evidence", "payment_id = 'pay_a' AND sequence = 1", payload={"x": 1}),
    "hash": update("evidence", "payment_id = 'pay_c'", hash=FORGED),
    "payment": update("evidence", "payment_id = 'pay_c'", payment_id="pay_e"),
    "deleted": "DELETE FROM evidence WHERE payment_id = 'pay_c'",
    "all deleted": "DELETE FROM evidence",
}


def observed(world: World, name: str, **columns: object) -> list[str]:
    """List the statements that append evidence with these columns to a payment."""
    payment = world.payments[name]
    return world.observe(payment, evidence_row(payment) | columns)


@pytest.mark.parametrize("action", rows_of(ROWS))
def test_row_out_of_place_is_refused(world: World, action: Action) -> None:
    """Evidence continues its payment's chain, and an outcome's charge is counted once."""
    assert_refused(world, action(world))


@pytest.mark.parametrize("statement", REWRITES.values(), ids=REWRITES)
def test_evidence_is_append_only(world: World, statement: str) -> None:
    """No evidence is changed or removed."""
    assert_refused(world, [statement])


def test_row_alone_never_runs_ahead(world: World) -> None:
    """A row alone is refused, or it becomes its payment's newest."""
    statement = insert("evidence", evidence_row(world.payments["created"]))

    if world.dialect == "postgresql":
        assert_refused(world, [statement])
    else:
        world.check(statement, must_hold(world.payments["created"], "evidence_count = 1"))


@pytest.mark.parametrize("name", ["created", "card_disabled", "succeeded", "failed"])
def test_next_row_is_accepted(world: World, name: str) -> None:
    """Evidence that continues the chain is taken, also of a handled payment."""
    world.check(*observed(world, name, outcome_charge="ch_new"))
