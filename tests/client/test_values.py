"""What is read of an answer of another version of the service."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.client import Client, Payment, UnreadableAnswer
from tests.client.conftest import PAYMENT, Reply, serving

OUTCOME: dict[str, Any] = {
    "code": "card_declined",
    "decline_code": "of_the_future",
    "advice_code": None,
    "handler": "hold",
    "completed": False,
    "requires_retry": True,
    "message": "Try again later.",
    "same_card_allowed": True,
    "retry_not_before": "2026-03-01T13:00:00.000000Z",
    "automatic_retry": False,
}


def read(**more: Any) -> Payment:
    """Read a payment that the service shows with more or other fields."""
    reply = Reply(200, {**PAYMENT, **more})
    with serving(reply) as script, Client(script.url, "ork_1") as client:
        return client.payments.get("pay_1")


def test_fields_of_a_newer_service_are_passed_over() -> None:
    """Fields that this version does not know change nothing, at any depth."""
    card = {"payment_method": "pm_1", "reason": "lost_card"}
    known = read(last_outcome=OUTCOME, excluded_cards=[card])
    newer = read(
        last_outcome={**OUTCOME, "new": 1}, excluded_cards=[{**card, "new": {}}], new=["x"]
    )

    assert newer == known


def test_states_of_a_newer_service_are_told() -> None:
    """A state that this version does not know is told as it is."""
    assert read(state="of_the_future").state == "of_the_future"


ASKED = {"state": "confirming", "next_action": None}
CHALLENGE = {"state": "confirming", "next_action": {"type": "use_stripe_sdk"}}


@pytest.mark.parametrize(
    ("fields", "status", "unknown"),
    [
        (ASKED, 200, True),
        (ASKED, 202, True),
        (CHALLENGE, 200, False),
        ({"state": "created"}, 200, False),
        ({"state": "created"}, 202, True),
        ({"state": "succeeded"}, 200, False),
    ],
)
def test_an_unknown_outcome_is_told_by_the_state(
    fields: dict[str, Any], status: int, unknown: bool
) -> None:
    """A payment that was only read tells, too, that nobody knows yet what came of it."""
    reply = Reply(status, {**PAYMENT, **fields})
    with serving(reply) as script, Client(script.url, "ork_1") as client:
        payment = client.payments.get("pay_1")

    assert payment.outcome_unknown is unknown


def test_moments_are_read() -> None:
    """Every moment is a datetime in UTC, also within a value."""
    payment = read(last_outcome=OUTCOME)

    assert payment.created_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert payment.last_outcome is not None
    assert payment.last_outcome.retry_not_before == datetime(2026, 3, 1, 13, tzinfo=UTC)


def test_a_value_stays_as_it_was_read() -> None:
    """No field of a value can be set."""
    payment = read()

    with pytest.raises(FrozenInstanceError):
        payment.state = "succeeded"  # type: ignore[misc]  # what is tried


def test_an_answer_without_end_is_no_answer() -> None:
    """An answer nested deeper than can be read is told as none of the API's."""
    with serving(Reply(200, b"[" * 200_000)) as script:
        client = Client(script.url, "ork_1")
        with client, pytest.raises(UnreadableAnswer):
            client.payments.get("pay_1")
