"""What the API says of itself is whole, well-formed, and what it does."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from api.app import create_app
from api.errors import INTERNAL_ERROR, STATUSES
from orchestrator.outgoing.signing import new_secret, signed_headers
from tests.api import openapi_rules as rules
from tests.api.conftest import Api
from tests.api.openapi_rules import RULES, Document, Json

WHOLE: Json = create_app().openapi()
DOCUMENT = Document(WHOLE)
OPERATIONS = DOCUMENT.operations


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nothing_breaks_a_rule(rule: Callable[[Document], list[str]]) -> None:
    """No part of the document breaks a rule of ours."""
    assert rule(DOCUMENT) == []


def test_what_is_sent_is_described() -> None:
    """An event on its way to an endpoint stands in the document, with the headers that sign it."""
    sent = WHOLE["webhooks"]["event"]["post"]
    signed = signed_headers("evt_1_1", datetime.now(UTC), "{}", [new_secret(), new_secret()])

    assert {each["name"] for each in sent["parameters"]} == set(signed)
    for each in sent["parameters"]:
        assert Draft202012Validator(each["schema"]).is_valid(signed[each["name"]])
        assert Draft202012Validator(each["schema"]).is_valid(each["example"])


# What breaks each rule: where something is put (None takes it away), and how the rule tells of it.
CREATE = ("paths", "/v1/payments", "post")
CREATED = (*CREATE, "responses", "201")
SCHEMAS = ("components", "schemas")
CITY = (*SCHEMAS, "address", "properties", "city")
BREAKS: tuple[tuple[Callable[[Document], list[str]], tuple[str, ...], Any, str], ...] = (
    (rules.unnamed, (*CREATE, "operationId"), "create_payment", "create_payment"),
    (rules.unnamed, (*CREATE, "operationId"), "listPayments", "listPayments"),
    (rules.unexplained_operations, (*CREATE, "tags"), [], "createPayment"),
    (rules.unexplained_operations, (*CREATE, "tags"), ["money"], "createPayment"),
    (rules.unexplained_operations, (*CREATE, "summary"), "", "createPayment"),
    (rules.unexplained_operations, (*CREATE, "description"), "", "createPayment"),
    (rules.unexplained_fields, (*CITY, "description"), None, "#/address/properties/city"),
    (
        rules.unexplained_parts,
        ("components", "parameters", "card_id", "description"),
        None,
        "getCard card_id",
    ),
    (
        rules.unexplained_parts,
        ("components", "headers", "Retry-After", "description"),
        None,
        "headers Retry-After",
    ),
    (
        rules.unexplained_parts,
        (*CREATE, "requestBody", "description"),
        None,
        "createPayment request",
    ),
    (
        rules.broken_references,
        (*SCHEMAS, "card", "properties", "brand", "$ref"),
        "#/components/schemas/brand",
        "#/components/schemas/card/properties/brand: #/components/schemas/brand",
    ),
    (rules.unused_components, (*SCHEMAS, "coin"), {}, "#/components/schemas/coin"),
    (
        rules.misleading_links,
        ("components", "links", "getCard", "operationId"),
        "readCard",
        "getCard",
    ),
    (
        rules.misleading_links,
        ("components", "links", "getCard", "parameters"),
        {"id": "$response.body#/id"},
        "getCard",
    ),
    (
        rules.media_without_examples,
        (*CREATED, "content", "application/json", "examples"),
        {},
        "createPayment 201 application/json",
    ),
    (
        rules.invalid_examples,
        ("components", "examples", "card_usable", "value", "last4"),
        4242,
        "getCard 200 application/json usable: 4242 is not of type 'string', 'null'",
    ),
    (
        rules.invalid_examples,
        ("components", "parameters", "card_id", "example"),
        "4242",
        "getCard card_id: '4242' does not match '^pm_[A-Za-z0-9_]{1,250}$'",
    ),
    (
        rules.unbounded_texts,
        (*CITY, "anyOf", "0", "maxLength"),
        None,
        "updateCard request/properties/billing_details/anyOf/0/properties/address/anyOf/0"
        "/properties/city/anyOf/0",
    ),
    (
        rules.unbounded_texts,
        ("components", "parameters", "card_id", "schema", "pattern"),
        "^pm_.+$",
        "getCard card_id",
    ),
    (
        rules.refusals_without_codes,
        (*CREATE, "responses", "409", "content", "application/problem+json", "examples"),
        {},
        "createPayment 409",
    ),
    (
        rules.refusals_without_codes,
        (
            *(*CREATE, "responses", "409", "content", "application/problem+json"),
            *("schema", "allOf", "1", "properties", "status", "const"),
        ),
        422,
        "createPayment 409",
    ),
    *(
        (rules.wrong_headers, (*place, "headers", header), None, told)
        for place, header, told in (
            (CREATED, "Request-Id", "createPayment 201"),
            (CREATED, "Idempotent-Replayed", "createPayment 201"),
            ((*CREATE, "responses", "401"), "WWW-Authenticate", "createPayment 401"),
            ((*CREATE, "responses", "503"), "Retry-After", "createPayment 503"),
            (
                ("paths", "/v1/payments/{payment_id}/client_secret", "get", "responses", "200"),
                "Cache-Control",
                "getClientSecret 200",
            ),
        )
    ),
)


def broken(place: tuple[str, ...], value: Any) -> Document:
    """Return the document with something else at a place, or without it."""
    whole = copy.deepcopy(WHOLE)
    node: Any = whole
    for key in place[:-1]:
        node = node[int(key)] if isinstance(node, list) else node[key]
    if value is None:
        del node[place[-1]]
    else:
        node[place[-1]] = value
    return Document(whole)


@pytest.mark.parametrize(
    ("rule", "place", "value", "told"),
    BREAKS,
    ids=[f"{rule.__name__}-{place[-1]}" for rule, place, _, _ in BREAKS],
)
def test_a_rule_sees_what_breaks_it(
    rule: Callable[[Document], list[str]], place: tuple[str, ...], value: Any, told: str
) -> None:
    """Each rule tells where the document would break it."""
    assert told in rule(broken(place, value))


def test_every_rule_is_broken_once() -> None:
    """The table of breaks has every rule."""
    assert {rule for rule, *_ in BREAKS} == set(RULES)


def test_it_is_openapi() -> None:
    """The document is valid OpenAPI 3.1, as its own validator sees it."""
    assert WHOLE["openapi"].startswith("3.1.")
    validate(WHOLE, cls=OpenAPIV31SpecValidator)


def test_every_schema_is_a_schema() -> None:
    """Each schema is valid JSON Schema."""
    for schema in DOCUMENT.components["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_all_but_health_need_a_key() -> None:
    """Each operation asks for a key, but those of a load balancer."""
    open_to_all = {name for name, each in OPERATIONS.items() if "security" not in each}

    assert open_to_all == {"getHealth", "getReadiness", "getMetrics"}


# Stripe is the only caller of this one, and what it sends is described by Stripe.
STRIPES_OWN = ("post", "/v1/webhooks/stripe")
TOLD_TO_STRIPE = {(400, "webhook_signature_invalid"), (400, "event_refused")}


def test_every_refusal_is_described_somewhere() -> None:
    """Each code that an error of ours has stands under its status, and no other does."""
    described = {
        (int(status), code)
        for operation in OPERATIONS.values()
        for status, answer in operation["responses"].items()
        if status >= "400"
        for code in answer["content"]["application/problem+json"]["examples"]
    }
    raised = {(status, kind.code) for kind, status in STATUSES.items() if hasattr(kind, "code")}

    assert described == raised - TOLD_TO_STRIPE | {(500, INTERNAL_ERROR)}


def test_no_route_hides() -> None:
    """Every method of every route of the application stands in the description."""
    described = {(method, path) for path, item in WHOLE["paths"].items() for method in item}
    served = {
        (method.lower(), route.path_format)
        for route in _routes(create_app().routes)
        for method in route.methods or ()
    }

    assert served - described == {STRIPES_OWN}
    assert described <= served


def _routes(routes: Any) -> list[APIRoute]:
    found: list[APIRoute] = []
    for route in routes:
        if isinstance(route, APIRoute):
            found.append(route)
        found += _routes(getattr(getattr(route, "original_router", None), "routes", ()))
    return found


async def test_it_is_served_without_a_key(sqlite_api: Api) -> None:
    """The description is public and leads to nobody else's server."""
    answer = await sqlite_api.client.get("/openapi.json")
    addresses = re.findall(r"https?://[^\"\s]+", answer.text)

    assert answer.status_code == 200
    assert set(addresses) == {
        "https://shop.example.com/orders/1001",
        "https://shop.example.com/webhooks/payments",
    }


async def test_it_is_drawn_once(sqlite_api: Api) -> None:
    """The description is made for the first who asks, in 70 ms; the next get the same one."""
    first = await sqlite_api.client.get("/openapi.json")
    drawn = sqlite_api.app.openapi()
    second = await sqlite_api.client.get("/openapi.json")

    assert sqlite_api.app.openapi() is drawn
    assert first.content == second.content


async def test_answers_conform(sqlite_api: Api) -> None:
    """What the API answers is what the description says, object by object."""
    _, admin = await sqlite_api.key("shop", "admin")
    created = await sqlite_api.create(item_ids=["a"], metadata={"a": "b"})
    declined = await sqlite_api.confirm(created, "pm_card_visa_chargeDeclinedLostCard")
    paid = await sqlite_api.confirm(created)
    refused = await sqlite_api.confirm(created)
    customer = await sqlite_api.post("/v1/customers", {"name": "Ada"})
    path = f"/v1/customers/{customer.json()['id']}"
    card = await sqlite_api.post(f"{path}/cards", {"payment_method": "pm_card_visa"})
    by_hand = f"/v1/cards/{card.json()['id']}/disable"
    answers = {
        "payment": [declined, paid, await sqlite_api.get(f"/v1/payments/{created['id']}")],
        "payments": [await sqlite_api.get("/v1/payments")],
        "history": [await sqlite_api.get(f"/v1/payments/{created['id']}/history")],
        "explanation": [await sqlite_api.get(f"/v1/payments/{created['id']}/explain")],
        "client_secret": [await sqlite_api.get(f"/v1/payments/{created['id']}/client_secret")],
        "machine": [await sqlite_api.get("/v1/machine")],
        "customer": [customer, await sqlite_api.get(path)],
        "card": [card, await sqlite_api.post(by_hand, {"reason": "x"}, secret=admin)],
        "cards": [await sqlite_api.get(f"{path}/cards?include=disabled")],
        "error": [refused, await sqlite_api.get("/nowhere")],
    }

    assert DOCUMENT.errors({"$ref": "#/components/schemas/payment"}, created) == []
    for name, each in answers.items():
        for answer in each:
            schema = {"$ref": f"#/components/schemas/{name}"}
            assert DOCUMENT.errors(schema, answer.json()) == [], name


def test_required_fields_are_said_to_be() -> None:
    """What a create cannot do without is marked as required."""
    body = OPERATIONS["createPayment"]["requestBody"]

    assert body["required"] is True
    assert DOCUMENT.resolved(body["content"]["application/json"]["schema"])["required"] == [
        "amount",
        "currency",
    ]
