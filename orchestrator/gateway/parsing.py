"""Stripe's JSON as the plain values of ``views``. Pure: it reads dicts and never asks anyone.

It never raises on what Stripe may leave out or add; an object that lacks what identifies it is
no object (null), so that half an answer is never taken for an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from orchestrator.gateway.views import CardView, ChargeView, CustomerView, Failure, IntentView

_NOTHING: Final[Mapping[str, Any]] = {}
# The end of the year 9999, the last that a date can be in.
_LAST_SECOND: Final = 253_402_300_799


@dataclass(frozen=True, slots=True)
class ChargePage:
    """One page of a list of charges, newest first."""

    charges: tuple[ChargeView, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class CardPage:
    """One page of a list of payment methods, newest first."""

    cards: tuple[CardView, ...]
    has_more: bool


def parse_intent(document: object) -> IntentView | None:
    """Return the PaymentIntent, or null where id, status, amount or currency is missing."""
    intent = _mapping(document)
    intent_id, status = _text(intent, "id"), _text(intent, "status")
    amount, currency = _integer(intent, "amount"), _text(intent, "currency")
    if not intent_id or not status or amount is None or not currency:
        return None
    last_error = intent.get("last_payment_error")
    next_action = intent.get("next_action")
    return IntentView(
        id=intent_id,
        status=status,
        amount=amount,
        currency=currency,
        amount_received=_integer(intent, "amount_received") or 0,
        payment_method=_reference(intent, "payment_method"),
        last_payment_error=parse_error(last_error) if isinstance(last_error, dict) else None,
        latest_charge=_reference(intent, "latest_charge"),
        next_action=next_action if isinstance(next_action, dict) else None,
        cancellation_reason=_text(intent, "cancellation_reason"),
        metadata=dict(_mapping(intent.get("metadata"))),
        client_secret=_text(intent, "client_secret"),
    )


def parse_error(document: object) -> Failure:
    """Return the failure an error object tells of: a 402's, or an intent's last one."""
    error = _mapping(document)
    card = parse_payment_method(error.get("payment_method"))
    return Failure(
        code=_text(error, "code"),
        decline_code=_text(error, "decline_code"),
        advice_code=_text(error, "advice_code"),
        network_advice_code=_text(error, "network_advice_code"),
        network_decline_code=_text(error, "network_decline_code"),
        message=_text(error, "message"),
        charge=_reference(error, "charge"),
        payment_method=card.payment_method if card else _reference(error, "payment_method"),
        card=card,
    )


def parse_payment_method(document: object) -> CardView | None:
    """Return the PaymentMethod as a card (its ``type`` says if it is one), or null without id."""
    method = _mapping(document)
    return _card(method, _text(method, "id"), _reference(method, "customer"))


def parse_card_page(document: object) -> CardPage | None:
    """Return one page of payment methods, or null if any of them cannot be read."""
    page = _mapping(document)
    items = page.get("data")
    if not isinstance(items, list):
        return None
    cards = tuple(card for item in items if (card := parse_payment_method(item)) is not None)
    if len(cards) != len(items):
        return None
    return CardPage(cards, has_more=page.get("has_more") is True and bool(cards))


def parse_customer(document: object) -> CustomerView | None:
    """Return the customer, or null where its id or time is missing or it was deleted."""
    customer = _mapping(document)
    customer_id, created = _text(customer, "id"), _integer(customer, "created")
    if not customer_id or created is None or customer.get("deleted") is True:
        return None
    metadata = _mapping(customer.get("metadata"))
    return CustomerView(
        id=customer_id,
        created=created,
        email=_text(customer, "email"),
        name=_text(customer, "name"),
        metadata={key: value for key, value in metadata.items() if isinstance(value, str)},
    )


def parse_charge(document: object) -> ChargeView | None:
    """Return the charge, or null where id, status, amount, currency or time is missing."""
    charge = _mapping(document)
    charge_id, status = _text(charge, "id"), _text(charge, "status")
    amount, currency = _integer(charge, "amount"), _text(charge, "currency")
    created = _integer(charge, "created")
    if not charge_id or not status or amount is None or not currency or created is None:
        return None
    payment_method = _reference(charge, "payment_method")
    details = _mapping(charge.get("payment_method_details"))
    card = _card(details, payment_method, _reference(charge, "customer"))
    return ChargeView(
        id=charge_id,
        status=status,
        amount=amount,
        currency=currency,
        created=created,
        payment_method=payment_method,
        card=card,
        failure=_charge_failure(charge, card) if status == "failed" else None,
        capture_before=read_moment(_mapping(details.get("card")), "capture_before"),
    )


def parse_charge_page(document: object) -> ChargePage | None:
    """Return one page of charges, or null if any of them cannot be read."""
    page = _mapping(document)
    items = page.get("data")
    if not isinstance(items, list):
        return None
    charges = tuple(charge for item in items if (charge := parse_charge(item)) is not None)
    if len(charges) != len(items):
        return None
    return ChargePage(charges, has_more=page.get("has_more") is True and bool(charges))


def merge_failure(error_failure: Failure, charge: ChargeView | None) -> Failure:
    """Return the answer's failure with the outcome read from the charge it names.

    What the answer said stands; the charge fills the gaps and brings the outcome. A charge of
    another id, one that did not fail or one without an outcome changes nothing.
    """
    if charge is None or charge.id != error_failure.charge or charge.failure is None:
        return error_failure
    seen = charge.failure
    if not seen.outcome_read:
        return error_failure
    return replace(
        error_failure,
        code=error_failure.code or seen.code,
        decline_code=error_failure.decline_code or seen.decline_code,
        advice_code=error_failure.advice_code or seen.advice_code,
        network_advice_code=error_failure.network_advice_code or seen.network_advice_code,
        network_decline_code=error_failure.network_decline_code or seen.network_decline_code,
        message=error_failure.message or seen.message,
        payment_method=error_failure.payment_method or seen.payment_method,
        card=error_failure.card or seen.card,
        outcome_read=True,
        outcome_type=seen.outcome_type,
        outcome_reason=seen.outcome_reason,
    )


def _charge_failure(charge: Mapping[str, Any], card: CardView | None) -> Failure:
    outcome = _mapping(charge.get("outcome"))
    outcome_type, reason = _text(outcome, "type"), _text(outcome, "reason")
    code = _text(charge, "failure_code")
    issuer_reason = reason if outcome_type == "issuer_declined" else None
    return Failure(
        code=code,
        # A charge has no decline code of its own. Where the issuer declined, the outcome's
        # reason is that code, unless it only repeats the code (an expired card has no decline
        # code); where Stripe blocked, the reason is the block's.
        decline_code=issuer_reason if issuer_reason != code else None,
        advice_code=_text(outcome, "advice_code"),
        network_advice_code=_text(outcome, "network_advice_code"),
        network_decline_code=_text(outcome, "network_decline_code"),
        message=_text(charge, "failure_message"),
        charge=_text(charge, "id"),
        payment_method=_reference(charge, "payment_method"),
        card=card,
        outcome_read=bool(outcome),
        outcome_type=outcome_type,
        outcome_reason=reason,
    )


def _card(
    method: Mapping[str, Any], payment_method: str | None, customer: str | None
) -> CardView | None:
    if not payment_method:
        return None
    card = _mapping(method.get("card"))
    return CardView(
        payment_method=payment_method,
        fingerprint=_text(card, "fingerprint"),
        brand=_text(card, "brand"),
        last4=_text(card, "last4"),
        exp_month=_integer(card, "exp_month"),
        exp_year=_integer(card, "exp_year"),
        customer=customer,
        type=_text(method, "type") or "card",
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


def _text(document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) else None


def _integer(document: Mapping[str, Any], key: str) -> int | None:
    value = document.get(key)
    return value if type(value) is int else None


def read_moment(document: Mapping[str, Any], key: str) -> int | None:
    """Return a time in Unix seconds; null where there is none, or none that a clock can show."""
    value = _integer(document, key)
    return value if value is not None and 0 <= value <= _LAST_SECOND else None


def _reference(document: Mapping[str, Any], key: str) -> str | None:
    """Return the id of what the field refers to, whether Stripe expanded it or not."""
    value = document.get(key)
    return _text(value, "id") if isinstance(value, dict) else _text(document, key)


__all__ = [
    "CardPage",
    "ChargePage",
    "merge_failure",
    "parse_card_page",
    "parse_charge",
    "parse_charge_page",
    "parse_customer",
    "parse_error",
    "parse_intent",
    "parse_payment_method",
    "read_moment",
]
