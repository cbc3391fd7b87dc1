"""The history refuses every row that is no step of the machine from where its payment stands."""

from itertools import product

import pytest

from orchestrator.payment import Payment
from orchestrator.states import TRANSITIONS, PaymentEvent, PaymentState
from tests.store.builders import (
    FORGED,
    change,
    evidence_row,
    first_row,
    history_row,
    insert,
    must_hold,
    payment_row,
    update,
)
from tests.store.refusal import REFUSALS, Action, assert_refused, rows_of
from tests.store.worlds import World
from tests.stored_payments import new_payment

EDGES = {(row.source, row.event, row.target) for row in TRANSITIONS}
NEW = new_payment("pay_new")

NEXT_ROWS: dict[str, Action] = {
    "sequence skipped": lambda w: stepped(w, "created", sequence=3),
    "sequence repeated": lambda w: stepped(w, "created", sequence=1),
    "sequence of zero": lambda w: stepped(w, "created", sequence=0),
    "previous hash of no row": lambda w: stepped(w, "created", previous_hash="e" * 64),
    "source elsewhere": lambda w: stepped(w, "created", source="requires_new_card"),
    "no source": lambda w: stepped(w, "created", source=None),
    "confirm without an attempt": lambda w: stepped(w, "created", attempt=None),
    "confirm of another attempt": lambda w: stepped(w, "created", attempt=2),
    "confirm of attempt zero": lambda w: stepped(w, "created", attempt=0),
    "actor of no kind": lambda w: stepped(w, "created", actor_kind="nobody"),
    "facts twice": lambda w: stepped(w, "created", facts_hash=FORGED),
    "create again": lambda w: created_again(w, source=None),
    "create from another state": lambda w: created_again(w),
    "create at sequence one again": lambda w: created_again(w, source=None, sequence=1),
    "hash other than the payment's": lambda w: [
        *w.step(fresh(w), history_row(fresh(w), "confirm", "confirming")),
        change(fresh(w), last_hash="e" * 64),
    ],
    "confirm that spends nothing": lambda w: w.step(
        fresh(w), history_row(fresh(w), "confirm", "confirming"), attempts_used=0
    ),
    "confirm that spends two": lambda w: w.step(
        fresh(w), history_row(fresh(w), "confirm", "confirming"), attempts_used=2
    ),
    "cancel that spends": lambda w: [
        *w.observe(fresh(w), evidence_row(fresh(w), "canceled")),
        *w.step(
            fresh(w),
            history_row(fresh(w), "cancel", "failed", evidence=1, evidence_status="canceled"),
            attempts_used=1,
        ),
    ],
    "citing evidence of nothing": lambda w: stepped(w, "requires_new_card", evidence=9),
    "of no payment": lambda w: [
        insert("payment_transitions", history_row(NEW, "confirm", "confirming") | {"sequence": 2})
    ],
}

UNPROVEN: dict[str, dict[str, object]] = {
    "without evidence": {},
    "with a status and no evidence": {"evidence_status": "PROOF"},
    "with evidence and no status": {"evidence": 1},
    "with evidence of another status": {"evidence": 1, "evidence_status": "requires_action"},
    "with a status the evidence lacks": {"evidence": 1, "evidence_status": "PROOF"},
    "with evidence of another payment": {"evidence": 2, "evidence_status": "PROOF"},
    "with evidence of nothing": {"evidence": 99, "evidence_status": "PROOF"},
}

ENDS = [("succeed", "succeeded", "succeeded"), ("fail", "failed", "canceled")]

FIRST_ROWS: dict[str, Action] = {
    "that is no create": lambda w: begun(w, event="confirm", target="confirming", attempt=1),
    "that goes elsewhere": lambda w: begun(w, target="requires_new_card"),
    "with a source": lambda w: begun(w, source="created"),
    "without facts": lambda w: begun(w, facts_hash=None),
    "with a hash before it": lambda w: begun(w, previous_hash="e" * 64),
    "at sequence two": lambda w: begun(w, sequence=2),
    "of no payment": lambda w: [insert("payment_transitions", first_row(NEW))],
    "of a payment that has one": lambda w: [
        insert("payment_transitions", first_row(w.payments["created"]))
    ],
}

REWRITES: dict[str, str] = {
    "reason": update("payment_transitions", "payment_id = 'pay_a' AND sequence = 3", reason="x"),
    "actor": update("payment_transitions", "payment_id = 'pay_a'", actor_id="somebody"),
    "hash": update("payment_transitions", "payment_id = 'pay_e'", hash=FORGED),
    "payment": update("payment_transitions", "payment_id = 'pay_e'", payment_id="pay_new"),
    "last row deleted": "DELETE FROM payment_transitions WHERE payment_id = 'pay_a' "
    "AND sequence = 5",
    "middle row deleted": "DELETE FROM payment_transitions WHERE payment_id = 'pay_a' "
    "AND sequence = 2",
    "all deleted": "DELETE FROM payment_transitions",
}


def fresh(world: World) -> Payment:
    """Return the payment that most of these rows would move: created, nothing spent."""
    return world.payments["created"]


def stepped(world: World, name: str, **columns: object) -> list[str]:
    """List the statements of a confirm with these columns instead of its own."""
    payment = world.payments[name]
    return world.step(payment, history_row(payment, "confirm", "confirming", **columns))


def created_again(world: World, **columns: object) -> list[str]:
    """List the statements that would bring a payment back to its beginning."""
    payment = world.payments["requires_new_card"]
    row = history_row(payment, "create", "created", facts_hash=FORGED)
    return world.step(payment, row | columns)


def begun(world: World, **columns: object) -> list[str]:
    """List the statements that store a new payment with this first row."""
    row = first_row(NEW, **columns)
    payment = payment_row(state=row["target"], version=row["sequence"])
    return world.begin(payment, row)


def accepted(world: World, source: str, event: str, target: str) -> bool:
    """Tell whether a payment in this state can be moved like this, with all proof it needs."""
    payment = world.payments[source]
    try:
        world.check(*world.proven_step(payment, history_row(payment, event, target)))
    except REFUSALS:
        return False
    return True


@pytest.mark.parametrize("source", list(PaymentState))
def test_only_legal_edges_are_accepted(world: World, source: PaymentState) -> None:
    """From each state, of all events to all states, exactly the table's rows are accepted."""
    tried = product(PaymentEvent, PaymentState)
    taken = {(source, e, t) for e, t in tried if accepted(world, source.value, e, t)}

    assert taken == {edge for edge in EDGES if edge[0] == source}


@pytest.mark.parametrize("action", rows_of(NEXT_ROWS))
def test_row_out_of_place_is_refused(world: World, action: Action) -> None:
    """A row follows the row before it, and a confirm spends exactly one attempt."""
    assert_refused(world, action(world))


@pytest.mark.parametrize(("event", "target", "status"), ENDS, ids=["success", "failure"])
@pytest.mark.parametrize("columns", UNPROVEN.values(), ids=UNPROVEN)
def test_unproven_end_is_refused(
    world: World, event: str, target: str, status: str, columns: dict[str, object]
) -> None:
    """A handled state cites evidence of its own payment in which Stripe said so."""
    payment = world.payments["confirming"]
    cited = {name: status if value == "PROOF" else value for name, value in columns.items()}

    assert_refused(world, world.step(payment, history_row(payment, event, target, **cited)))


@pytest.mark.parametrize("action", rows_of(FIRST_ROWS))
def test_first_row_is_refused(world: World, action: Action) -> None:
    """A history begins with one create, which vouches for the payment's facts."""
    assert_refused(world, action(world))


@pytest.mark.parametrize("statement", REWRITES.values(), ids=REWRITES)
def test_history_is_append_only(world: World, statement: str) -> None:
    """No history row is changed or removed."""
    assert_refused(world, [statement])


def test_row_ahead_is_never_left_behind(world: World) -> None:
    """A row alone is refused, or it moves its payment: it never runs ahead."""
    payment = fresh(world)
    statement = insert("payment_transitions", history_row(payment, "confirm", "confirming"))

    if world.dialect == "postgresql":
        assert_refused(world, [statement])
    else:
        world.check(statement, must_hold(payment, "version = 2 AND attempts_used = 1"))
