"""What a browser may see. Pure, and by name: what is not named here stays on the server.

A decline's code is not shown: the customer of a stolen card must not learn that it is known.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from examples.checkout.orders import Order
from examples.checkout.settings import Settings
from orchestrator.client import Card, Payment

Json = dict[str, Any]

CANCELED: Final = "The payment was canceled."
# Why a payment ended, where a last decline's own words do not say it; of a reason in two parts, the
# first. Who canceled it, and suspecting what, is not the customer's business.
ENDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attempts_exhausted": "That was the last card we could try for this payment.",
        "payment_expired": "The payment was not completed in time.",
        "confirm_deadline_passed": "The payment was not confirmed in time.",
        "abandoned": CANCELED,
        "duplicate": CANCELED,
        "fraudulent": CANCELED,
        "requested_by_customer": CANCELED,
        "canceled_at_stripe": CANCELED,
        "by_operator": CANCELED,
    }
)
NOTHING_CHARGED: Final = "Nothing was charged."


def show_checkout(
    order: Order, payment: Payment | None, settings: Settings, *, trying: bool
) -> Json:
    """Show where an order stands, and all the page needs to go on from there.

    ``trying`` says that a card is being tried just now, for another tab or before a reload.
    """
    return {
        "order": show_order(order),
        "payment": None if payment is None else show_payment(payment),
        "barred_cards": [each.card for each in order.tries if each.barred],
        "last_card": order.tries[-1].card if order.tries else None,
        "try": order.next_try,
        "trying": trying,
        "stripe": {
            "publishable_key": settings.publishable_key,
            "script": settings.stripe_script,
            "test_mode": settings.stand_in is not None,
        },
    }


def show_order(order: Order) -> Json:
    """Show what is bought, and for how much."""
    return {
        "id": order.id,
        "lines": [
            {"name": line.name, "quantity": line.quantity, "amount": line.amount}
            for line in order.lines
        ],
        "amount": order.amount,
        "currency": order.currency,
    }


def show_payment(payment: Payment) -> Json:
    """Show a payment's state and what it asks of the customer."""
    outcome = payment.last_outcome
    retry = None if outcome is None else outcome.retry_not_before
    return {
        "state": payment.state,
        "message": _message(payment),
        "retry_not_before": None if retry is None else retry.isoformat(),
        "challenge": payment.awaits_customer,
    }


def show_card(card: Card) -> Json:
    """Show a saved card by what its owner knows it by."""
    return {
        "id": card.id,
        "brand": card.brand,
        "last4": card.last4,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
    }


def _message(payment: Payment) -> str | None:
    """Say what became of the last try; of a payment that failed, also why it is over."""
    outcome = payment.last_outcome
    said = None if outcome is None else outcome.message
    if payment.state != "failed":
        return said
    if outcome is not None and not outcome.completed:
        said = None  # It asks for what is too late by now: to confirm with the bank, to wait.
    ending = ENDINGS.get((payment.failure_reason or "").partition(":")[0])
    return " ".join(filter(None, [said, ending, NOTHING_CHARGED]))
