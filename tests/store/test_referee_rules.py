"""Versions of a rule follow one another, are decided once, and by a second person where needed."""

import pytest

from tests.store.builders import NOW, Row, insert, update
from tests.store.refusal import Action, assert_refused, rows_of
from tests.store.worlds import World


def version(world: World, **columns: object) -> Row:
    """Build a version of a rule that is in force."""
    row: Row = {
        "code": "do_not_honor",
        "version": 1,
        "handler": "fail_payment",
        "message": "No.",
        "meaning": "m",
        "alert": False,
        "retry_after_seconds": None,
        "auto_retry": "[]",
        "reason": "r",
        "author_id": "kept",
        "author_name": "risk",
        "created_at": NOW,
        "needs_approval": False,
        "state": "approved",
        "decided_by": "kept",
        "decided_by_name": "risk",
        "decided_reason": None,
        "decided_at": NOW,
    }
    return row | columns


def proposal(world: World, **columns: object) -> Row:
    """Build a version that a second person has to approve."""
    undecided = dict.fromkeys(("decided_by", "decided_by_name", "decided_at"))
    return version(world, needs_approval=True, state="proposed", **undecided) | columns


def decide(name: str, state: str = "approved") -> str:
    """Decide on the proposal as somebody of a name."""
    decision = {"decided_by": "k", "decided_by_name": name, "decided_at": NOW}
    return update("decline_rules", "version = 1", state=state, **decision)


REFUSED: dict[str, Action] = {
    "a gap": lambda w: [insert("decline_rules", version(w, version=2))],
    "from nought": lambda w: [insert("decline_rules", version(w, version=0))],
    "twice": lambda w: [insert("decline_rules", version(w)), insert("decline_rules", version(w))],
    "a success": lambda w: [insert("decline_rules", version(w, handler="complete_payment"))],
    "no handler": lambda w: [insert("decline_rules", version(w, handler="pay"))],
    "approved unasked": lambda w: [insert("decline_rules", version(w, needs_approval=True))],
    "decided by nobody": lambda w: [insert("decline_rules", version(w, decided_by=None))],
    "approved by the author": lambda w: [insert("decline_rules", proposal(w)), decide("risk")],
    "decided twice": lambda w: [
        insert("decline_rules", proposal(w)),
        decide("finance", "rejected"),
        decide("finance"),
    ],
    "changed": lambda w: [
        insert("decline_rules", version(w)),
        update("decline_rules", "version = 1", handler="disable_card"),
    ],
    "changed as it is decided": lambda w: [
        insert("decline_rules", proposal(w)),
        decide("finance").replace("SET ", "SET handler = 'disable_card', ", 1),
    ],
    "removed": lambda w: [insert("decline_rules", version(w)), "DELETE FROM decline_rules"],
}


@pytest.mark.parametrize("action", rows_of(REFUSED))
def test_rules_are_guarded(world: World, action: Action) -> None:
    """Plain SQL can neither rewrite, remove nor skip a version, nor approve one's own."""
    assert_refused(world, action(world))


def test_a_second_person_is_taken(world: World) -> None:
    """A proposal is approved by somebody of another name."""
    world.run(insert("decline_rules", proposal(world)), decide("finance"))

    assert world.rows("SELECT state FROM decline_rules") == [("approved",)]
