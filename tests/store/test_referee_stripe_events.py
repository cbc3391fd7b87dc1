"""The inbox refuses to be rewritten: what an event said stays, and a settled one stays settled."""

import pytest

from tests.store.builders import NOW, Row, insert, update
from tests.store.refusal import assert_refused
from tests.store.worlds import World

LATER = "2027-01-01T00:00:00.000000Z"
PENDING = "id = 'evt_pending'"
SETTLED = "id = 'evt_settled'"
DONE = {"state": "settled", "settled_at": NOW, "due_at": None}


def event(**columns: object) -> Row:
    """Build the row of another event."""
    row: Row = {
        "id": "evt_other",
        "type": "charge.failed",
        "object_id": "ch_1",
        "payment_intent": "pi_a",
        "payment_id": None,
        "livemode": False,
        "request_key": None,
        "created_at": NOW,
        "received_at": NOW,
        "origin": "webhook",
        "digest": "x",
        "projection": "{}",
        "state": "pending",
        "tries": 0,
        "due_at": NOW,
    }
    return row | columns


REFUSED: dict[str, str] = {
    "twice": insert("stripe_events", event(id="evt_pending")),
    "of no payment": insert("stripe_events", event(payment_id="pay_new")),
    "of an unknown origin": insert("stripe_events", event(origin="somebody")),
    "in an unknown state": insert("stripe_events", event(state="lost")),
    "pending for ever": insert("stripe_events", event(due_at=None)),
    "settled at no time": insert("stripe_events", event(state="settled", due_at=None)),
    "unmatched with a payment": insert(
        "stripe_events", event(state="unmatched", payment_id="pay_a")
    ),
    "type": update("stripe_events", PENDING, type="x"),
    "object": update("stripe_events", PENDING, object_id="x"),
    "intent": update("stripe_events", PENDING, payment_intent="x"),
    "mode": update("stripe_events", PENDING, livemode=True),
    "request's key": update("stripe_events", PENDING, request_key="x"),
    "Stripe's time": update("stripe_events", PENDING, created_at=LATER),
    "our time": update("stripe_events", PENDING, received_at=LATER),
    "origin": update("stripe_events", PENDING, origin="catch_up"),
    "digest": update("stripe_events", PENDING, digest="x"),
    "projection": update("stripe_events", PENDING, projection="{}"),
    "id": update("stripe_events", PENDING, id="evt_x"),
    "settled and still due": update("stripe_events", PENDING, **DONE | {"due_at": NOW}),
    "settled for no payment of ours": update(
        "stripe_events", PENDING, **DONE, payment_id="pay_new"
    ),
    "pending again": update("stripe_events", SETTLED, state="pending", due_at=NOW, settled_at=None),
    "settled for another payment": update("stripe_events", SETTLED, payment_id="pay_b"),
    "settled at another time": update("stripe_events", SETTLED, settled_at=NOW),
    "deleted": f"DELETE FROM stripe_events WHERE {SETTLED}",
    "second catch-up": insert("catch_up", {"single": 2, "seen_until": NOW, "due_at": NOW}),
}

ACCEPTED: dict[str, str] = {
    "another": insert("stripe_events", event()),
    "settled": update("stripe_events", PENDING, **DONE, payment_id="pay_a"),
    "settled for nobody": update("stripe_events", PENDING, **DONE),
    "unmatched": update("stripe_events", PENDING, state="unmatched", tries=1),
    "given up": update("stripe_events", PENDING, state="unmatched", due_at=None),
    "postponed": update("stripe_events", PENDING, due_at=NOW, tries=3),
    "taken": update("stripe_events", PENDING, lease_until=NOW, lease_owner="w"),
    "catch-up": insert("catch_up", {"single": 1, "seen_until": NOW, "due_at": NOW}),
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_statement_is_refused(world: World, statement: str) -> None:
    """An event stays what it was, and settled once it is."""
    assert_refused(world, [statement])


@pytest.mark.parametrize("statement", ACCEPTED.values(), ids=ACCEPTED)
def test_statement_is_accepted(world: World, statement: str) -> None:
    """What a worker does with an event is no rewriting."""
    world.check(statement)
