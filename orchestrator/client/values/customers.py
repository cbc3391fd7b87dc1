"""Customers and their cards."""

from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.client.values.base import Answer


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as Stripe has it."""

    id: str
    email: str | None
    name: str | None
    metadata: dict[str, str]
    created_at: datetime
    answer: Answer = field(default=Answer(), compare=False)


@dataclass(frozen=True, slots=True)
class Card:
    """A card. ``usable`` says whether a payment may try it."""

    id: str
    customer: str | None
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None
    usable: bool
    disabled_reason: str | None
    disabled_at: datetime | None
    answer: Answer = field(default=Answer(), compare=False)
