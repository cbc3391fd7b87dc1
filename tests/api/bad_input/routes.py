"""Every route of the API, as a table: what is sent to it, what it is about, and who may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

SCOPES: Final = ("payments", "audit", "admin")
PAYMENTS: Final = frozenset({"payments", "admin"})
READING: Final = frozenset({"payments", "audit", "admin"})
AUDIT: Final = frozenset({"audit", "admin"})
ADMIN: Final = frozenset({"admin"})

ENDPOINT: Final = "/v1/webhook-endpoints/{id}"
CARD: Final = {"payment_method": "pm_card_visa"}


@dataclass(frozen=True)
class Route:
    """One method of one path.

    ``on`` is the kind of thing that ``{id}`` in the path names. ``body`` is one that is accepted;
    null where no body is read. ``scopes`` may ask; none of them: anybody may, without a key.
    ``standing`` says which of the things of that kind, where not any will do.
    ``takes_key`` is false where nothing could be done twice.
    ``shared`` routes show things of other owners to those who may ask.
    """

    method: str
    path: str
    scopes: frozenset[str] = PAYMENTS
    on: str | None = None
    body: dict[str, Any] | None = None
    body_needed: bool = False
    key_needed: bool = False
    shared: bool = False
    standing: str | None = None
    takes_key: bool = True

    @property
    def described(self) -> str:
        """Return the path as the description has it; what is no id is not called one."""
        named = "{code}" if self.on == "rule" else f"{{{self.on}_id}}"
        return self.path.replace("{id}", named)


ROUTES: Final[Mapping[str, Route]] = MappingProxyType(
    {
        "create": Route(
            "POST",
            "/v1/payments",
            body={"amount": 1000, "currency": "usd"},
            body_needed=True,
            key_needed=True,
        ),
        "confirm": Route(
            "POST",
            "/v1/payments/{id}/confirm",
            on="payment",
            body=CARD,
            body_needed=True,
            key_needed=True,
        ),
        "cancel": Route("POST", "/v1/payments/{id}/cancel", on="payment", body={}),
        "refresh": Route("POST", "/v1/payments/{id}/refresh", on="payment", body={}),
        "resolve": Route(
            "POST",
            "/v1/payments/{id}/resolve",
            ADMIN,
            on="payment",
            body={"resolution": "refresh", "reason": "the customer says it was paid"},
            body_needed=True,
            shared=True,
        ),
        "list payments": Route("GET", "/v1/payments", READING),
        "get": Route("GET", "/v1/payments/{id}", READING, on="payment"),
        "history": Route("GET", "/v1/payments/{id}/history", READING, on="payment"),
        "explain": Route("GET", "/v1/payments/{id}/explain", READING, on="payment"),
        "client secret": Route("GET", "/v1/payments/{id}/client_secret", on="payment"),
        "capture": Route(
            "POST", "/v1/payments/{id}/capture", on="payment", body={}, standing="held"
        ),
        "refund": Route(
            "POST",
            "/v1/payments/{id}/refunds",
            on="payment",
            standing="paid",
            body={"amount": 100},
            body_needed=True,
            key_needed=True,
        ),
        "list refunds": Route(
            "GET", "/v1/payments/{id}/refunds", READING, on="payment", standing="paid"
        ),
        "list disputes": Route(
            "GET", "/v1/payments/{id}/disputes", READING, on="payment", standing="paid"
        ),
        "get refund": Route("GET", "/v1/refunds/{id}", READING, on="refund"),
        "create customer": Route("POST", "/v1/customers", body={"name": "Ada"}),
        "get customer": Route("GET", "/v1/customers/{id}", on="customer"),
        "attach": Route(
            "POST", "/v1/customers/{id}/cards", on="customer", body=CARD, body_needed=True
        ),
        "list cards": Route("GET", "/v1/customers/{id}/cards", on="customer"),
        "get card": Route("GET", "/v1/cards/{id}", on="card"),
        "update card": Route("POST", "/v1/cards/{id}", on="card", body={"exp_year": 2040}),
        "detach": Route("DELETE", "/v1/cards/{id}", on="card"),
        "disable": Route(
            "POST",
            "/v1/cards/{id}/disable",
            ADMIN,
            on="card",
            body={"reason": "found in the street"},
            body_needed=True,
            shared=True,
        ),
        "enable": Route(
            "POST",
            "/v1/cards/{id}/enable",
            ADMIN,
            on="card",
            body={"reason": "returned"},
            body_needed=True,
            shared=True,
        ),
        "rules": Route("GET", "/v1/decline-rules", AUDIT),
        "what if": Route(
            "POST",
            "/v1/decline-rules/what-if",
            AUDIT,
            body={"error": {"code": "card_declined", "decline_code": "do_not_honor"}},
            body_needed=True,
            takes_key=False,
        ),
        "rule": Route("GET", "/v1/decline-rules/{id}", AUDIT, on="rule", shared=True),
        "change rule": Route(
            "PUT",
            "/v1/decline-rules/{id}",
            ADMIN,
            on="rule",
            body={"handler": "allow_same_card_later", "reason": "as our figures show"},
            body_needed=True,
            shared=True,
            takes_key=False,
        ),
        "decide rule": Route(
            "POST",
            "/v1/decline-rules/{id}/approve",
            ADMIN,
            on="rule",
            body={"version": 1},
            body_needed=True,
            shared=True,
        ),
        "actions": Route("GET", "/v1/actions", AUDIT),
        "list anomalies": Route("GET", "/v1/anomalies", AUDIT),
        "get anomaly": Route("GET", "/v1/anomalies/{id}", AUDIT, on="anomaly", shared=True),
        "assign anomaly": Route(
            "POST",
            "/v1/anomalies/{id}/assign",
            ADMIN,
            on="anomaly",
            body={"owner": "ada"},
            body_needed=True,
            shared=True,
        ),
        "resolve anomaly": Route(
            "POST",
            "/v1/anomalies/{id}/resolve",
            ADMIN,
            on="anomaly",
            body={"resolution": "accepted", "reason": "the customer keeps both"},
            body_needed=True,
            shared=True,
        ),
        "list events": Route("GET", "/v1/events", READING),
        "get event": Route("GET", "/v1/events/{id}", READING, on="event"),
        "replay": Route("POST", "/v1/events/{id}/replay", ADMIN, on="event", body={}, shared=True),
        "create endpoint": Route(
            "POST",
            "/v1/webhook-endpoints",
            ADMIN,
            body={"url": "https://shop.example.com/hooks"},
            body_needed=True,
        ),
        "list endpoints": Route("GET", "/v1/webhook-endpoints", ADMIN),
        "get endpoint": Route("GET", ENDPOINT, ADMIN, on="webhook_endpoint", shared=True),
        "delete endpoint": Route("DELETE", ENDPOINT, ADMIN, on="webhook_endpoint", shared=True),
        "rotate secret": Route(
            "POST",
            f"{ENDPOINT}/rotate-secret",
            ADMIN,
            on="webhook_endpoint",
            body={},
            shared=True,
        ),
        "enable endpoint": Route(
            "POST", f"{ENDPOINT}/enable", ADMIN, on="webhook_endpoint", body={}, shared=True
        ),
        "list deliveries": Route(
            "GET", f"{ENDPOINT}/deliveries", ADMIN, on="webhook_endpoint", shared=True
        ),
        "machine": Route("GET", "/v1/machine", READING),
        "diagram": Route("GET", "/v1/machine/diagram.svg", READING),
        "health": Route("GET", "/healthz", frozenset()),
        "readiness": Route("GET", "/readyz", frozenset()),
        "metrics": Route("GET", "/metrics", frozenset()),
        "description": Route("GET", "/openapi.json", frozenset()),
    }
)

POSTS: Final = tuple(
    name for name, route in ROUTES.items() if route.method == "POST" and route.takes_key
)
KEYED: Final = tuple(name for name, route in ROUTES.items() if route.scopes)
BODY_NEEDED: Final = tuple(name for name in POSTS if ROUTES[name].body_needed)
BODY_OPTIONAL: Final = tuple(name for name in POSTS if not ROUTES[name].body_needed)
KEY_NEEDED: Final = tuple(name for name in POSTS if ROUTES[name].key_needed)
KEY_OPTIONAL: Final = tuple(name for name in POSTS if not ROUTES[name].key_needed)


def about(kind: str) -> tuple[str, ...]:
    """Name the routes about one payment, customer or card."""
    return tuple(name for name, route in ROUTES.items() if route.on == kind)
