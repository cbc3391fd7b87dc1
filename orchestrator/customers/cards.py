"""The cards that customers keep: attach, list, update, detach. Stripe keeps them, not we."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy.exc import IntegrityError

from orchestrator.asking import RESOURCE_MISSING, answered, ask, is_missing
from orchestrator.customers.by_hand import by_hand
from orchestrator.customers.customers import Customers
from orchestrator.customers.once import done_meanwhile, find_done, key_of_resource, stripe_key
from orchestrator.customers.standing import CardStanding, Standings, kept
from orchestrator.driver import Driver
from orchestrator.errors import CustomerNotFound, ExpiryPassed, StripeRefused
from orchestrator.gateway.views import CardReply, CardView
from orchestrator.requests import Caller, CustomerGateway
from orchestrator.store.customers import disable_by_hand, keep_resource_key
from orchestrator.store.requests import refresh_card
from orchestrator.usable_card import card_of

# Why a card is out of use that its customer no longer keeps.
DETACHED: Final = "detached"


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


@dataclass(slots=True)
class Cards:
    """The use cases about the cards that customers keep."""

    driver: Driver
    gateway: CustomerGateway
    customers: Customers
    standings: Standings

    async def attach(self, customer_id: str, payment_method: str, caller: Caller) -> CardStanding:
        """Give a card to a customer.

        Raises:
            CustomerNotFound: there is none, or it is another owner's.
            CardUnknown: Stripe does not know the id, or it is no card.
            StripeRefused: Stripe or the issuer would not have it kept.
            StripeUnavailable: nothing was written; send the same request again.
            IdempotencyKeyReused, IdempotencyKeyInUse: the key is another request's, or in use.
        """
        done = await find_done(self.driver, caller, "attach_card")
        if done is not None:
            return await self._replayed(done, caller)
        await self.customers.owner_of(customer_id, caller.owner)
        # Another kind of payment method would be attached as readily.
        card_of(await self.driver.gateway.retrieve_card(payment_method), payment_method)
        send = partial(self._send_attach, payment_method, customer_id)
        try:
            reply = await ask(send, stripe_key(caller, "attach_card"), "attach the card")
        except StripeRefused as exc:
            if (exc.stripe_code, exc.param) == (RESOURCE_MISSING, "customer"):
                raise CustomerNotFound(customer_id) from exc
            raise
        card = kept(reply)
        return await self._done(card, caller, "attach_card")

    async def of_customer(
        self, customer_id: str, owner: str | None, *, own: str
    ) -> list[CardStanding]:
        """Return all cards of a customer, newest first, those out of use too.

        An owner of null reads every owner's; ``own`` is who asks.

        Raises:
            CustomerNotFound: there is none, or it is another owner's.
            StripeUnavailable: Stripe cannot be asked.
        """
        whose = await self.customers.owner_of(customer_id, owner) or own
        reply = await self.gateway.list_cards(customer_id)
        if is_missing(reply):
            raise CustomerNotFound(customer_id)
        cards = answered(reply, "list the cards").cards
        return await self.standings.of_all(cards, whose)

    async def get(self, card_id: str, owner: str) -> CardStanding:
        """Return a card.

        Raises:
            CardNotFound: there is none, or it is another owner's.
            StripeUnavailable: Stripe cannot be asked.
        """
        return await self.standings.of(await self.standings.visible(card_id, owner), owner)

    async def update(self, card_id: str, request: UpdateCard, caller: Caller) -> CardStanding:
        """Change a card's expiry date or billing details at Stripe.

        A card that is out of use for its expiry is another one with its new date, and usable.

        Raises:
            CardNotFound: there is none, or it is another owner's.
            ExpiryPassed: the new date is over already.
            StripeRefused: Stripe would not change it.
            StripeUnavailable: nothing was written; send the same request again.
            IdempotencyKeyReused, IdempotencyKeyInUse: the key is another request's, or in use.
        """
        done = await find_done(self.driver, caller, "update_card")
        if done is not None:
            return await self._replayed(done, caller)
        card = await self.standings.visible(card_id, caller.owner)
        _refuse_passed_expiry(card, request, self.driver.clock())
        if request.parameters:
            send = partial(self._send_update, card_id, request.parameters)
            reply = await ask(send, stripe_key(caller, "update_card"), "update the card")
            card = kept(reply)
            # What is remembered of it decides at the next confirm whether it is out of use.
            await self.driver.database.write(refresh_card, caller.owner, card, self.driver.clock())
        return await self._done(card, caller, "update_card")

    async def detach(self, card_id: str, caller: Caller) -> CardStanding:
        """Take a card away from its customer, for good: Stripe does not take it again.

        Once it is away, asking again changes nothing.

        Raises:
            CardNotFound: there is none, or it is another owner's.
            StripeRefused: it belongs to no customer.
            StripeUnavailable: nothing was written; send the same request again.
        """
        before = await self.get(card_id, caller.owner)
        if before.disablement is not None and before.disablement.reason == DETACHED:
            return before
        send = partial(self._send_detach, card_id)
        reply = await ask(send, stripe_key(caller, "detach_card"), "detach the card")
        card = kept(reply)
        # Under its id alone: the same card may come back under another. A confirm with this id
        # would spend an attempt for Stripe's refusal.
        row = by_hand(CardView(card_id), caller.owner, DETACHED, caller, self.driver.clock())
        await self.driver.database.write(disable_by_hand, [row], None)
        return await self.standings.of(card, caller.owner)

    # ── what each of them ends with ──────────────────────────────────────────────────────────

    async def _done(self, card: CardView, caller: Caller, operation: str) -> CardStanding:
        """Keep the request's key, where it has one, and say how the card stands."""
        key = key_of_resource(self.driver, caller, operation, card.payment_method)
        if key is not None:
            try:
                await self.driver.database.write(keep_resource_key, key)
            except IntegrityError:
                await done_meanwhile(self.driver, caller, operation)
        return await self.standings.of(card, caller.owner)

    async def _replayed(self, card_id: str, caller: Caller) -> CardStanding:
        card = await self.standings.visible(card_id, caller.owner)
        return await self.standings.of(card, caller.owner, replayed=True)

    async def _send_attach(self, payment_method: str, customer_id: str, key: str) -> CardReply:
        return await self.gateway.attach_card(payment_method, customer_id, idempotency_key=key)

    async def _send_update(self, card_id: str, changes: dict[str, Any], key: str) -> CardReply:
        return await self.gateway.update_card(card_id, changes, idempotency_key=key)

    async def _send_detach(self, card_id: str, key: str) -> CardReply:
        return await self.gateway.detach_card(card_id, idempotency_key=key)


def _refuse_passed_expiry(card: CardView, request: UpdateCard, now: datetime) -> None:
    """Refuse a date that is over: it would look like another card, and so like a usable one.

    Raises:
        ExpiryPassed: the card would have expired already.
    """
    if request.exp_month is None and request.exp_year is None:
        return
    year = request.exp_year or card.exp_year or now.year
    month = request.exp_month or card.exp_month or now.month
    if (year, month) < (now.year, now.month):
        raise ExpiryPassed("exp_year" if request.exp_year else "exp_month")
