"""The request bodies as schemas: what the routes read, under plain names."""

from collections.abc import Mapping
from typing import Any, Final

from api.anomaly_schemas import AssignBody, ResolutionBody
from api.body import Body
from api.customer_schemas import AttachBody, CardBody, CustomerBody, ReasonBody
from api.endpoint_schemas import EnableBody, EndpointBody, ReplayBody, RotateBody
from api.openapi.types import Schema
from api.rule_schemas import DecideBody, RuleBody, WhatIfBody
from api.schemas import (
    CancelBody,
    CaptureBody,
    ConfirmBody,
    CreateBody,
    RefreshBody,
    RefundBody,
    ResolveBody,
)

BODIES: Final[Mapping[str, type[Body]]] = {
    "assign_anomaly": AssignBody,
    "resolve_anomaly": ResolutionBody,
    "create_payment": CreateBody,
    "confirm_payment": ConfirmBody,
    "cancel_payment": CancelBody,
    "refresh_payment": RefreshBody,
    "capture_payment": CaptureBody,
    "resolve_payment": ResolveBody,
    "create_refund": RefundBody,
    "create_customer": CustomerBody,
    "attach_card": AttachBody,
    "update_card": CardBody,
    "reason": ReasonBody,
    "create_webhook_endpoint": EndpointBody,
    "rotate_secret": RotateBody,
    "enable_webhook_endpoint": EnableBody,
    "replay_event": ReplayBody,
    "change_rule": RuleBody,
    "decide_rule": DecideBody,
    "try_rules": WhatIfBody,
}
# Parts of bodies, as pydantic names them and as the document does.
_PARTS: Final[Mapping[str, str]] = {
    "AddressBody": "address",
    "BillingDetailsBody": "billing_details",
}


def body_schemas() -> dict[str, Schema]:
    """Return the schema of each body and of what they are made of."""
    schemas: dict[str, Schema] = {}
    for name, body in BODIES.items():
        schema = _plain(body.model_json_schema(ref_template="#/components/schemas/{model}"))
        for part, parts_schema in schema.pop("$defs", {}).items():
            schemas[_PARTS[part]] = parts_schema
        schemas[name] = schema
    return schemas


def _plain(node: Any) -> Any:
    """Leave out the titles, which only repeat the names, and call parts by their plain names."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _plain(value) for key, value in node.items() if not _is_title(key, value)}
    if "$ref" in plain:
        place, _, model = plain["$ref"].rpartition("/")
        plain["$ref"] = f"{place}/{_PARTS[model]}"
    return plain


def _is_title(key: str, value: Any) -> bool:
    # A property that is called so is no text.
    return key == "title" and isinstance(value, str)
