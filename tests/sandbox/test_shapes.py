"""The stand-in's objects against Stripe's own OpenAPI description, where a copy is at hand.

The description is Stripe's and too large to keep here. A copy of https://github.com/stripe/openapi
(``spec3.json``) is looked for where ``STRIPE_OPENAPI`` says, or beside the project.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.sandbox.conftest import Sandbox

BESIDE = Path(__file__).parents[3] / "shared" / "stripe" / "openapi.min.json"
DESCRIPTION = Path(os.environ.get("STRIPE_OPENAPI", BESIDE))
pytestmark = pytest.mark.skipif(
    not DESCRIPTION.exists(), reason="STRIPE_OPENAPI names no copy of Stripe's OpenAPI description"
)


def _as_json_schema(node: Any) -> Any:
    """Turn OpenAPI 3.0's ``nullable`` into JSON Schema; ``$ref`` beside it is kept."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    turned = {key: _as_json_schema(value) for key, value in node.items() if key != "nullable"}
    if node.get("nullable") is True:
        return {"anyOf": [turned, {"type": "null"}]}
    return turned


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """Stripe's description as JSON Schema."""
    turned: dict[str, Any] = _as_json_schema(json.loads(DESCRIPTION.read_text()))
    return turned


def faults_of(description: dict[str, Any], schema: str, drawn: Any) -> list[str]:
    """List where ``drawn`` departs from Stripe's schema; unknown fields depart as well."""
    root = {"$ref": f"#/components/schemas/{schema}", "components": description["components"]}
    found = [
        f"{error.json_path}: {error.message[:200]}"
        for error in Draft202012Validator(root).iter_errors(drawn)
    ]
    known = description["components"]["schemas"][schema]["properties"]
    return found + [f"unknown field {name}" for name in drawn if name not in known]


async def _drawn(sandbox: Sandbox, path: str) -> dict[str, Any]:
    status, body, _ = await sandbox.raw("GET", path)
    assert status == 200
    return body


@pytest.mark.parametrize(
    "card",
    [
        "pm_card_visa",
        "pm_card_amex",
        "pm_card_visa_chargeDeclined",
        "pm_card_radarBlock",
        "pm_card_riskLevelElevated",
        "pm_card_authenticationRequired",
        "pm_sim_processing",
        "pm_sim_advice_do_not_try_again",
    ],
)
async def test_objects_have_stripes_shape(
    sandbox: Sandbox, description: dict[str, Any], card: str
) -> None:
    """Intent, charges and payment method are as Stripe describes them, whatever the ending."""
    intent = await sandbox.intent(description="Tea")
    path = f"/v1/payment_intents/{intent.id}"
    _, confirmed, _ = await sandbox.raw("POST", f"{path}/confirm", f"payment_method={card}")
    charges = await _drawn(sandbox, f"/v1/charges?payment_intent={intent.id}")
    found = faults_of(description, "payment_intent", await _drawn(sandbox, path))
    for charge in charges["data"]:
        found += faults_of(description, "charge", charge)
    if "error" in confirmed:
        found += faults_of(description, "api_errors", confirmed["error"])

    assert found == []


@pytest.mark.parametrize("return_url", ["", "&return_url=https://shop.test/back"])
async def test_a_next_action_has_stripes_shape(
    sandbox: Sandbox, description: dict[str, Any], return_url: str
) -> None:
    """Both kinds of next action are as Stripe describes them."""
    intent = await sandbox.intent()
    path = f"/v1/payment_intents/{intent.id}"
    form = "payment_method=pm_card_authenticationRequired" + return_url
    _, confirmed, _ = await sandbox.raw("POST", f"{path}/confirm", form)

    assert faults_of(description, "payment_intent", confirmed) == []


@pytest.mark.parametrize("id", ["pm_card_visa", "pm_card_avsFail", "pm_usBankAccount_success"])
async def test_payment_methods_have_stripes_shape(
    sandbox: Sandbox, description: dict[str, Any], id: str
) -> None:
    """Payment methods are as Stripe describes them."""
    drawn = await _drawn(sandbox, f"/v1/payment_methods/{id}")

    assert faults_of(description, "payment_method", drawn) == []


async def test_customers_have_stripes_shape(sandbox: Sandbox, description: dict[str, Any]) -> None:
    """Customers and the events about them are as Stripe describes them."""
    _, drawn, _ = await sandbox.raw("POST", "/v1/customers", "name=Ada&metadata[a]=b")
    events = await _drawn(sandbox, "/v1/events")
    (event,) = events["data"]

    assert faults_of(description, "customer", drawn) == []
    assert faults_of(description, "event", event) == []
