"""An attempt belongs to the confirm row that spent it; it is opened once and closed once."""

import pytest

from tests.store.builders import NOW, attempt_row, history_row, insert, update
from tests.store.refusal import Action, assert_refused, rows_of
from tests.store.worlds import World

OPEN = "payment_id = 'pay_d' AND number = 2"
CLOSED = "payment_id = 'pay_a' AND number = 1"
ENDED = {"closed_at": NOW, "closed_by": "outcome"}

OPENINGS: dict[str, Action] = {
    "second open": lambda w: [
        *opened(w, "created"),
        insert("attempts", attempt_row(w.payments["created"], number=2, stripe_key="other")),
    ],
    "of a create row": lambda w: [
        insert("attempts", attempt_row(w.payments["created"], sequence=1))
    ],
    "of a decline": lambda w: [
        insert("attempts", attempt_row(w.payments["succeeded"], sequence=3))
    ],
    "of an end": lambda w: [insert("attempts", attempt_row(w.payments["succeeded"], sequence=5))],
    "of no row": lambda w: [insert("attempts", attempt_row(w.payments["created"]))],
    "of another row of its payment": lambda w: opened(w, "created", sequence=1),
    "of another event": lambda w: opened(w, "created", event="create"),
    "of another number": lambda w: opened(w, "created", number=2),
    "of a confirm row that has one": lambda w: [
        insert("attempts", attempt_row(w.payments["succeeded"], sequence=2, number=1))
    ],
    "again for a confirm row that has one": lambda w: [
        insert("attempts", attempt_row(w.payments["succeeded"], sequence=2, number=3))
    ],
    "of number zero": lambda w: opened(w, "created", number=0),
    "of no origin": lambda w: opened(w, "created", origin="nobody"),
    "that cannot be sent again: no key": lambda w: opened(w, "created", stripe_key=None),
    "that cannot be sent again: no parameters": lambda w: opened(w, "created", parameters=None),
    "with another's Stripe key": lambda w: opened(w, "created", stripe_key="pay_a:confirm:1"),
    "with another's charge": lambda w: opened(w, "created", charge="ch_pay_a_1", **ENDED),
    "open with a charge": lambda w: opened(w, "created", charge="ch_new"),
    "in a browser and open": lambda w: opened(w, "created", origin="browser"),
    "closed without a cause": lambda w: opened(w, "created", closed_at=NOW),
    "with a cause and not closed": lambda w: opened(w, "created", closed_by="outcome"),
    "closed by nobody knows what": lambda w: opened(w, "created", closed_at=NOW, closed_by="magic"),
}

CHANGES: dict[str, str] = {
    "reopened": update("attempts", CLOSED, closed_at=None, closed_by=None),
    "closed twice": update("attempts", CLOSED, closed_at=NOW, closed_by="canceled"),
    "charge after closing": update("attempts", CLOSED, charge="ch_other"),
    "changed and left open": update("attempts", OPEN, charge="ch_new"),
    "closed without a cause": update("attempts", OPEN, closed_at=NOW),
    "closed by nobody knows what": update("attempts", OPEN, closed_at=NOW, closed_by="magic"),
    "closed with another's charge": update("attempts", OPEN, charge="ch_pay_a_1", **ENDED),
    "deleted": f"DELETE FROM attempts WHERE {CLOSED}",
    "all deleted": "DELETE FROM attempts",
}

OTHER_VALUES: dict[str, object] = {
    "payment_id": "pay_e",
    "number": 3,
    "sequence": 2,
    "event": "create",
    "origin": "browser",
    "payment_method": "pm_other",
    "stripe_key": "other",
    "parameters": {"payment_method": "pm_other"},
    "opened_at": NOW,
}


def opened(world: World, name: str, **columns: object) -> list[str]:
    """List the statements of a confirm whose attempt has these columns."""
    payment = world.payments[name]
    step = world.step(payment, history_row(payment, "confirm", "confirming"))
    return [*step, insert("attempts", attempt_row(payment, **columns))]


@pytest.mark.parametrize("action", rows_of(OPENINGS))
def test_opening_is_refused(world: World, action: Action) -> None:
    """An attempt is opened for its own confirm row, one at a time, with what was sent."""
    assert_refused(world, action(world))


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_change_is_refused(world: World, statement: str) -> None:
    """An attempt is closed once, and stays."""
    assert_refused(world, [statement])


@pytest.mark.parametrize("column", OTHER_VALUES)
def test_fixed_column_is_kept(world: World, column: str) -> None:
    """What was sent does not change when the attempt is closed."""
    statement = update("attempts", OPEN, **{column: OTHER_VALUES[column]}, **ENDED)

    assert_refused(world, [statement])


def test_opening_is_accepted(world: World) -> None:
    """The same statements open an attempt that is as it should be."""
    world.check(*opened(world, "created"))


def test_closing_is_accepted(world: World) -> None:
    """The same statement closes the open attempt."""
    world.check(update("attempts", OPEN, charge="ch_new", **ENDED))


def test_browser_attempt_is_accepted(world: World) -> None:
    """What a browser confirmed is stored closed, with nothing to send again."""
    browser = {"origin": "browser", "stripe_key": None, "parameters": None}

    world.check(*opened(world, "created", charge="ch_new", **browser, **ENDED))
