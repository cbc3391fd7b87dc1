"""Customers and their cards."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from orchestrator.client.calls.call import Call, get, list_of, one_of, only_given, post, quoted
from orchestrator.client.values import Card, Customer, Page


def create_customer(
    *,
    email: str | None = None,
    name: str | None = None,
    metadata: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Call[Customer]:
    """Create a customer at Stripe."""
    given = dict(metadata) if metadata is not None else None
    body = only_given(email=email, name=name, metadata=given)
    return post("/v1/customers", Customer, body, idempotency_key)


def get_customer(customer: str) -> Call[Customer]:
    """Read a customer."""
    return get(f"/v1/customers/{quoted(customer)}", Customer)


def attach_card(
    customer: str, payment_method: str, *, idempotency_key: str | None = None
) -> Call[Card]:
    """Give a card to a customer."""
    path = f"/v1/customers/{quoted(customer)}/cards"
    return post(path, Card, {"payment_method": payment_method}, idempotency_key)


def list_cards(customer: str, *, include_disabled: bool = False) -> Call[Page[Card]]:
    """Read the cards a customer may be offered, newest first; with those out of use if asked."""
    filters = {"include": "disabled" if include_disabled else None}
    return list_of(f"/v1/customers/{quoted(customer)}/cards", Card, filters)


def get_card(card: str) -> Call[Card]:
    """Read a card."""
    return get(f"/v1/cards/{quoted(card)}", Card)


def update_card(
    card: str,
    *,
    exp_month: int | None = None,
    exp_year: int | None = None,
    billing_details: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Call[Card]:
    """Change a card's expiry date or billing details."""
    details = dict(billing_details) if billing_details is not None else None
    body = only_given(exp_month=exp_month, exp_year=exp_year, billing_details=details)
    return post(f"/v1/cards/{quoted(card)}", Card, body, idempotency_key)


def detach_card(card: str) -> Call[Card]:
    """Take a card away from its customer, for good."""
    return Call("DELETE", f"/v1/cards/{quoted(card)}", partial(one_of, Card))


def disable_card(card: str, *, reason: str, idempotency_key: str | None = None) -> Call[Card]:
    """Take a card out of use by hand (an admin key's)."""
    return post(f"/v1/cards/{quoted(card)}/disable", Card, {"reason": reason}, idempotency_key)


def enable_card(card: str, *, reason: str, idempotency_key: str | None = None) -> Call[Card]:
    """Put a card back into use by hand (an admin key's)."""
    return post(f"/v1/cards/{quoted(card)}/enable", Card, {"reason": reason}, idempotency_key)
