"""A card's new expiry date: what Stripe is sent, and which dates cannot renew a card. Pure.

To the rules a card is another one with another date: one disabled for its expiry is usable with a
later date. An earlier one would be taken for another card as well, and is refused.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from orchestrator.card_scopes import scope_key
from orchestrator.errors import ExpiryNotLater, ExpiryPassed
from orchestrator.gateway.views import CardView

_SCOPE: Final = "fingerprint_and_expiry"

# Year and month, so that they compare as dates do.
Expiry = tuple[int, int]


@dataclass(frozen=True, slots=True)
class UpdateCard:
    """What shall change about a card; what is null stays. Billing details are Stripe's fields."""

    exp_month: int | None = None
    exp_year: int | None = None
    billing_details: dict[str, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        """Return what Stripe is sent."""
        card = {
            name: value
            for name, value in (("exp_month", self.exp_month), ("exp_year", self.exp_year))
            if value is not None
        }
        given = {"card": card, "billing_details": self.billing_details}
        return {name: value for name, value in given.items() if value}

    @property
    def expiry_given(self) -> bool:
        """Whether the expiry date is to change."""
        return self.exp_month is not None or self.exp_year is not None


def expiry_prefix(card: CardView) -> str:
    """Return how the scopes begin under which the card is out of use for an expiry date."""
    key = scope_key(_SCOPE, card, "")
    return key.removesuffix(f"{card.exp_month}:{card.exp_year}")


def dates_of(scopes: Iterable[str]) -> frozenset[Expiry]:
    """Read the dates with which a card is out of use; a card without a date has none."""
    dates = (scope.rsplit(":", 2)[1:] for scope in scopes)
    return frozenset(
        (int(year), int(month)) for month, year in dates if year.isdigit() and month.isdigit()
    )


def refuse_expiry(
    card: CardView, request: UpdateCard, disabled: Set[Expiry], now: datetime
) -> None:
    """Refuse a date that cannot renew the card; the date it has already changes nothing.

    Raises:
        ExpiryPassed: the card would have expired already.
        ExpiryNotLater: the card is out of use for its expiry with this date or a later one.
    """
    year = request.exp_year or card.exp_year or now.year
    month = request.exp_month or card.exp_month or now.month
    param = "exp_year" if request.exp_year else "exp_month"
    if (year, month) < (now.year, now.month):
        raise ExpiryPassed(param)
    if (year, month) != (card.exp_year, card.exp_month) and any(
        (year, month) <= date for date in disabled
    ):
        raise ExpiryNotLater(param)
