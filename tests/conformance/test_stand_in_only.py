"""What cannot be done at Stripe, so that it is asked of the stand-in alone.

A challenge that a test ends, faults, the clock, a refund in the dashboard.
"""

import pytest
import stripe

from tests.conformance.conftest import StandIn
from tests.conformance.sides import headers_of

CARD = "pm_card_authenticationRequired"
BACK = "https://example.com/back"
DAY_SECONDS = 24 * 3600


@pytest.mark.parametrize(
    ("card", "outcome", "status", "code"),
    [
        (CARD, "succeed", "succeeded", None),
        ("pm_card_threeDSecure2Required", "succeed", "succeeded", None),
        (CARD, "fail", "requires_payment_method", "payment_intent_authentication_failure"),
        (
            "pm_card_threeDSecureRequiredChargeDeclined",
            "succeed",
            "requires_payment_method",
            "card_declined",
        ),
        (
            "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
            "succeed",
            "requires_payment_method",
            "card_declined",
        ),
    ],
)
def test_a_challenge_ends(
    stand_in: StandIn, card: str, outcome: str, status: str, code: str | None
) -> None:
    """A challenge ends as its customer and its card say, and the money follows."""
    intent = stand_in.confirm(stand_in.intent().id, card, return_url=BACK)
    stand_in.control(f"/payment_intents/{intent.id}/authenticate", {"outcome": outcome})
    after = stand_in.read(intent.id)

    assert after.status == status
    assert getattr(after.last_payment_error, "code", None) == code
    assert after.amount_received == (1000 if status == "succeeded" else 0)


def test_a_lost_answer_is_found_again(stand_in: StandIn, key: str) -> None:
    """After a connection lost behind the effect, the same key gives the answer that was lost."""
    intent = stand_in.intent()
    rule = {"operation": "payment_intents.confirm", "kind": "drop_after"}
    stand_in.control("/faults", rule)
    with pytest.raises(stripe.APIConnectionError):
        stand_in.confirm(intent.id, "pm_card_visa", key=key)
    found = stand_in.confirm(intent.id, "pm_card_visa", key=key)

    assert found.status == "succeeded"
    assert headers_of(found)["idempotent-replayed"] == "true"


def test_a_key_lives_for_a_day(stand_in: StandIn, key: str) -> None:
    """A key is answered again for a day, and is new after it."""
    create = stand_in.v1.payment_intents.create
    first = create({"amount": 1000, "currency": "usd"}, {"idempotency_key": key})
    stand_in.control("/clock", {"advance": DAY_SECONDS - 60})
    within = create({"amount": 1000, "currency": "usd"}, {"idempotency_key": key})
    stand_in.control("/clock", {"advance": 60})
    after = create({"amount": 1000, "currency": "usd"}, {"idempotency_key": key})

    assert within.id == first.id
    assert after.id != first.id


def test_a_refund_is_read(stand_in: StandIn) -> None:
    """A refund that was made in the dashboard is read over the API."""
    intent = stand_in.confirm(stand_in.intent().id, "pm_card_visa")
    made = stand_in.control(f"/payment_intents/{intent.id}/refund")
    read = stand_in.v1.refunds.retrieve(made["id"])

    assert (read.amount, read.status, read.payment_intent) == (1000, "succeeded", intent.id)
