"""Brings two lists together that are both newest first, holding only what lies between them. Pure.

The clocks of the two sides differ a little, and a payment may be stored a while after its intent
was made. So whoever has no partner waits until the other list is past it by some slack, and is then
given out as alone: whether it really has no partner only a look at the other side can tell.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from orchestrator.gateway.listed import ListedIntent
from orchestrator.payment import Payment

SLACK: Final = timedelta(minutes=5)
# However close together they were made, no more than this many wait on each side.
MOST_WAITING: Final = 1000

Pair = tuple[Payment, ListedIntent]


@dataclass(slots=True)
class Alongside:
    """The payments and intents that wait for their partners, in the order they came."""

    payments: dict[str, Payment] = field(default_factory=dict)
    intents: dict[str, ListedIntent] = field(default_factory=dict)

    def add_payments(self, page: Iterable[Payment]) -> list[Pair]:
        """Take payments in; return those whose intent was waiting, with it."""
        pairs = []
        for payment in page:
            listed = self.intents.pop(payment.payment_intent, None)
            if listed is None:
                self.payments[payment.payment_intent] = payment
            else:
                pairs.append((payment, listed))
        return pairs

    def add_intents(self, page: Iterable[ListedIntent]) -> list[Pair]:
        """Take intents in; return those whose payment was waiting, with it."""
        pairs = []
        for listed in page:
            payment = self.payments.pop(listed.intent.id, None)
            if payment is None:
                self.intents[listed.intent.id] = listed
            else:
                pairs.append((payment, listed))
        return pairs

    def payments_alone(self, intents_at: datetime | None) -> list[Payment]:
        """Give out the payments that the list of intents, now at this moment, is past.

        Null is a list that has ended. The oldest to wait go where too many do.
        """
        alone = []
        for key, payment in list(self.payments.items()):
            if len(self.payments) > MOST_WAITING or _past(payment.created_at, intents_at):
                alone.append(self.payments.pop(key))
        return alone

    def intents_alone(self, payments_at: datetime | None) -> list[ListedIntent]:
        """Give out the intents that the list of payments, now at this moment, is past."""
        alone = []
        for key, listed in list(self.intents.items()):
            made = datetime.fromtimestamp(listed.created, UTC)
            if len(self.intents) > MOST_WAITING or _past(made, payments_at):
                alone.append(self.intents.pop(key))
        return alone


def _past(moment: datetime, other_list_at: datetime | None) -> bool:
    return other_list_at is None or moment > other_list_at + SLACK


__all__ = ["MOST_WAITING", "SLACK", "Alongside", "Pair"]
