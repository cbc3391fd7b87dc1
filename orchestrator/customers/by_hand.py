"""Cards taken out of use by hand, and put back: on record with who did it and why."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy.exc import IntegrityError

from orchestrator.actions import Action, ActionName, Subject
from orchestrator.card_scopes import disabled_by, scope_keys, single_payments
from orchestrator.customers.once import find_done, key_of_resource
from orchestrator.customers.standing import CardStanding, Standings
from orchestrator.driver import MAX_ROUNDS, Driver
from orchestrator.errors import WriteConflict
from orchestrator.gateway.views import CardView
from orchestrator.requests import Caller
from orchestrator.store.customers import Enabling, disable_by_hand, enable_by_hand

log = structlog.get_logger("orchestrator.customers")

# Who holds the card in hand wants it out of use however it comes: renewed, or under another id.
_SCOPE: Final = "fingerprint"

Write = Callable[[CardView, str | None, dict[str, Any] | None], Awaitable[None]]


@dataclass(slots=True)
class CardsByHand:
    """The use cases of an administrator about cards, whoever's they are."""

    driver: Driver
    standings: Standings

    async def disable(self, card_id: str, reason: str, caller: Caller) -> CardStanding:
        """Take a card out of use for its customer's owner; for everybody where nobody owns it.

        One that is out of use stays so.

        Raises:
            CardNotFound: Stripe knows no such card.
            CardUnknown: it is a payment method of another kind.
            StripeUnavailable: nothing was written; send the same request again.
            IdempotencyKeyReused: the key is another request's.
            WriteConflict: others keep changing the card; send the same request again.
        """

        async def write(card: CardView, owner: str | None, key: dict[str, Any] | None) -> None:
            row = disabled_by(
                caller.actor,
                card,
                owner,
                _SCOPE,
                reason,
                self.driver.clock(),
                request_id=caller.request_id,
            )
            action = action_on(
                ActionName.card_disabled, card, owner, reason, caller, row["disabled_at"]
            )
            if await self.driver.database.write(disable_by_hand, row, key, action):
                log.info("card_disabled_by_hand", **facts(card, owner, reason, caller))

        return await self._once(card_id, caller, "disable_card", write)

    async def enable(self, card_id: str, reason: str, caller: Caller) -> CardStanding:
        """Put a card back into use, whatever keeps it out; one that is in use stays so.

        A detached card stays out of use: Stripe does not take it again.

        Raises:
            CardNotFound: Stripe knows no such card.
            CardUnknown: it is a payment method of another kind.
            StripeUnavailable: nothing was written; send the same request again.
            IdempotencyKeyReused: the key is another request's.
            WriteConflict: others keep changing the card; send the same request again.
        """

        async def write(card: CardView, owner: str | None, key: dict[str, Any] | None) -> None:
            enabling = Enabling(self.driver.clock(), reason, caller.actor, caller.request_id)
            keys = list(scope_keys(card, card.customer, card_id))
            action = action_on(ActionName.card_enabled, card, owner, reason, caller, enabling.at)
            ended = await self.driver.database.write(
                enable_by_hand, owner, card_id, keys, single_payments(card), enabling, key, action
            )
            if ended:
                log.info("card_enabled_by_hand", **facts(card, owner, reason, caller))

        return await self._once(card_id, caller, "enable_card", write)

    async def _once(
        self, card_id: str, caller: Caller, operation: str, write: Write
    ) -> CardStanding:
        """Write unless this very request has been carried out, and say how the card stands."""
        card = await self.standings.read(card_id)
        owner = await self.standings.owner(card)
        for _ in range(MAX_ROUNDS):
            if await find_done(self.driver, caller, operation) is not None:
                return await self.standings.of(card, owner, replayed=True)
            try:
                await write(card, owner, key_of_resource(self.driver, caller, operation, card_id))
            except IntegrityError:
                # The same card, or the same request, at the same moment: look again.
                continue
            return await self.standings.of(card, owner)
        raise WriteConflict(card_id, what="card")


def facts(card: CardView, owner: str | None, reason: str, caller: Caller) -> dict[str, Any]:
    """Return what the log is told of what somebody did to a card; the row tells the auditors."""
    return {
        "payment_method": card.payment_method,
        "owner": "everybody" if owner is None else owner,
        "reason": reason,
        "actor": caller.actor.id,
        "request_id": caller.request_id,
    }


def action_on(
    name: ActionName,
    card: CardView,
    owner: str | None,
    reason: str,
    caller: Caller,
    at: datetime,
) -> Action:
    """Say what somebody did to a card, and for whom; null is everybody."""
    subject = Subject("card", card.payment_method)
    details = {"owner": owner, "customer": card.customer}
    return Action(name, subject, caller.actor, at, reason, caller.request_id, details)
