"""The description's limits are the real ones: what its schemas let through is what is taken."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.app import create_app
from tests.api.bad_input.bounds import FIELDS, Bounds, put
from tests.api.bad_input.head_bounds import IDEMPOTENCY_KEY, PATHS, QUERIES
from tests.api.bad_input.routes import POSTS, ROUTES, about

DOCUMENT = create_app().openapi()


def operation(name: str) -> dict[str, Any]:
    """Return what the description says of a route, found by its path."""
    route = ROUTES[name]
    described: dict[str, Any] = DOCUMENT["paths"][route.described]
    found: dict[str, Any] = described[route.method.lower()]
    return found


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Tell whether a value is what a schema of the description says."""
    whole = schema | {"components": DOCUMENT["components"]}
    checker = Draft202012Validator.FORMAT_CHECKER
    return bool(Draft202012Validator(whole, format_checker=checker).is_valid(value))


def parameter(name: str, called: str) -> dict[str, Any]:
    """Return the schema of a parameter of a route."""
    given = [each for each in operation(name)["parameters"] if "$ref" not in each]
    shared = [each["$ref"] for each in operation(name)["parameters"] if "$ref" in each]
    given += [DOCUMENT["components"]["parameters"][each.rpartition("/")[2]] for each in shared]
    schema: dict[str, Any] = next(each for each in given if each["name"] == called)["schema"]
    return schema


@pytest.mark.parametrize("name", POSTS)
def test_bodies_are_described(name: str) -> None:
    """The schema of a body lets through what is just taken and nothing that is just not."""
    schema = operation(name)["requestBody"]["content"]["application/json"]["schema"]
    said = {}
    for field, bounds in FIELDS[name].items():
        within = [(value, True) for value in (*bounds.taken, *bounds.unknown)]
        for value, expected in (*within, *((value, False) for value in bounds.refused)):
            said[field, repr(value)] = (fits(schema, put(name, field, value)), expected)

    assert {case: fit for case, (fit, expected) in said.items() if fit is not expected} == {}


def read_as(schema: dict[str, Any], text: str) -> Any:
    """Read a parameter as its schema has it: a number where it is one."""
    if schema.get("type") == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    return text


PLACES: list[tuple[str, str, Bounds]] = [
    *[(name, each, bounds) for name in QUERIES for each, bounds in QUERIES[name].items()],
    *[(name, "Idempotency-Key", IDEMPOTENCY_KEY) for name in POSTS],
    *[(name, f"{kind}_id", bounds) for kind, bounds in PATHS.items() for name in about(kind)],
]


@pytest.mark.parametrize(
    ("name", "called", "bounds"), PLACES, ids=[f"{name}-{called}" for name, called, _ in PLACES]
)
def test_parameters_are_described(name: str, called: str, bounds: Bounds) -> None:
    """The schema of a parameter lets through what is just taken and nothing that is just not."""
    schema = parameter(name, called)
    taken = {value: fits(schema, read_as(schema, value)) for value in bounds.taken}
    refused = {value: fits(schema, read_as(schema, value)) for value in bounds.refused}

    assert taken == dict.fromkeys(bounds.taken, True)
    assert refused == dict.fromkeys(bounds.refused, False)
