"""What a route finds in a request besides its body: the deployment, and the id in its path.

What is not shaped like an id of its kind is nobody's: neither the database nor Stripe is asked.
"""

import re
from collections.abc import Callable
from typing import Final

from fastapi import Request

from api.body import CUSTOMER_ID, PAYMENT_METHOD_ID
from orchestrator.anomaly import ANOMALY_ID
from orchestrator.errors import (
    AnomalyNotFound,
    CardNotFound,
    CustomerNotFound,
    EndpointNotFound,
    EventNotFound,
    NotFound,
    PaymentNotFound,
    RefundNotFound,
)
from orchestrator.outgoing.endpoints import ENDPOINT_ID
from orchestrator.outgoing.event import EVENT_ID
from orchestrator.runtime import Runtime

PathId = Callable[[Request], str]


def runtime_of(request: Request) -> Runtime:
    """Return the deployment that the application serves."""
    runtime: Runtime = request.app.state.runtime
    return runtime


def _path_id(name: str, pattern: str, missing: type[NotFound]) -> PathId:
    """Make the function that reads an id out of the path, or refuses it as ``missing``."""
    shape: Final = re.compile(pattern)

    def read(request: Request) -> str:
        found: str = request.path_params[name]
        if shape.fullmatch(found) is None:
            raise missing(found)
        return found

    return read


payment_id_in: Final = _path_id("payment_id", r"pay_[A-Za-z0-9]{1,64}", PaymentNotFound)
refund_id_in: Final = _path_id("refund_id", r"ref_[A-Za-z0-9]{1,64}", RefundNotFound)
customer_id_in: Final = _path_id("customer_id", CUSTOMER_ID, CustomerNotFound)
anomaly_id_in: Final = _path_id("anomaly_id", ANOMALY_ID, AnomalyNotFound)
card_id_in: Final = _path_id("card_id", PAYMENT_METHOD_ID, CardNotFound)
event_id_in: Final = _path_id("event_id", EVENT_ID, EventNotFound)
endpoint_id_in: Final = _path_id("webhook_endpoint_id", ENDPOINT_ID, EndpointNotFound)

__all__ = [
    "anomaly_id_in",
    "card_id_in",
    "customer_id_in",
    "endpoint_id_in",
    "event_id_in",
    "payment_id_in",
    "refund_id_in",
    "runtime_of",
]
