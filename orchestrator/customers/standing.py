"""How a card stands: as Stripe has it, whose it is, and why it is out of use, if it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.asking import answered, is_missing
from orchestrator.card_scopes import scope_keys
from orchestrator.customers.customers import Customers
from orchestrator.driver import Driver
from orchestrator.errors import CardNotFound, StripeRefused
from orchestrator.gateway.views import CardReply, CardView
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
            CardUnknown: it is a payment method of another kind.
            StripeUnavailable: Stripe cannot be asked.
        """
        reply = await self.driver.gateway.retrieve_card(card_id)
        if is_missing(reply):
            raise CardNotFound(card_id)
        card = kept(answered(reply, "read the card"))
        refuse_other_kinds(card)
        return replace(card, payment_method=card_id)

    async def visible(self, card_id: str, owner: str | None) -> CardView:
        """Read a card that an owner may see; an owner of null sees every owner's.

        Not one that another owner's customer keeps, nor one without a customer that only others
        have tried or taken out of use.

        Raises:
            CardNotFound: there is none, or it is another owner's.
            CardUnknown: it is a payment method of another kind.
            StripeUnavailable: Stripe cannot be asked.
        """
        card = await self.read(card_id)
        owners = await self.owners(card)
        if owners and owner is not None and owner not in owners:
            raise CardNotFound(card_id)
        return card

    async def owners(self, card: CardView) -> list[str]:
        """List who may see a card; where nobody is known, anybody may.

        Its customer's owner; without a customer, who has tried it or taken it out of use.
        """
        if card.customer is None:
            return await self.driver.database.read(find_card_owners, card.payment_method)
        found = await self.owner(card)
        return [found] if found is not None else []

    async def owner(self, card: CardView) -> str | None:
        """Return whose a card is: its customer's owner's; null where nobody is known to own it."""
        if card.customer is None:
            return None
        return await self.customers.owner_of(card.customer, None)

    async def of(
        self, card: CardView, owner: str | None, *, replayed: bool = False
    ) -> CardStanding:
        """Say whether a card is out of use for an owner, or for any, and why."""
        (standing,) = await self.of_all((card,), owner)
        return replace(standing, replayed=replayed)

    async def of_all(self, cards: Sequence[CardView], owner: str | None) -> list[CardStanding]:
        """Say it of several cards, in one read."""
        keys = [scope_keys(card, card.customer, card.payment_method) for card in cards]
        found = await self.driver.database.read(
            find_disablements, owner, sorted({key for each in keys for key in each})
        )
        return [
            CardStanding(card, next((row for row in found if row.scope_key in each), None))
            for card, each in zip(cards, keys, strict=True)
        ]


def kept(reply: CardReply) -> CardView:
    """Return the card of an answer.

    Raises:
        StripeRefused: the answer was a 402: the issuer would not have the card kept.
    """
    if reply.card is None:
        raise StripeRefused(reply.code, reply.message, reply.param)
    return reply.card
