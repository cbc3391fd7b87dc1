"""Every operation of the API as data: what is sent, and how its answer is read. Pure.

Both clients send these; neither knows more of the API than stands here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote
from uuid import uuid4

from orchestrator.client.values import (
    Action,
    Anomaly,
    Answer,
    Card,
    ClientSecret,
    Customer,
    DeclineRule,
    DeclineRuleVersion,
    Dispute,
    Document,
    Event,
    Explanation,
    Machine,
    Page,
    Payment,
    Refund,
    Transition,
    WebhookDelivery,
    WebhookEndpoint,
    WhatIf,
    read,
    read_page,
)

Value = TypeVar("Value")
CaptureMethod = Literal["automatic", "manual"]
CancelReason = Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"]
RefundReason = Literal["duplicate", "fraudulent", "requested_by_customer"]
AnomalyState = Literal["open", "assigned", "resolved"]
Resolution = Literal["refresh", "cancel"]
Decision = Literal["approved", "rejected"]
Usage = Literal["on_session", "off_session"]


@dataclass(frozen=True, slots=True)
class Call(Generic[Value]):
    """One request. Its key is chosen here, before it is first sent, so that every try has it."""

    method: str
    path: str
    read: Callable[[Document, Answer], Value]
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    idempotency_key: str | None = None


# ── payments ─────────────────────────────────────────────────────────────────────────────────


def create_payment(
    *,
    amount: int,
    currency: str,
    customer: str | None = None,
    item_ids: Iterable[str] | None = None,
    transaction_id: str | None = None,
    description: str | None = None,
    metadata: Mapping[str, str] | None = None,
    max_attempts: int | None = None,
    setup_future_usage: Usage | None = None,
    capture_method: CaptureMethod | None = None,
    idempotency_key: str | None = None,
) -> Call[Payment]:
    """Create a payment of ``amount`` minor units. Give each order a key of its own."""
    body = _given(
        amount=amount,
        currency=currency,
        customer=customer,
        item_ids=list(item_ids) if item_ids is not None else None,
        transaction_id=transaction_id,
        description=description,
        metadata=dict(metadata) if metadata is not None else None,
        max_attempts=max_attempts,
        setup_future_usage=setup_future_usage,
        capture_method=capture_method,
    )
    return _post("/v1/payments", Payment, body, idempotency_key)


def confirm_payment(
    payment: str,
    *,
    payment_method: str,
    return_url: str | None = None,
    off_session: bool | None = None,
    idempotency_key: str | None = None,
) -> Call[Payment]:
    """Try a card. Give each try a key of its own; look at ``outcome_unknown`` afterwards."""
    body = _given(payment_method=payment_method, return_url=return_url, off_session=off_session)
    return _post(f"/v1/payments/{_id(payment)}/confirm", Payment, body, idempotency_key)


def cancel_payment(
    payment: str, *, reason: CancelReason | None = None, idempotency_key: str | None = None
) -> Call[Payment]:
    """End a payment without success; it may have succeeded meanwhile."""
    body = _given(reason=reason)
    return _post(f"/v1/payments/{_id(payment)}/cancel", Payment, body, idempotency_key)


def capture_payment(
    payment: str, *, amount_to_capture: int | None = None, idempotency_key: str | None = None
) -> Call[Payment]:
    """Take the money that is held for a payment, or a part of it; the rest is let go."""
    body = _given(amount_to_capture=amount_to_capture)
    return _post(f"/v1/payments/{_id(payment)}/capture", Payment, body, idempotency_key)


def refresh_payment(payment: str, *, idempotency_key: str | None = None) -> Call[Payment]:
    """Ask Stripe how a payment stands."""
    return _post(f"/v1/payments/{_id(payment)}/refresh", Payment, {}, idempotency_key)


def resolve_payment(
    payment: str, *, resolution: Resolution, reason: str, idempotency_key: str | None = None
) -> Call[Payment]:
    """Ask Stripe about a payment, or end it, by hand and on record (an admin key's)."""
    body = {"resolution": resolution, "reason": reason}
    return _post(f"/v1/payments/{_id(payment)}/resolve", Payment, body, idempotency_key)


def get_payment(payment: str) -> Call[Payment]:
    """Read a payment."""
    return _get(f"/v1/payments/{_id(payment)}", Payment)


def list_payments(
    *,
    state: str | None = None,
    customer: str | None = None,
    transaction_id: str | None = None,
    created_gte: datetime | None = None,
    created_lt: datetime | None = None,
    limit: int | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Call[Page[Payment]]:
    """Read one page of payments, newest first."""
    filters = {
        "state": state,
        "customer": customer,
        "transaction_id": transaction_id,
        "created[gte]": created_gte,
        "created[lt]": created_lt,
        "limit": limit,
        "starting_after": starting_after,
        "ending_before": ending_before,
    }
    return _list("/v1/payments", Payment, filters)


def read_history(payment: str) -> Call[Page[Transition]]:
    """Read all transitions of a payment, oldest first."""
    return _list(f"/v1/payments/{_id(payment)}/history", Transition, {})


def explain_payment(payment: str) -> Call[Explanation]:
    """Ask why a payment is where it is, and what comes next."""
    return _get(f"/v1/payments/{_id(payment)}/explain", Explanation)


def read_client_secret(payment: str) -> Call[ClientSecret]:
    """Read the client secret again, for a page that was reloaded."""
    return _get(f"/v1/payments/{_id(payment)}/client_secret", ClientSecret)


# ── refunds ──────────────────────────────────────────────────────────────────────────────────


def create_refund(
    payment: str,
    *,
    amount: int | None = None,
    reason: RefundReason | None = None,
    metadata: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Call[Refund]:
    """Give ``amount`` minor units back, or all that is left. Give each refund a key of its own."""
    given = dict(metadata) if metadata is not None else None
    body = _given(amount=amount, reason=reason, metadata=given)
    return _post(f"/v1/payments/{_id(payment)}/refunds", Refund, body, idempotency_key)


def list_refunds(payment: str) -> Call[Page[Refund]]:
    """Read all refunds of a payment, newest first."""
    return _list(f"/v1/payments/{_id(payment)}/refunds", Refund, {})


def get_refund(refund: str) -> Call[Refund]:
    """Read a refund."""
    return _get(f"/v1/refunds/{_id(refund)}", Refund)


def list_disputes(payment: str) -> Call[Page[Dispute]]:
    """Read all disputes of a payment, newest first."""
    return _list(f"/v1/payments/{_id(payment)}/disputes", Dispute, {})


# ── customers and cards ──────────────────────────────────────────────────────────────────────


def create_customer(
    *,
    email: str | None = None,
    name: str | None = None,
    metadata: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Call[Customer]:
    """Create a customer at Stripe."""
    given = dict(metadata) if metadata is not None else None
    body = _given(email=email, name=name, metadata=given)
    return _post("/v1/customers", Customer, body, idempotency_key)


def get_customer(customer: str) -> Call[Customer]:
    """Read a customer."""
    return _get(f"/v1/customers/{_id(customer)}", Customer)


def attach_card(
    customer: str, payment_method: str, *, idempotency_key: str | None = None
) -> Call[Card]:
    """Give a card to a customer."""
    path = f"/v1/customers/{_id(customer)}/cards"
    return _post(path, Card, {"payment_method": payment_method}, idempotency_key)


def list_cards(customer: str, *, include_disabled: bool = False) -> Call[Page[Card]]:
    """Read the cards a customer may be offered, newest first; with those out of use if asked."""
    filters = {"include": "disabled" if include_disabled else None}
    return _list(f"/v1/customers/{_id(customer)}/cards", Card, filters)


def get_card(card: str) -> Call[Card]:
    """Read a card."""
    return _get(f"/v1/cards/{_id(card)}", Card)


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
    body = _given(exp_month=exp_month, exp_year=exp_year, billing_details=details)
    return _post(f"/v1/cards/{_id(card)}", Card, body, idempotency_key)


def detach_card(card: str) -> Call[Card]:
    """Take a card away from its customer, for good."""
    return Call("DELETE", f"/v1/cards/{_id(card)}", partial(_one, Card))


def disable_card(card: str, *, reason: str, idempotency_key: str | None = None) -> Call[Card]:
    """Take a card out of use by hand (an admin key's)."""
    return _post(f"/v1/cards/{_id(card)}/disable", Card, {"reason": reason}, idempotency_key)


def enable_card(card: str, *, reason: str, idempotency_key: str | None = None) -> Call[Card]:
    """Put a card back into use by hand (an admin key's)."""
    return _post(f"/v1/cards/{_id(card)}/enable", Card, {"reason": reason}, idempotency_key)


# ── oversight ────────────────────────────────────────────────────────────────────────────────


def list_actions(
    *,
    action: str | None = None,
    actor: str | None = None,
    subject: str | None = None,
    limit: int | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Call[Page[Action]]:
    """Read one page of what people did, newest first (an audit key's)."""
    filters = {
        "action": action,
        "actor": actor,
        "subject": subject,
        "limit": limit,
        "starting_after": starting_after,
        "ending_before": ending_before,
    }
    return _list("/v1/actions", Action, filters)


def list_anomalies(
    *,
    state: AnomalyState | None = None,
    kind: str | None = None,
    payment: str | None = None,
    limit: int | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Call[Page[Anomaly]]:
    """Read one page of what nobody expected, newest first (an audit key's)."""
    filters = {
        "state": state,
        "kind": kind,
        "payment": payment,
        "limit": limit,
        "starting_after": starting_after,
        "ending_before": ending_before,
    }
    return _list("/v1/anomalies", Anomaly, filters)


def get_anomaly(anomaly: str) -> Call[Anomaly]:
    """Read an anomaly (an audit key's)."""
    return _get(f"/v1/anomalies/{_id(anomaly)}", Anomaly)


def assign_anomaly(
    anomaly: str,
    *,
    owner: str,
    instead_of: str | None = None,
    idempotency_key: str | None = None,
) -> Call[Anomaly]:
    """Give an anomaly to somebody; ``instead_of`` takes it from whose it is (an admin key's)."""
    body = _given(owner=owner, instead_of=instead_of)
    return _post(f"/v1/anomalies/{_id(anomaly)}/assign", Anomaly, body, idempotency_key)


def resolve_anomaly(
    anomaly: str, *, resolution: str, reason: str, idempotency_key: str | None = None
) -> Call[Anomaly]:
    """Say how an anomaly ended and why, for good (an admin key's)."""
    body = {"resolution": resolution, "reason": reason}
    return _post(f"/v1/anomalies/{_id(anomaly)}/resolve", Anomaly, body, idempotency_key)


# ── events ───────────────────────────────────────────────────────────────────────────────────


def list_events(
    *,
    type: str | None = None,
    payment: str | None = None,
    limit: int | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Call[Page[Event]]:
    """Read one page of the feed, oldest first."""
    filters = {
        "type": type,
        "payment": payment,
        "limit": limit,
        "starting_after": starting_after,
        "ending_before": ending_before,
    }
    return _list("/v1/events", Event, filters)


def get_event(event: str) -> Call[Event]:
    """Read an event, and its payment as it is now."""
    return _get(f"/v1/events/{_id(event)}", Event)


def replay_event(
    event: str, *, webhook_endpoint: str | None = None, idempotency_key: str | None = None
) -> Call[Page[WebhookDelivery]]:
    """Send an event once more, to one endpoint or to all it was for (an admin key's)."""
    key = str(uuid4()) if idempotency_key is None else _key(idempotency_key)
    return Call(
        "POST",
        f"/v1/events/{_id(event)}/replay",
        lambda document, _: read_page(WebhookDelivery, document),
        _given(webhook_endpoint=webhook_endpoint),
        idempotency_key=key,
    )


def create_webhook_endpoint(
    url: str,
    *,
    description: str | None = None,
    event_types: Iterable[str] | None = None,
    owner: str | None = None,
    idempotency_key: str | None = None,
) -> Call[WebhookEndpoint]:
    """Register an address that events are sent to; its ``secret`` is told now (an admin key's)."""
    types = list(event_types) if event_types is not None else None
    body = _given(url=url, description=description, event_types=types, owner=owner)
    return _post("/v1/webhook-endpoints", WebhookEndpoint, body, idempotency_key)


def list_webhook_endpoints(
    *,
    limit: int | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Call[Page[WebhookEndpoint]]:
    """Read one page of endpoints, newest first."""
    filters = {"limit": limit, "starting_after": starting_after, "ending_before": ending_before}
    return _list("/v1/webhook-endpoints", WebhookEndpoint, filters)


def get_webhook_endpoint(webhook_endpoint: str) -> Call[WebhookEndpoint]:
    """Read an endpoint."""
    return _get(f"/v1/webhook-endpoints/{_id(webhook_endpoint)}", WebhookEndpoint)


def delete_webhook_endpoint(webhook_endpoint: str) -> Call[WebhookEndpoint]:
    """Delete an endpoint; one that is not found has been deleted already."""
    path = f"/v1/webhook-endpoints/{_id(webhook_endpoint)}"
    return Call("DELETE", path, partial(_one, WebhookEndpoint))


def rotate_secret(
    webhook_endpoint: str,
    *,
    overlap_seconds: int | None = None,
    idempotency_key: str | None = None,
) -> Call[WebhookEndpoint]:
    """Give an endpoint a new ``secret``, told now; the one before signs a while longer."""
    path = f"/v1/webhook-endpoints/{_id(webhook_endpoint)}/rotate-secret"
    body = _given(overlap_seconds=overlap_seconds)
    return _post(path, WebhookEndpoint, body, idempotency_key)


def enable_webhook_endpoint(
    webhook_endpoint: str, *, idempotency_key: str | None = None
) -> Call[WebhookEndpoint]:
    """Send a disabled endpoint events again."""
    path = f"/v1/webhook-endpoints/{_id(webhook_endpoint)}/enable"
    return _post(path, WebhookEndpoint, {}, idempotency_key)


def list_deliveries(
    webhook_endpoint: str,
    *,
    limit: int | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Call[Page[WebhookDelivery]]:
    """Read one page of what was sent to an endpoint, newest first."""
    filters = {"limit": limit, "starting_after": starting_after, "ending_before": ending_before}
    path = f"/v1/webhook-endpoints/{_id(webhook_endpoint)}/deliveries"
    return _list(path, WebhookDelivery, filters)


def list_decline_rules() -> Call[Page[DeclineRule]]:
    """Read the decline rules in force (an audit key's)."""
    return _list("/v1/decline-rules", DeclineRule, {})


def list_decline_rule_versions(code: str) -> Call[Page[DeclineRuleVersion]]:
    """Read the stored versions of a rule, newest first (an audit key's)."""
    return _list(f"/v1/decline-rules/{_id(code)}", DeclineRuleVersion, {})


def change_decline_rule(
    code: str,
    *,
    handler: str,
    reason: str,
    message: str | None = None,
    meaning: str | None = None,
    alert: bool | None = None,
    retry_after_seconds: int | None = None,
    auto_retry: Iterable[int] | None = None,
) -> Call[DeclineRuleVersion]:
    """Change a rule: a new version, on record (an admin key's)."""
    body = _given(
        handler=handler,
        reason=reason,
        message=message,
        meaning=meaning,
        alert=alert,
        retry_after_seconds=retry_after_seconds,
        auto_retry=list(auto_retry) if auto_retry is not None else None,
    )
    path = f"/v1/decline-rules/{_id(code)}"
    return Call("PUT", path, partial(_one, DeclineRuleVersion), body)


def decide_decline_rule(
    code: str,
    *,
    version: int,
    decision: Decision | None = None,
    reason: str | None = None,
    idempotency_key: str | None = None,
) -> Call[DeclineRuleVersion]:
    """Approve or reject a proposed version (an admin key's, of another name than the author's)."""
    body = _given(version=version, decision=decision, reason=reason)
    path = f"/v1/decline-rules/{_id(code)}/approve"
    return _post(path, DeclineRuleVersion, body, idempotency_key)


def try_decline_rules(
    *,
    error: Mapping[str, Any],
    charge: Mapping[str, Any] | None = None,
    http_status: int | None = None,
) -> Call[WhatIf]:
    """Ask what the rules in force would do with an error of Stripe's (an audit key's)."""
    given = dict(charge) if charge is not None else None
    body = _given(error=dict(error), charge=given, http_status=http_status)
    return Call("POST", "/v1/decline-rules/what-if", partial(_one, WhatIf), body)


# ── the service itself ───────────────────────────────────────────────────────────────────────


def get_machine() -> Call[Machine]:
    """Read the state machine."""
    return _get("/v1/machine", Machine)


# ── what they are made of ────────────────────────────────────────────────────────────────────


def _post(
    path: str, kind: type[Value], body: Mapping[str, Any], idempotency_key: str | None
) -> Call[Value]:
    key = str(uuid4()) if idempotency_key is None else _key(idempotency_key)
    return Call("POST", path, partial(_one, kind), body, idempotency_key=key)


def _get(path: str, kind: type[Value]) -> Call[Value]:
    return Call("GET", path, partial(_one, kind))


def _list(path: str, kind: type[Value], filters: Mapping[str, Any]) -> Call[Page[Value]]:
    query = {name: _text(value) for name, value in filters.items() if value is not None}
    return Call("GET", path, lambda document, _: read_page(kind, document), query=query)


def _one(kind: type[Value], document: Document, answer: Answer) -> Value:
    has_answer = "answer" in kind.__dataclass_fields__  # type: ignore[attr-defined]  # all are
    return read(kind, document, answer=answer) if has_answer else read(kind, document)


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("Give a moment with its time zone.")
        return value.isoformat()
    return str(value)


def _key(key: str) -> str:
    """Return a caller's key; one made up in its place would carry out a repeat a second time.

    Raises:
        ValueError: it is empty, or no text that a header carries unchanged.
    """
    if not key or not key.isascii() or not key.isprintable() or key != key.strip():
        raise ValueError("The idempotency_key is empty, or has what no such key has.")
    return key


def _id(id: str) -> str:
    """Return an id as a part of a path; some would ask for something else.

    Raises:
        ValueError: there is none, or it is one of the two that lead to another address.
    """
    if not id:
        raise ValueError("The id is empty.")
    # A path's "." and ".." are taken away before it is sent (RFC 3986, 5.2.4), quoted or not.
    if id in {".", ".."}:
        raise ValueError(f'"{id}" is no id; it would lead to another address.')
    return quote(id, safe="")
