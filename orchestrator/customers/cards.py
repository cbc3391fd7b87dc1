"""The cards that customers keep: attach, list, update, detach. Stripe keeps them, not we."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy.exc import IntegrityError

from orchestrator.asking import RESOURCE_MISSING, answered, ask, is_missing
from orchestrator.card_scopes import DETACHED, disabled_by, scope_key
from orchestrator.customers.by_hand import facts
from orchestrator.customers.customers import Customers
from orchestrator.customers.expiry import UpdateCard, dates_of, expiry_prefix, refuse_expiry
from orchestrator.customers.once import done_meanwhile, find_done, key_of_resource, stripe_key
from orchestrator.customers.standing import CardStanding, Standings, kept
from orchestrator.driver import Driver
from orchestrator.errors import CustomerNotFound, StripeRefused
from orchestrator.gateway.views import CardReply, CardView
from orchestrator.requests import Caller, CustomerGateway
from orchestrator.store.customers import disable_by_hand, find_disablements, find_expired_scopes
from orchestrator.store.requests import keep_key, refresh_card
from orchestrator.usable_card import card_of, unknown_card

log = structlog.get_logger("orchestrator.customers")


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
            CardUnknown: Stripe does not know the id, or it is no card, or another owner's.
            StripeRefused: Stripe or the issuer would not have it kept.
            StripeUnavailable: nothing was written; send the same request again.
            IdempotencyKeyReused, IdempotencyKeyInUse: the key is another request's, or in use.
        """
        done = await find_done(self.driver, caller, "attach_card")
        if done is not None:
            return await self._replayed(done, caller)
        await self.customers.owner_of(customer_id, caller.owner)
        await self._refuse_to_attach(payment_method, caller.owner)
        send = partial(self._send_attach, payment_method, customer_id)
        try:
            reply = await ask(send, stripe_key(caller), "attach the card")
        except StripeRefused as exc:
            if (exc.stripe_code, exc.param) == (RESOURCE_MISSING, "customer"):
                raise CustomerNotFound(customer_id) from exc
            raise
        card = kept(reply)
        return await self._done(card, caller, "attach_card")

    async def of_customer(self, customer_id: str, owner: str | None) -> list[CardStanding]:
        """Return all cards of a customer, newest first, those out of use too.

        An owner of null reads every owner's.

        Raises:
            CustomerNotFound: there is none, or it is another owner's.
            StripeUnavailable: Stripe cannot be asked.
        """
        whose = await self.customers.owner_of(customer_id, owner) or owner
        reply = await self.gateway.list_cards(customer_id)
        if is_missing(reply):
            raise CustomerNotFound(customer_id)
        cards = answered(reply, "list the cards").cards
        return await self.standings.of_all(cards, whose)

    async def get(self, card_id: str, owner: str | None) -> CardStanding:
        """Return a card; an owner of null reads every owner's.

        Raises:
            CardNotFound: there is none, or it is another owner's.
            CardUnknown: it is a payment method of another kind.
            StripeUnavailable: Stripe cannot be asked.
        """
        card = await self.standings.visible(card_id, owner)
        return await self.standings.of(card, await self.standings.owner(card) or owner)

    async def update(self, card_id: str, request: UpdateCard, caller: Caller) -> CardStanding:
        """Change a card's expiry date or billing details at Stripe.

        A card that is out of use for its expiry is another one with a later date, and usable.

        Raises:
            CardNotFound: there is none, or it is another owner's.
            CardUnknown: it is a payment method of another kind.
            ExpiryPassed, ExpiryNotLater: the new date cannot renew the card.
            StripeRefused: Stripe would not change it.
            StripeUnavailable: nothing was written; send the same request again.
            IdempotencyKeyReused, IdempotencyKeyInUse: the key is another request's, or in use.
        """
        done = await find_done(self.driver, caller, "update_card")
        if done is not None:
            return await self._replayed(done, caller)
        card = await self.standings.visible(card_id, caller.owner)
        if request.expiry_given:
            await self._refuse_expiry(card, request, caller.owner)
        if request.parameters:
            send = partial(self._send_update, card_id, request.parameters)
            reply = await ask(send, stripe_key(caller), "update the card")
            card = kept(reply)
            # What is remembered of it decides at the next confirm whether it is out of use.
            await self.driver.database.write(refresh_card, caller.owner, card, self.driver.clock())
        return await self._done(card, caller, "update_card")

    async def detach(self, card_id: str, caller: Caller) -> CardStanding:
        """Take a card away from its customer, for good: Stripe does not take it again.

        Once it is away, asking again changes nothing, also where the first answer was lost.

        Raises:
            CardNotFound: there is none, or it is another owner's.
            CardUnknown: it is a payment method of another kind.
            StripeRefused: it belongs to no customer.
            StripeUnavailable: nothing was written; send the same request again.
        """
        card = await self.standings.visible(card_id, caller.owner)
        # Without a customer a twin has just taken it away, or this caller did and heard no answer:
        # whose it was is no longer told, and Stripe refuses whoever never asked before.
        owner = await self.standings.owner(card) if card.customer is not None else caller.owner
        if not await self._is_detached(card_id, caller.owner):
            card = await self._ask_to_detach(card)
            await self._keep_detached(card_id, owner, caller)
        return await self.standings.of(card, owner or caller.owner)

    # ── what is refused before Stripe is asked ───────────────────────────────────────────────

    async def _refuse_to_attach(self, payment_method: str, owner: str) -> None:
        """Refuse what is no card, which Stripe would attach as readily, or another owner's."""
        reply = await self.driver.gateway.retrieve_card(payment_method)
        card = card_of(reply, payment_method)
        if card is None or reply.card is None:
            return
        # A test id that everybody shares is another card at each use.
        shared = reply.card.payment_method != payment_method
        owners = [] if shared else await self.standings.owners(card)
        if owners and owner not in owners:
            raise unknown_card()

    async def _refuse_expiry(self, card: CardView, request: UpdateCard, owner: str) -> None:
        """Refuse a date that would look like another card, and so like a usable one."""
        whose = await self.standings.owner(card) or owner
        prefix = expiry_prefix(card)
        scopes = await self.driver.database.read(find_expired_scopes, whose, prefix)
        refuse_expiry(card, request, dates_of(scopes), self.driver.clock())

    # ── detaching ────────────────────────────────────────────────────────────────────────────

    async def _is_detached(self, card_id: str, owner: str) -> bool:
        """Tell whether it is on record that the card was taken away."""
        keys = [scope_key("payment_method", CardView(card_id), owner)]
        return bool(await self.driver.database.read(find_disablements, owner, keys))

    async def _ask_to_detach(self, card: CardView) -> CardView:
        """Ask under one key per card, so that Stripe gives a lost answer again.

        Stripe keeps a refusal under it as well: a card that came to its customer later is asked
        for again under another. And a card may have gone with an answer that was a stored error.
        """
        send = partial(self._send_detach, card.payment_method)
        key = f"{card.payment_method}:detach"
        try:
            return kept(await ask(send, key, "detach the card"))
        except StripeRefused:
            if card.customer is None:
                raise
            now = await self.standings.read(card.payment_method)
            if now.customer is None:
                return now
            return kept(await ask(send, f"{key}:{uuid4().hex}", "detach the card"))

    async def _keep_detached(self, card_id: str, owner: str | None, caller: Caller) -> None:
        """Put the card out of use under its id alone: it may come back under another.

        A confirm with this id would spend an attempt for Stripe's refusal.
        """
        card, now = CardView(card_id), self.driver.clock()
        row = disabled_by(
            caller.actor,
            card,
            owner,
            "payment_method",
            DETACHED,
            now,
            request_id=caller.request_id,
        )
        try:
            kept_now = await self.driver.database.write(disable_by_hand, row, None)
        except IntegrityError:
            # A twin has put it on record at the same moment.
            return
        if kept_now:
            log.info("card_detached", **facts(card, owner, DETACHED, caller))

    # ── what each of them ends with ──────────────────────────────────────────────────────────

    async def _done(self, card: CardView, caller: Caller, operation: str) -> CardStanding:
        """Keep the request's key, where it has one, and say how the card stands."""
        key = key_of_resource(self.driver, caller, operation, card.payment_method)
        if key is not None:
            try:
                await self.driver.database.write(keep_key, key)
            except IntegrityError:
                done = await done_meanwhile(self.driver, caller, operation)
                return await self._replayed(done, caller)
        return await self.standings.of(card, await self.standings.owner(card) or caller.owner)

    async def _replayed(self, card_id: str, caller: Caller) -> CardStanding:
        return replace(await self.get(card_id, caller.owner), replayed=True)

    async def _send_attach(self, payment_method: str, customer_id: str, key: str) -> CardReply:
        return await self.gateway.attach_card(payment_method, customer_id, idempotency_key=key)

    async def _send_update(self, card_id: str, changes: dict[str, Any], key: str) -> CardReply:
        return await self.gateway.update_card(card_id, changes, idempotency_key=key)

    async def _send_detach(self, card_id: str, key: str) -> CardReply:
        return await self.gateway.detach_card(card_id, idempotency_key=key)
