"""What the API says of itself is whole, well-formed, and what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from api.app import create_app
from api.errors import INTERNAL_ERROR, STATUSES
from tests.api.conftest import Api

DOCUMENT: dict[str, Any] = create_app().openapi()
COMPONENTS: dict[str, Any] = DOCUMENT["components"]
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
}
Node = tuple[str, Any]


def walk(node: Any, path: str = "#") -> Iterator[Node]:
    """Yield everything in the document, with where it stands; examples are other people's data."""
    yield path, node
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in {"value", "example", "default", "const", "enum"}:
                yield from walk(value, f"{path}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from walk(value, f"{path}/{number}")


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Follow references to what they point to."""
    while "$ref" in node:
        found: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def media() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every media type of every request and answer, with where it stands."""
    for name, operation in OPERATIONS.items():
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{name} request {kind}", content
        for status, answer in operation["responses"].items():
            for kind, content in answer["content"].items():
                yield f"{name} {status} {kind}", content


def conforms(schema: dict[str, Any], value: Any) -> bool:
    """Tell whether a value is what a schema of the document says."""
    Draft202012Validator(schema | {"components": COMPONENTS}).validate(value)
    return True


# ── the rules ────────────────────────────────────────────────────────────────────────────────


def unnamed() -> list[str]:
    """List operations whose id is no lower camel case."""
    return [name for name in OPERATIONS if not re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", name)]


def unexplained_operations() -> list[str]:
    """List operations without a tag, a summary or a description."""
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    return [
        name
        for name, operation in OPERATIONS.items()
        if not (set(operation["tags"]) <= tags and operation["summary"])
        or not operation["description"].endswith(".")
    ]


def unexplained_fields() -> list[str]:
    """List properties and parameters without a description."""
    found = []
    for path, node in walk(COMPONENTS["schemas"]):
        if path.endswith("/properties") and not path.endswith("/properties/properties"):
            found += [f"{path}/{name}" for name, each in node.items() if not _explained(each)]
    parameters = [each for _, each in walk(DOCUMENT) if isinstance(each, dict) and "in" in each]
    return found + [each["name"] for each in parameters if not each.get("description")]


def _explained(schema: dict[str, Any]) -> bool:
    return bool(schema.get("description") or resolved(schema).get("description"))


def broken_references() -> list[str]:
    """List references that lead nowhere."""
    found = []
    for path, node in walk(DOCUMENT):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            try:
                resolved(node)
            except KeyError:
                found.append(f"{path}: {node['$ref']}")
    return found


def unused_components() -> list[str]:
    """List components that nothing points to."""
    used = {
        node["$ref"]
        for _, node in walk(DOCUMENT)
        if isinstance(node, dict) and isinstance(node.get("$ref"), str)
    }
    kinds = ("schemas", "parameters", "headers", "examples")
    every = {f"#/components/{kind}/{name}" for kind in kinds for name in COMPONENTS[kind]}
    return sorted(every - used)


def media_without_examples() -> list[str]:
    """List requests and answers that show nothing."""
    return [place for place, content in media() if not content.get("examples")]


def invalid_examples() -> list[str]:
    """List examples that are not what their schema says."""
    found = []
    for place, content in media():
        for name, example in content.get("examples", {}).items():
            schema = content["schema"] | {"components": COMPONENTS}
            value = resolved(example)["value"]
            errors = Draft202012Validator(schema).iter_errors(value)
            found += [f"{place} {name}: {error.message}" for error in errors]
    return found


def unbounded_texts() -> list[str]:
    """List texts of requests that may be of any length."""
    bodies = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for operation in OPERATIONS.values()
        if "requestBody" in operation
    }
    found = []
    for reference in sorted(bodies):
        for path, node in walk(resolved({"$ref": reference}), reference):
            if isinstance(node, dict) and node.get("type") == "string":
                bounded = node.keys() & {"maxLength", "enum", "format", "const"}
                found += [] if bounded else [path]
    return found


def refusals_without_codes() -> list[str]:
    """List answers that refuse and do not say with which codes."""
    found = []
    for name, operation in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            if status < "400":
                continue
            content = answer["content"]["application/problem+json"]
            codes = content["schema"]["allOf"][1]["properties"]["code"]["enum"]
            if not codes or set(codes) != set(content["examples"]):
                found.append(f"{name} {status}")
    return found


def answers_without_headers() -> list[str]:
    """List answers that do not declare the headers they carry."""
    found = []
    for name, operation in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            expected = {"Request-Id"}
            expected |= {"WWW-Authenticate"} if status == "401" else set()
            expected |= {"Idempotent-Replayed"} if _replays(operation, status) else set()
            if not expected <= set(answer["headers"]):
                found.append(f"{name} {status}")
    return found


def _replays(operation: dict[str, Any], status: str) -> bool:
    return status < "300" and "requestBody" in operation


RULES = (
    unnamed,
    unexplained_operations,
    unexplained_fields,
    broken_references,
    unused_components,
    media_without_examples,
    invalid_examples,
    unbounded_texts,
    refusals_without_codes,
    answers_without_headers,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nothing_breaks_a_rule(rule: Any) -> None:
    """No part of the document breaks a rule of ours."""
    assert rule() == []


def test_it_is_openapi() -> None:
    """The document is valid OpenAPI 3.1, as its own validator sees it."""
    assert DOCUMENT["openapi"].startswith("3.1.")
    validate(DOCUMENT, cls=OpenAPIV31SpecValidator)


def test_every_schema_is_a_schema() -> None:
    """Each schema is valid JSON Schema."""
    for schema in COMPONENTS["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_operation_ids_are_unique() -> None:
    """No two operations share a name."""
    every = sum(len(item) for item in DOCUMENT["paths"].values())

    assert len(OPERATIONS) == every


def test_all_but_health_need_a_key() -> None:
    """Each operation asks for a key, but those of a load balancer."""
    open_to_all = {name for name, each in OPERATIONS.items() if "security" not in each}

    assert open_to_all == {"getHealth", "getReadiness"}


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

    # What the machine itself refuses is decided before: no request of these can meet it.
    unmet = {(409, "illegal_transition")}
    assert described == raised - unmet | {(500, INTERNAL_ERROR)}


def test_no_route_hides() -> None:
    """Every method of every route of the application stands in the description."""
    described = {(method, path) for path, item in DOCUMENT["paths"].items() for method in item}
    served = {
        (method.lower(), route.path)
        for route in _routes(create_app().routes)
        for method in route.methods or ()
    }

    assert served == described


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
    assert set(addresses) == {"https://shop.example.com/orders/1001"}


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

    assert conforms({"$ref": "#/components/schemas/payment"}, created)
    for name, each in answers.items():
        for answer in each:
            assert conforms({"$ref": f"#/components/schemas/{name}"}, answer.json()), name


def test_required_fields_are_said_to_be() -> None:
    """What a create cannot do without is marked as required."""
    body = OPERATIONS["createPayment"]["requestBody"]

    assert body["required"] is True
    assert resolved(body["content"]["application/json"]["schema"])["required"] == [
        "amount",
        "currency",
    ]
