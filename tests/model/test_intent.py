"""The model of a PaymentIntent does what Stripe documents."""

import pytest

from benchmarks.model.intent import (
    BROWSER,
    Fate,
    Intent,
    cancel,
    cancelable,
    confirm,
    finish_challenge,
    finish_processing,
    send,
    takes_confirmation,
)


def test_new_intent_wants_a_card() -> None:
    """A new intent is unconfirmed and has no charge."""
    assert (Intent().status, Intent().charges) == ("requires_payment_method", ())


def test_decline_makes_a_failed_charge() -> None:
    """A decline leaves a failed charge, its error, and an intent that wants another card."""
    intent = confirm(Intent(), 1, "declined")

    assert intent.status == "requires_payment_method"
    assert [(charge.owner, charge.status) for charge in intent.charges] == [(1, "failed")]
    assert intent.error is not None
    assert intent.error.charge == 1


def test_confirm_clears_the_last_error() -> None:
    """A new confirmation forgets the last one's error."""
    intent = confirm(confirm(Intent(), 1, "declined"), 2, "challenged")

    assert (intent.status, intent.error) == ("requires_action", None)


@pytest.mark.parametrize("attempt_ends", ["approve", "decline", "fail"])
def test_challenge_ends(attempt_ends: str) -> None:
    """A challenge ends paid, declined by the issuer, or failed without a charge."""
    intent = finish_challenge(confirm(Intent(), 1, "challenged"), attempt_ends)

    expected = {
        "approve": ("succeeded", ["succeeded"], Fate.paid),
        "decline": ("requires_payment_method", ["failed"], Fate.declined),
        "fail": ("requires_payment_method", [], Fate.unauthenticated),
    }
    seen = (intent.status, [charge.status for charge in intent.charges], intent.fate(1))
    assert seen == expected[attempt_ends]


def test_new_confirmation_supersedes_the_challenge() -> None:
    """A confirmation during a challenge replaces it, where Stripe lets it."""
    challenged = confirm(Intent(), 1, "challenged")
    intent = confirm(challenged, BROWSER, "approved")

    assert (intent.fate(1), intent.paid) == (Fate.superseded, 1)
    assert takes_confirmation(challenged, supersedes=True)
    assert not takes_confirmation(challenged, supersedes=False)


def test_success_is_final() -> None:
    """An intent that succeeded takes no confirmation and cannot be canceled."""
    intent = confirm(Intent(), 1, "approved")

    assert not takes_confirmation(intent, supersedes=True)
    assert not cancelable(intent)


def test_canceled_takes_no_confirmation() -> None:
    """A canceled intent refuses a confirm as being in an unexpected state."""
    intent = send(cancel(Intent()), 1, "approved", supersedes=True)
    answer = intent.answer(1)

    assert answer is not None
    assert (answer.kind, intent.paid) == ("unexpected", 0)


def test_processing_cannot_be_canceled() -> None:
    """While the network processes, the intent can be neither canceled nor confirmed."""
    intent = confirm(Intent(), 1, "processing")

    assert not cancelable(intent)
    assert not takes_confirmation(intent, supersedes=True)


def test_processed_charge_keeps_its_id() -> None:
    """A charge that was pending fails or succeeds under the same id."""
    pending = confirm(Intent(), 1, "processing")
    failed = finish_processing(pending, paid=False)

    assert [(charge.id, charge.status) for charge in pending.charges] == [(1, "pending")]
    assert [(charge.id, charge.status) for charge in failed.charges] == [(1, "failed")]


@pytest.mark.parametrize(("fault", "charges"), [("error_before", 0), ("error_after", 1)])
def test_stored_error_hides_the_effect(fault: str, charges: int) -> None:
    """A 5xx that Stripe keeps says nothing of whether the confirm was carried out."""
    intent = send(Intent(), 1, "approved", supersedes=True, fault=fault)
    answer = intent.answer(1)

    assert answer is not None
    assert (answer.kind, answer.seen, len(intent.charges)) == ("error", None, charges)
