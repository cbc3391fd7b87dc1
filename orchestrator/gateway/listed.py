"""Intents and charges as Stripe's lists of a period show them, with what became of the money. Pure.

What a payment's own reads never need stands here, so that the views of the hot path stay small.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from orchestrator.gateway.parsing import parse_charge, parse_intent
from orchestrator.gateway.views import CallEnd, ChargeView, IntentView

_NOTHING: Final[Mapping[str, Any]] = {}


class Span(NamedTuple):
    """A period of creation times in Unix seconds: from ``since`` up to before ``until``."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class ListedCharge:
    """A charge as a list shows it, with what became of its money."""

    charge: ChargeView
    payment_intent: str | None
    amount_captured: int = 0
    amount_refunded: int = 0
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class ListedIntent:
    """An intent as a list shows it, with its latest charge."""

    intent: IntentView
    created: int
    charge: ListedCharge | None = None


@dataclass(frozen=True, slots=True)
class IntentsPage(CallEnd):
    """One page of intents, newest first when ``answered``."""

    items: tuple[ListedIntent, ...] = ()
    has_more: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class ChargesPage(CallEnd):
    """One page of charges, newest first when ``answered``."""

    items: tuple[ListedCharge, ...] = ()
    has_more: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class IntentFound(CallEnd):
    """The end of reading one intent with its latest charge."""

    item: ListedIntent | None = None


def parse_listed_intent(document: object) -> ListedIntent | None:
    """Return the intent with the charge it was expanded by, or null where it cannot be read."""
    intent, shown = parse_intent(document), _mapping(document)
    created, charge = shown.get("created"), shown.get("latest_charge")
    if intent is None or type(created) is not int:
        return None
    return ListedIntent(intent, created, parse_listed_charge(charge))


def parse_listed_charge(document: object) -> ListedCharge | None:
    """Return the charge with what became of its money, or null where it cannot be read."""
    charge, shown = parse_charge(document), _mapping(document)
    if charge is None:
        return None
    intent = shown.get("payment_intent")
    if isinstance(intent, dict):
        intent = intent.get("id")
    return ListedCharge(
        charge,
        payment_intent=intent if isinstance(intent, str) else None,
        amount_captured=_integer(shown, "amount_captured"),
        amount_refunded=_integer(shown, "amount_refunded"),
        disputed=shown.get("disputed") is True,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


def _integer(document: Mapping[str, Any], key: str) -> int:
    value = document.get(key)
    return value if type(value) is int else 0


__all__ = [
    "ChargesPage",
    "IntentFound",
    "IntentsPage",
    "ListedCharge",
    "ListedIntent",
    "Span",
    "parse_listed_charge",
    "parse_listed_intent",
]
