"""One event of Stripe's as plain values: what it is about, and what is kept of it. Pure.

Names, addresses and whatever else an object tells of a person are left out: an event is a hint, and
what is needed of its object is read at Stripe.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from orchestrator.gateway.parsing import parse_charge, parse_intent, parse_payment_method
from orchestrator.settle.observation import charge_projection, intent_projection

# Money that goes back: put on record beside the payment, and never a move of it.
GIVING_BACK: Final = frozenset(
    {
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
    }
)
# What Stripe may tell us that we act on. Every other type is taken and forgotten.
HANDLED_TYPES: Final = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.amount_capturable_updated",
        "charge.succeeded",
        "charge.failed",
        "charge.captured",
        *GIVING_BACK,
        "payment_method.automatically_updated",
        "payment_method.updated",
        "payment_method.detached",
    }
)

_MAX_ID: Final = 255


class EventInvalid(Exception):
    """A document that Stripe's signature vouches for, and that is still no event we can read."""


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """What an event says. ``projection`` is what is kept of the object it carries."""

    id: str
    type: str
    created: datetime
    livemode: bool
    object_id: str
    projection: dict[str, Any]
    payment_intent: str | None = None
    request_key: str | None = None
    account: str | None = None

    @property
    def handled(self) -> bool:
        """Whether it is of a type that we act on."""
        return self.type in HANDLED_TYPES


def parse_event(document: object) -> StripeEvent:
    """Read an event.

    Raises:
        EventInvalid: it is none, or lacks what identifies it; the sentence says what.
    """
    if not isinstance(document, dict) or document.get("object") != "event":
        raise EventInvalid("The body is no event. Register the endpoint for snapshot events.")
    data = document.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    if not isinstance(thing, dict):
        raise EventInvalid("The event carries no object: data.object is missing.")
    request = document.get("request")
    account = document.get("account")
    return StripeEvent(
        id=_id(document, "id"),
        type=_id(document, "type"),
        created=_moment(document.get("created")),
        livemode=_flag(document.get("livemode")),
        object_id=_id(thing, "id", "data.object.id"),
        projection=_storable(_project(thing)),
        payment_intent=_intent_of(thing),
        request_key=_optional(
            request.get("idempotency_key") if isinstance(request, dict) else None
        ),
        account=account if isinstance(account, str) else None,
    )


def _id(document: Mapping[str, Any], name: str, shown: str | None = None) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_ID or not value.isprintable():
        raise EventInvalid(f"The event's {shown or name} is missing or no id.")
    return value


def _optional(value: object) -> str | None:
    if isinstance(value, str) and 0 < len(value) <= _MAX_ID and value.isprintable():
        return value
    return None


def _moment(value: object) -> datetime:
    # Up to the year 9999, so that no number can be too large for a date.
    if type(value) is not int or not 0 <= value < 253_402_300_800:
        raise EventInvalid("The event's created is no time in seconds.")
    return datetime.fromtimestamp(value, UTC)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise EventInvalid("The event's livemode is missing.")
    return value


def _intent_of(thing: Mapping[str, Any]) -> str | None:
    if thing.get("object") == "payment_intent":
        return _optional(thing.get("id"))
    intent = thing.get("payment_intent")
    return _optional(intent.get("id") if isinstance(intent, dict) else intent)


def _project(thing: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of an object what tells which payment it is about and what became of it."""
    project = _PROJECTIONS.get(str(thing.get("object")), _project_other)
    return {"object": str(thing.get("object"))[:_MAX_ID], **project(thing)}


def _storable(value: Any) -> Any:
    """Leave out the one character that PostgreSQL stores in no text."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {name: _storable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    return value


def _project_intent(thing: Mapping[str, Any]) -> dict[str, Any]:
    intent = parse_intent(dict(thing))
    named = intent.metadata.get("payment_id") if intent is not None else None
    return {"intent": intent_projection(intent), "payment_id": _optional(named)}


def _project_charge(thing: Mapping[str, Any]) -> dict[str, Any]:
    charge = parse_charge(dict(thing))
    return {"charge": charge_projection(charge) if charge is not None else None}


def _project_payment_method(thing: Mapping[str, Any]) -> dict[str, Any]:
    card = parse_payment_method(dict(thing))
    if card is None:
        return {}
    return {"exp_month": card.exp_month, "exp_year": card.exp_year, "customer": card.customer}


def _project_other(thing: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what refunds and disputes have in common."""
    kept = {name: thing.get(name) for name in ("status", "reason", "charge", "currency")}
    amount = thing.get("amount")
    return {
        **{name: _optional(value) for name, value in kept.items()},
        "amount": amount if type(amount) is int and abs(amount) <= 2**53 else None,
    }


_PROJECTIONS: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = MappingProxyType(
    {
        "payment_intent": _project_intent,
        "charge": _project_charge,
        "payment_method": _project_payment_method,
    }
)
