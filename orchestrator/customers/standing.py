"""How a card stands: as Stripe has it, whose it is, and why it is out of use, if it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.asking import answered, is_missing
from orchestrator.change import scope_keys
from orchestrator.customers.customers import Customers
from orchestrator.driver import Driver
from orchestrator.errors import CardNotFound, StripeRefused
from orchestrator.gateway.views import CardReply, CardView
from orchestrator.requests import Caller
from orchestrator.store.customers import Disablement, find_card_owners, find_disablements
from orchestrator.usable_card import refuse_other_kinds


@dataclass(frozen=True, slots=True)
class CardStanding:
    """A card as Stripe has it, and why it is out of use, if it is."""

    card: CardView
    disablement: Disablement | None = None
    replayed: bool = False


@dataclass(slots=True)
class Standings:
    """Reads cards at Stripe and what is kept of them here."""

    driver: Driver
    customers: Customers

    async def read(self, card_id: str) -> CardView:
        """Read a card at Stripe, under the id it was asked for.

        Raises:
            CardNotFound: Stripe knows no such card.
            StripeUnavailable: Stripe cannot be asked.
        """
        reply = await self.driver.gateway.retrieve_card(card_id)
        if is_missing(reply):
            raise CardNotFound(card_id)
        card = kept(answered(reply, "read the card"))
        refuse_other_kinds(card)
        return replace(card, payment_method=card_id)

    async def visible(self, card_id: str, owner: str) -> CardView:
        """Read a card that an owner may see.

        Not one that another owner's customer keeps, nor one without a customer that only others
        have tried.

        Raises:
            CardNotFound: there is none, or it is another owner's.
            StripeUnavailable: Stripe cannot be asked.
        """
        card = await self.read(card_id)
        if card.customer is not None:
            owners = [await self.customers.owner_of(card.customer, None) or owner]
        else:
            owners = await self.driver.database.read(find_card_owners, card_id) or [owner]
        if owner not in owners:
            raise CardNotFound(card_id)
        return card

    async def of(self, card: CardView, owner: str, *, replayed: bool = False) -> CardStanding:
        """Say whether a card is out of use for an owner, and why."""
        (standing,) = await self.of_all((card,), owner)
        return replace(standing, replayed=replayed)

    async def of_all(self, cards: Sequence[CardView], owner: str) -> list[CardStanding]:
        """Say it of several cards, in one read."""
        keys = [scope_keys(card, card.customer, card.payment_method) for card in cards]
        found = await self.driver.database.read(
            find_disablements, owner, sorted({key for each in keys for key in each})
        )
        return [
            CardStanding(card, next((row for row in found if row.scope_key in each), None))
            for card, each in zip(cards, keys, strict=True)
        ]

    async def owners(self, card: CardView, caller: Caller) -> list[str]:
        """List for whom a card is taken out of use by hand.

        Its customer's owner; of a customer made elsewhere, or of none, whoever has tried the
        card; and the caller, where nobody has.
        """
        if card.customer is not None:
            owner = await self.customers.owner_of(card.customer, None)
            if owner is not None:
                return [owner]
        tried = await self.driver.database.read(find_card_owners, card.payment_method)
        return tried or [caller.owner]


def kept(reply: CardReply) -> CardView:
    """Return the card of an answer.

    Raises:
        StripeRefused: the answer was a 402: the issuer would not have the card kept.
    """
    if reply.card is None:
        raise StripeRefused(reply.code, reply.message, reply.param)
    return reply.card
