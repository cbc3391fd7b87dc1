"""Webhook endpoints and what is to be delivered to them: plain records, one outbox an account.

Decides which endpoint hears of which event, and where deliveries may go; sends nothing
(``courier``) and speaks no HTTP. Facts: https://docs.stripe.com/webhooks.
"""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

ALL_EVENTS: Final = "*"
# While a secret is rolled the old one may stay in force for up to 24 hours.
ROLLED_SECRET_SECONDS: Final = 24 * 3600
_EVENT_TYPE: Final = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")


class AddressRefused(ValueError):
    """An address the stand-in does not deliver to."""


class State(StrEnum):
    """How far one delivery has come."""

    held = "held"  # waits for a control call
    pending = "pending"  # is sent, or will be tried again
    delivered = "delivered"
    failed = "failed"  # was tried as often as it ever is
    dropped = "dropped"  # is never sent by itself


@dataclass(slots=True)
class Endpoint:
    """An address that hears of events. ``rolled`` is the last secret and when it stops signing."""

    id: str
    created: int
    url: str
    secret: str
    enabled_events: list[str]
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    enabled: bool = True
    rolled: tuple[str, int] | None = None

    def wants(self, type: str) -> bool:
        """Tell whether the endpoint is to hear of events of this type."""
        return self.enabled and (ALL_EVENTS in self.enabled_events or type in self.enabled_events)

    def secrets(self, now: int) -> list[str]:
        """List the secrets that sign now, the newest first."""
        if self.rolled is None or now >= self.rolled[1]:
            return [self.secret]
        return [self.secret, self.rolled[0]]


@dataclass(slots=True)
class Delivery:
    """One event on its way to one endpoint, with what came of the last try.

    ``carried`` says that a background task is at it, so that no second one starts.
    """

    id: str
    event: dict[str, Any]
    endpoint: Endpoint
    state: State
    tries: int = 0
    response_status: int | None = None
    error: str | None = None
    carried: bool = False

    def shown(self) -> dict[str, Any]:
        """Draw the delivery for the control plane."""
        return {
            "id": self.id,
            "event": self.event["id"],
            "type": self.event["type"],
            "object": self.event["data"]["object"].get("id"),
            "payment_intent": intent_of(self.event),
            "endpoint": self.endpoint.id,
            "url": self.endpoint.url,
            "state": self.state.value,
            "tries": self.tries,
            "response_status": self.response_status,
            "error": self.error,
        }


@dataclass
class Outbox:
    """The endpoints of one account, and every delivery to them."""

    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    automatic: bool = True

    def add(self, event: dict[str, Any], new_id: Callable[[], str]) -> list[Delivery]:
        """Draw up the deliveries of a new event: one for each endpoint that wants its type."""
        wanting = [each for each in self.endpoints.values() if each.wants(event["type"])]
        event["pending_webhooks"] = len(wanting)
        return [self.address(event, endpoint, new_id()) for endpoint in wanting]

    def address(self, event: dict[str, Any], endpoint: Endpoint, id: str) -> Delivery:
        """Draw up the delivery of ``event`` to ``endpoint``."""
        state = State.pending if self.automatic else State.held
        return self.deliveries.setdefault(id, Delivery(id, event, endpoint, state))

    def of_event(self, event: str) -> Iterator[Delivery]:
        """List the deliveries of an event."""
        return (each for each in self.deliveries.values() if each.event["id"] == event)

    def remove(self, id: str) -> None:
        """Forget an endpoint; what was still on its way to it is given up."""
        self.endpoints.pop(id).enabled = False
        for delivery in self.deliveries.values():
            if delivery.endpoint.id == id and delivery.state in (State.held, State.pending):
                delivery.state, delivery.error = State.failed, "the endpoint was deleted"


def settle(delivery: Delivery) -> None:
    """Mark a delivery as received; the event has one less to wait for."""
    if delivery.state is not State.delivered:
        delivery.state = State.delivered
        delivery.event["pending_webhooks"] = max(0, delivery.event["pending_webhooks"] - 1)


def signature(secrets: list[str], body: bytes, timestamp: int) -> str:
    """Write the ``Stripe-Signature`` header.

    https://docs.stripe.com/webhooks/signature: HMAC-SHA256 of the timestamp, a dot and the body;
    one ``v1`` for each secret in force, and in test mode a ``v0`` that no receiver must believe.
    """
    signed = b"%d.%s" % (timestamp, body)
    schemes = [("v1", _hmac(secret, signed)) for secret in secrets]
    schemes.append(("v0", _hmac("not the secret", signed)))
    return ",".join([f"t={timestamp}", *(f"{name}={value}" for name, value in schemes)])


def _hmac(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def checked_address(url: str) -> str:
    """Return ``url`` if it leads to this machine.

    Raises:
        AddressRefused: it leads elsewhere, or is no web address.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused("Invalid URL") from error
    if parts.scheme not in ("http", "https") or not _is_loopback(host) or parts.username:
        raise AddressRefused(
            "The Stripe stand-in delivers to this machine only: give an http or https address "
            "of localhost, 127.0.0.1 or [::1]."
        )
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_event_type(name: Any) -> bool:
    """Tell whether ``name`` could be an event's type, or means all of them."""
    return isinstance(name, str) and (name == ALL_EVENTS or _EVENT_TYPE.fullmatch(name) is not None)


def intent_of(event: Mapping[str, Any]) -> str | None:
    """Find the PaymentIntent that an event is about."""
    object = event["data"]["object"]
    found = object["id"] if object["object"] == "payment_intent" else object.get("payment_intent")
    return None if found is None else str(found)


def endpoint_json(endpoint: Endpoint) -> dict[str, Any]:
    """Draw an endpoint as Stripe does, without its secret."""
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": None,
        "application": None,
        "created": endpoint.created,
        "description": endpoint.description,
        "enabled_events": list(endpoint.enabled_events),
        "livemode": False,
        "metadata": dict(endpoint.metadata),
        "status": "enabled" if endpoint.enabled else "disabled",
        "url": endpoint.url,
    }
