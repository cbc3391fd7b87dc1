"""What the API says of itself is what it does."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator

from api.app import create_app
from tests.api.conftest import Api

CREATE = {"amount": 1000, "currency": "usd"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return what the API says of itself."""
    return create_app().openapi()


def conforms(document: dict[str, Any], name: str, value: Any) -> bool:
    """Tell whether a value is what a schema of the document says."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    Draft202012Validator(schema).validate(value)
    return True


def test_every_schema_is_a_schema(document: dict[str, Any]) -> None:
    """Each schema is valid JSON Schema, those of the request bodies too."""
    bodies = [
        operation["requestBody"]["content"]["application/json"]["schema"]
        for path in document["paths"].values()
        for operation in path.values()
        if "requestBody" in operation
    ]

    assert bodies
    for schema in [*bodies, *document["components"]["schemas"].values()]:
        Draft202012Validator.check_schema(schema)


def test_every_route_is_described(document: dict[str, Any]) -> None:
    """Each route tells its answers, and all but the health checks ask for a key."""
    operations = {
        (method, path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }

    assert all(operation["responses"] for operation in operations.values())
    assert {path for (_, path), operation in operations.items() if "security" not in operation} == {
        "/healthz",
        "/readyz",
    }


def test_no_route_hides(document: dict[str, Any]) -> None:
    """Every method of every route of the application stands in the description."""
    described = {(method, path) for path, item in document["paths"].items() for method in item}
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

    assert answer.status_code == 200
    assert "http://" not in answer.text
    assert "https://" not in answer.text


async def test_answers_conform(sqlite_api: Api, document: dict[str, Any]) -> None:
    """Payments, history, explanation, secret, machine and errors are what the description says."""
    created = await sqlite_api.create(item_ids=["a"], metadata={"a": "b"})
    declined = await sqlite_api.confirm(created, "pm_card_visa_chargeDeclinedLostCard")
    history = await sqlite_api.get(f"/v1/payments/{created['id']}/history")
    machine = await sqlite_api.get("/v1/machine")
    paid = await sqlite_api.confirm(created)
    refused = await sqlite_api.confirm(created)
    unknown = await sqlite_api.get("/nowhere")
    listed = await sqlite_api.get("/v1/payments")
    explained = await sqlite_api.get(f"/v1/payments/{created['id']}/explain")
    secret = await sqlite_api.get(f"/v1/payments/{created['id']}/client_secret")

    assert conforms(document, "payment", created)
    assert conforms(document, "payment", declined.json())
    assert conforms(document, "payment", paid.json())
    assert conforms(document, "history", history.json())
    assert conforms(document, "payments", listed.json())
    assert conforms(document, "explanation", explained.json())
    assert conforms(document, "client_secret", secret.json())
    assert conforms(document, "machine", machine.json())
    assert conforms(document, "error", refused.json())
    assert conforms(document, "error", unknown.json())


@pytest.mark.parametrize("field", ["amount", "currency"])
def test_required_fields_are_said_to_be(document: dict[str, Any], field: str) -> None:
    """What a create cannot do without is marked as required."""
    body = document["paths"]["/v1/payments"]["post"]["requestBody"]

    assert body["required"] is True
    assert field in body["content"]["application/json"]["schema"]["required"]
