"""Stripe's own OpenAPI description, where a copy is at hand, made to be compared with.

The description is Stripe's and too large to keep here. A copy of https://github.com/stripe/openapi
(``spec3.json``) is looked for where ``STRIPE_OPENAPI`` says, or beside the project.
"""

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

BESIDE = Path(__file__).parents[3] / "shared" / "stripe" / "openapi.min.json"
DESCRIPTION = Path(os.environ.get("STRIPE_OPENAPI", BESIDE))
needs_description = pytest.mark.skipif(
    not DESCRIPTION.exists(), reason="STRIPE_OPENAPI names no copy of Stripe's OpenAPI description"
)
# What a parameter of a request may hold: keys of a hash, or one thing in a list.
Keys = dict[str, Any]


@cache
def described() -> dict[str, Any]:
    """Read the description as it stands."""
    read: dict[str, Any] = json.loads(DESCRIPTION.read_text())
    return read


@cache
def components() -> dict[str, Any]:
    """Read its components as JSON Schema that takes no field Stripe does not describe."""
    turned: dict[str, Any] = _as_json_schema(described()["components"])
    return turned


def _as_json_schema(node: Any) -> Any:
    """Turn OpenAPI 3.0's ``nullable`` into JSON Schema, and close objects whose fields are told."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    turned = {key: _as_json_schema(value) for key, value in node.items() if key != "nullable"}
    if node.get("type") == "object" and isinstance(node.get("properties"), dict):
        turned.setdefault("additionalProperties", False)
    if node.get("nullable") is True:
        return {"anyOf": [turned, {"type": "null"}]}
    return turned


def faults_of(schema: str | Mapping[str, Any], drawn: Any) -> list[str]:
    """List where ``drawn`` departs from Stripe's schema of that name, or from the one given."""
    if isinstance(schema, str):
        schema = {"$ref": f"#/components/schemas/{schema}"}
    root = {**schema, "components": components()}
    return [
        f"{error.json_path}: {error.message[:300]}"
        for error in Draft202012Validator(root).iter_errors(drawn)
    ]


def answer_schema(method: str, path: str) -> dict[str, Any]:
    """Return the schema of a call's good answer."""
    answer = described_call(method, path)["responses"]["200"]
    turned: dict[str, Any] = _as_json_schema(answer["content"]["application/json"]["schema"])
    return turned


def described_call(method: str, path: str) -> dict[str, Any]:
    """Find a call by the stand-in's path for it; one that Stripe has not fails the test."""
    for template, calls in described()["paths"].items():
        if re.sub(r"\{\w+\}", "{id}", template) == path and method.lower() in calls:
            found: dict[str, Any] = calls[method.lower()]
            return found
    pytest.fail(f"Stripe's description has no {method} {path}; name a whole copy: STRIPE_OPENAPI")


def keys_of_call(method: str, path: str) -> Keys:
    """List what a call may be given, at every depth."""
    call = described_call(method, path)
    keys = {
        each["name"]: _keys(each["schema"])
        for each in call.get("parameters", ())
        if _is_query(each)
    }
    for content in call.get("requestBody", {}).get("content", {}).values():
        keys |= _keys(content["schema"])
    return keys


def required_of_call(method: str, path: str) -> set[str]:
    """List what a call cannot do without."""
    call = described_call(method, path)
    required = {
        each["name"] for each in call.get("parameters", ()) if _is_query(each) and each["required"]
    }
    for content in call.get("requestBody", {}).get("content", {}).values():
        required |= set(content["schema"].get("required", ()))
    return required


def _is_query(parameter: Mapping[str, Any]) -> bool:
    return bool(parameter["in"] == "query")


def _keys(schema: Mapping[str, Any]) -> Keys:
    keys: Keys = {}
    for choice in schema.get("anyOf", ()):
        _merge(keys, _keys(choice))
    if "items" in schema:
        keys["[]"] = _keys(schema["items"])
    for name, value in schema.get("properties", {}).items():
        keys[name] = _keys(value)
    if schema.get("additionalProperties"):
        keys["*"] = {}
    return keys


def _merge(keys: Keys, more: Keys) -> None:
    for name, inner in more.items():
        _merge(keys.setdefault(name, {}), inner)
