"""How charges on cards ended is written once, of payments that are stored, and never taken back."""

import pytest

from tests.store.builders import NOW, Row, insert, update
from tests.store.refusal import assert_refused
from tests.store.worlds import World

COUNTED = "charge = 'ch_counted'"


def outcome(**columns: object) -> Row:
    """Build the row of another charge on a card."""
    row: Row = {
        "charge": "ch_other",
        "payment_id": "pay_f",
        "fingerprint": "finger",
        "approved": False,
        "noted_at": NOW,
    }
    return row | columns


REFUSED = {
    "charge twice": insert("card_outcomes", outcome(charge="ch_counted")),
    "charge of no payment": insert("card_outcomes", outcome(payment_id="pay_new")),
    "decline made an approval": update("card_outcomes", COUNTED, approved=True),
    "decline of another card": update("card_outcomes", COUNTED, fingerprint="other"),
    "decline made older": update("card_outcomes", COUNTED, noted_at="2020-01-01"),
    "decline forgotten": f"DELETE FROM card_outcomes WHERE {COUNTED}",  # noqa: S608, RUF100  ours
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_outcome_is_refused(world: World, statement: str) -> None:
    """A decline counts as it was noted."""
    assert_refused(world, [statement])


def test_outcome_is_accepted(world: World) -> None:
    """Another charge on the same card is one more."""
    world.check(insert("card_outcomes", outcome()))
