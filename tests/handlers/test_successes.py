"""The table of answers that are no failures."""

from orchestrator.handlers import SUCCESS_HANDLERS, Outcome
from tests.handlers.builders import details


def test_statuses_are_the_five_that_are_no_failure() -> None:
    """Every status that is neither a failure nor a cancellation has a row."""
    assert set(SUCCESS_HANDLERS) == {
        "succeeded",
        "requires_action",
        "processing",
        "requires_capture",
        "requires_confirmation",
    }


def test_only_succeeded_completes() -> None:
    """Money counts as paid when Stripe says succeeded, and by no other status."""
    completing = {
        status
        for status, handler in SUCCESS_HANDLERS.items()
        if handler(Outcome(status=status), details()).completed
    }

    assert completing == {"succeeded"}
