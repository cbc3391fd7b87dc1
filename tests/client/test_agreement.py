"""The client knows all that the API describes: every field, operation, parameter and code."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Any

import pytest

from api.app import create_app
from api.errors import STATUSES
from orchestrator.client import (
    Action,
    Anomaly,
    Card,
    Customer,
    DeclineRule,
    DeclineRuleVersion,
    Dispute,
    Event,
    Explanation,
    Machine,
    Payment,
    Refund,
    Transition,
    WebhookDelivery,
    WebhookEndpoint,
    WhatIf,
    calls,
)
from orchestrator.client.errors import CLASS_OF_CODE
from orchestrator.client.resources import (
    Actions,
    Anomalies,
    AsyncActions,
    AsyncAnomalies,
    AsyncCards,
    AsyncCustomers,
    AsyncDeclineRules,
    AsyncEvents,
    AsyncPayments,
    AsyncRefunds,
    AsyncWebhookEndpoints,
    Cards,
    Customers,
    DeclineRules,
    Events,
    Payments,
    Refunds,
    WebhookEndpoints,
)

KINDS: dict[str, type[Any]] = {
    "payment": Payment,
    "transition": Transition,
    "refund": Refund,
    "dispute": Dispute,
    "event": Event,
    "webhook_endpoint": WebhookEndpoint,
    "webhook_delivery": WebhookDelivery,
    "customer": Customer,
    "card": Card,
    "action": Action,
    "anomaly": Anomaly,
    "decline_rule": DeclineRule,
    "decline_rule_version": DeclineRuleVersion,
    "what_if": WhatIf,
    "explanation": Explanation,
    "machine": Machine,
}
# What each operation's call is; the health checks are a load balancer's.
CALLS: dict[tuple[str, str], Any] = {
    ("post", "/v1/payments"): calls.create_payment,
    ("get", "/v1/payments"): calls.list_payments,
    ("get", "/v1/payments/{payment_id}"): calls.get_payment,
    ("post", "/v1/payments/{payment_id}/confirm"): calls.confirm_payment,
    ("post", "/v1/payments/{payment_id}/cancel"): calls.cancel_payment,
    ("post", "/v1/payments/{payment_id}/capture"): calls.capture_payment,
    ("post", "/v1/payments/{payment_id}/refresh"): calls.refresh_payment,
    ("get", "/v1/payments/{payment_id}/history"): calls.read_history,
    ("get", "/v1/payments/{payment_id}/explain"): calls.explain_payment,
    ("get", "/v1/payments/{payment_id}/client_secret"): calls.read_client_secret,
    ("post", "/v1/payments/{payment_id}/refunds"): calls.create_refund,
    ("get", "/v1/payments/{payment_id}/refunds"): calls.list_refunds,
    ("get", "/v1/payments/{payment_id}/disputes"): calls.list_disputes,
    ("get", "/v1/refunds/{refund_id}"): calls.get_refund,
    ("post", "/v1/customers"): calls.create_customer,
    ("get", "/v1/customers/{customer_id}"): calls.get_customer,
    ("post", "/v1/customers/{customer_id}/cards"): calls.attach_card,
    ("get", "/v1/customers/{customer_id}/cards"): calls.list_cards,
    ("get", "/v1/cards/{card_id}"): calls.get_card,
    ("post", "/v1/cards/{card_id}"): calls.update_card,
    ("delete", "/v1/cards/{card_id}"): calls.detach_card,
    ("post", "/v1/cards/{card_id}/disable"): calls.disable_card,
    ("post", "/v1/cards/{card_id}/enable"): calls.enable_card,
    ("post", "/v1/payments/{payment_id}/resolve"): calls.resolve_payment,
    ("get", "/v1/actions"): calls.list_actions,
    ("get", "/v1/anomalies"): calls.list_anomalies,
    ("get", "/v1/anomalies/{anomaly_id}"): calls.get_anomaly,
    ("post", "/v1/anomalies/{anomaly_id}/assign"): calls.assign_anomaly,
    ("post", "/v1/anomalies/{anomaly_id}/resolve"): calls.resolve_anomaly,
    ("get", "/v1/events"): calls.list_events,
    ("get", "/v1/events/{event_id}"): calls.get_event,
    ("post", "/v1/events/{event_id}/replay"): calls.replay_event,
    ("post", "/v1/webhook-endpoints"): calls.create_webhook_endpoint,
    ("get", "/v1/webhook-endpoints"): calls.list_webhook_endpoints,
    ("get", "/v1/webhook-endpoints/{webhook_endpoint_id}"): calls.get_webhook_endpoint,
    ("delete", "/v1/webhook-endpoints/{webhook_endpoint_id}"): calls.delete_webhook_endpoint,
    ("post", "/v1/webhook-endpoints/{webhook_endpoint_id}/rotate-secret"): calls.rotate_secret,
    ("post", "/v1/webhook-endpoints/{webhook_endpoint_id}/enable"): calls.enable_webhook_endpoint,
    ("get", "/v1/webhook-endpoints/{webhook_endpoint_id}/deliveries"): calls.list_deliveries,
    ("get", "/v1/decline-rules"): calls.list_decline_rules,
    ("post", "/v1/decline-rules/what-if"): calls.try_decline_rules,
    ("get", "/v1/decline-rules/{code}"): calls.list_decline_rule_versions,
    ("put", "/v1/decline-rules/{code}"): calls.change_decline_rule,
    ("post", "/v1/decline-rules/{code}/approve"): calls.decide_decline_rule,
    ("get", "/v1/machine"): calls.get_machine,
}
LEFT_OUT = {
    ("get", "/v1/machine/diagram.svg"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
}
# Codes that only Stripe can meet, where it delivers its events.
ANSWERED_TO_STRIPE = {"webhook_signature_invalid", "event_refused"}
# Parameters of a query that the client offers under another name, or does not.
RENAMED = {
    "created[gte]": "created_gte",
    "created[lt]": "created_lt",
    "include": "include_disabled",
}
NOT_OFFERED = {"created[gt]", "created[lte]"}

DOCUMENT = create_app().openapi()


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that a reference leads to."""
    while "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        schema = DOCUMENT["components"]["schemas"][name]
    return schema


@pytest.mark.parametrize("name", KINDS)
def test_every_field_is_known(name: str) -> None:
    """A value has each field that the API shows, and no other of its own."""
    shown = set(resolved({"$ref": f"#/components/schemas/{name}"})["properties"])

    assert {each.name for each in fields(KINDS[name])} - {"answer"} == shown - {"object"}


def test_every_operation_has_a_call() -> None:
    """Nothing that the API does is missing from the client."""
    described = {(method, path) for path, item in DOCUMENT["paths"].items() for method in item}

    assert described == CALLS.keys() | LEFT_OUT


@pytest.mark.parametrize("operation", CALLS, ids=lambda operation: " ".join(operation))
def test_every_parameter_can_be_given(operation: tuple[str, str]) -> None:
    """A call takes each field of the body, each filter and, where it changes something, a key."""
    method, path = operation
    described = DOCUMENT["paths"][path][method]
    body = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    wanted = set(resolved(body.get("schema", {})).get("properties", {}))
    for parameter in map(_parameter, described.get("parameters", [])):
        if parameter["in"] == "query":
            wanted.add(RENAMED.get(parameter["name"], parameter["name"]))
        elif parameter["name"] == "Idempotency-Key":
            wanted.add("idempotency_key")
    taken = set(inspect.signature(CALLS[operation]).parameters)

    assert wanted - NOT_OFFERED <= taken
    assert taken - wanted <= {
        "payment",
        "refund",
        "customer",
        "card",
        "event",
        "webhook_endpoint",
        "anomaly",
        "code",
    }


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in parameter:
        return parameter
    found: dict[str, Any] = DOCUMENT["components"]["parameters"][
        parameter["$ref"].rsplit("/", 1)[1]
    ]
    return found


def test_every_code_has_a_class() -> None:
    """Each code that the API may answer a client with is known."""
    codes = {getattr(kind, "code", None) for kind in STATUSES} - {None}

    assert codes - CLASS_OF_CODE.keys() == ANSWERED_TO_STRIPE


@pytest.mark.parametrize(
    ("now", "later"),
    [
        (Payments, AsyncPayments),
        (Refunds, AsyncRefunds),
        (Customers, AsyncCustomers),
        (Cards, AsyncCards),
        (Actions, AsyncActions),
        (Anomalies, AsyncAnomalies),
        (Events, AsyncEvents),
        (WebhookEndpoints, AsyncWebhookEndpoints),
        (DeclineRules, AsyncDeclineRules),
    ],
)
def test_both_clients_do_the_same(now: type[Any], later: type[Any]) -> None:
    """What one client can do the other can, from the same call."""

    def operations(kind: type[Any]) -> dict[str, Any]:
        return {
            name: getattr(each, "_build", None)
            for name, each in vars(kind).items()
            if not name.startswith("_")
        }

    assert operations(now) == operations(later)
