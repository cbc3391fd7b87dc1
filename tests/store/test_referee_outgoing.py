"""The outbox loses nothing, the feed tells what happened without gaps, deliveries stay as sent."""

import pytest

from tests.store.builders import NOW, Row, history_row, insert, update
from tests.store.refusal import REFUSALS, Action, assert_refused, rows_of
from tests.store.worlds import World

LAST = "(SELECT max(position) FROM events)"


def event(world: World, **columns: object) -> Row:
    """Build the event of the confirm that would come next for the created payment."""
    row: Row = {
        "position": int(world.rows("SELECT max(position) FROM events")[0][0]) + 1,
        "payment_id": "pay_e",
        "sequence": 2,
        "type": "payment.confirming",
        "owner": "shop",
        "occurred_at": NOW,
    }
    return row | columns


def confirm(world: World) -> list[str]:
    """List the statements that confirm the created payment."""
    payment = world.payments["created"]
    return world.step(payment, history_row(payment, "confirm", "confirming"))


def delivery(**columns: object) -> Row:
    """Build the row of a replay."""
    row: Row = {
        "id": "dlv_other",
        "endpoint_id": "we_kept",
        "payment_id": "pay_e",
        "sequence": 1,
        "state": "pending",
        "tries": 0,
        "due_at": NOW,
        "request_id": "req_1",
        "created_at": NOW,
    }
    return row | columns


REFUSED: dict[str, Action] = {
    "outbox: left before it is told": lambda w: [*confirm(w), "DELETE FROM outbox"],
    "outbox: changed": lambda w: [*confirm(w), "UPDATE outbox SET sequence = 9"],
    "feed: a gap": lambda w: [
        *confirm(w),
        insert("events", event(w, position=event(w)["position"] + 1)),
    ],
    "feed: a place taken": lambda w: [*confirm(w), insert("events", event(w, position=1))],
    "feed: of no history row": lambda w: [insert("events", event(w))],
    "feed: another type": lambda w: [
        *confirm(w),
        insert("events", event(w, type="payment.failed")),
    ],
    "feed: another owner": lambda w: [*confirm(w), insert("events", event(w, owner="x"))],
    "feed: another time": lambda w: [
        *confirm(w),
        insert("events", event(w, occurred_at="2027-01-01T00:00:00.000000Z")),
    ],
    "feed: twice": lambda w: [insert("events", event(w, sequence=1, type="payment.created"))],
    "feed: changed": lambda _: [update("events", "position = 1", type="payment.failed")],
    "feed: removed": lambda _: [f"DELETE FROM events WHERE position = {LAST}"],
    "turn: another": lambda _: ["INSERT INTO feed_turn (single) VALUES (2)"],
    "turn: removed": lambda _: ["DELETE FROM feed_turn"],
    "endpoint: removed": lambda _: ["DELETE FROM webhook_endpoints WHERE id = 'we_deleted'"],
    "endpoint: another owner": lambda _: [update("webhook_endpoints", "id = 'we_kept'", owner="x")],
    "endpoint: undeleted": lambda _: [
        update("webhook_endpoints", "id = 'we_deleted'", state="enabled", secret="whsec_eA==")
    ],
    "endpoint: deleted with its secret": lambda _: [
        update("webhook_endpoints", "id = 'we_kept'", state="deleted")
    ],
    "endpoint: disabled for no reason": lambda _: [
        update("webhook_endpoints", "id = 'we_kept'", state="disabled")
    ],
    "endpoint: an older secret": lambda _: [
        update("webhook_endpoints", "id = 'we_kept'", secret_version=0)
    ],
    "delivery: twice with the event": lambda _: [
        insert("webhook_deliveries", delivery(request_id=None))
    ],
    "delivery: of no event": lambda _: [insert("webhook_deliveries", delivery(sequence=9))],
    "delivery: to nobody": lambda _: [
        insert("webhook_deliveries", delivery(endpoint_id="we_unknown"))
    ],
    "delivery: pending and never due": lambda _: [
        insert("webhook_deliveries", delivery(due_at=None))
    ],
    "delivery: sent to another": lambda _: [
        update("webhook_deliveries", "payment_id = 'pay_e'", endpoint_id="we_deleted")
    ],
    "delivery: begun anew": lambda _: [
        update(
            "webhook_deliveries",
            "payment_id = 'pay_e'",
            state="delivered",
            due_at=None,
            ended_at=NOW,
        ),
        update("webhook_deliveries", "payment_id = 'pay_e'", state="pending", due_at=NOW),
    ],
    "delivery: removed": lambda _: ["DELETE FROM webhook_deliveries"],
}


@pytest.mark.parametrize("action", rows_of(REFUSED))
def test_outgoing_rows_are_guarded(world: World, action: Action) -> None:
    """Plain SQL can neither lose an event, nor move or rewrite it, nor rewrite a delivery."""
    assert_refused(world, action(world))


def test_each_history_row_enters_the_outbox(world: World) -> None:
    """A history row brings its outbox row into the same transaction, whoever writes it."""
    missing = "SELECT 1 FROM outbox WHERE payment_id = 'pay_e' AND sequence = 2"
    payment = world.payments["created"]
    # Refused unless the row is there: a condition that cannot hold makes the check visible.
    must = f"UPDATE payments SET owner = 'x' WHERE id = '{payment.id}' AND NOT EXISTS ({missing})"
    world.check(*confirm(world), must)


def test_first_event_of_a_payment_needs_no_other(world: World) -> None:
    """What follows the rules is taken: the next row of a payment at the next place."""
    world.check(*confirm(world), insert("events", event(world)))


@pytest.mark.parametrize("table", ["outbox", "feed_turn", "events", "webhook_deliveries"])
def test_outgoing_tables_are_not_emptied(postgresql: World, table: str) -> None:
    """TRUNCATE goes around row triggers, and is refused by itself."""
    with pytest.raises(REFUSALS):
        postgresql.run(f"TRUNCATE {table} CASCADE")
