"""What is refused says what can still be done."""

from orchestrator.refusals import AFTER
from orchestrator.states import TRANSITIONS, PaymentState


def test_every_end_says_what_can_still_be_done() -> None:
    """Each state that nothing leaves has its sentence, and no other state has one."""
    left = {each.source for each in TRANSITIONS}

    assert AFTER.keys() == set(PaymentState) - left
