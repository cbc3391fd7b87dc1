"""What the API shows of webhook endpoints and deliveries, as plain documents. Pure.

Refuses to show a secret but where it is given one to show: events are in ``orchestrator.outgoing``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orchestrator.chain import instant
from orchestrator.documents import Document
from orchestrator.outgoing.endpoints import EndpointResult
from orchestrator.outgoing.event import event_id

Row = Mapping[str, Any]


def endpoint_document(row: Row) -> Document:
    """Show an endpoint, without its secret."""
    return {
        "id": row["id"],
        "object": "webhook_endpoint",
        "url": row["url"],
        "description": row["description"],
        "event_types": list(row["event_types"]),
        "owner": row["owner"],
        "state": row["state"],
        "disabled_reason": row["disabled_reason"],
        "failures": row["failures"],
        "failing_since": _maybe(row["failing_since"]),
        "previous_secret_until": _maybe(row["previous_secret_until"]),
        "created_by": row["created_by"],
        "created_at": instant(row["created_at"]),
        "updated_at": instant(row["updated_at"]),
    }


def secret_document(result: EndpointResult) -> Document:
    """Show an endpoint with the secret that the request made; null once there is a newer one."""
    return {**endpoint_document(result.endpoint), "secret": result.secret}


def delivery_document(row: Row) -> Document:
    """Show a delivery: how often it was tried, what became of it, when it is tried next."""
    return {
        "id": row["id"],
        "object": "webhook_delivery",
        "webhook_endpoint": row["endpoint_id"],
        "event": event_id(row["payment_id"], row["sequence"]),
        "state": row["state"],
        "tries": row["tries"],
        "next_try_at": _maybe(row["due_at"]),
        "last_tried_at": _maybe(row["last_tried_at"]),
        "last_status": row["last_status"],
        "last_error": row["last_error"],
        "replayed_by": row["request_id"],
        "created_at": instant(row["created_at"]),
        "ended_at": _maybe(row["ended_at"]),
    }


def _maybe(moment: datetime | None) -> str | None:
    return instant(moment) if moment is not None else None
