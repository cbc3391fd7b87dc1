"""Cards taken out of use by hand, and put back: on record with who did it and why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from orchestrator.change import scope_key, scope_keys
from orchestrator.customers.once import find_done, key_of_resource
from orchestrator.customers.standing import CardStanding, Standings
from orchestrator.driver import MAX_ROUNDS, Driver
from orchestrator.errors import WriteConflict
from orchestrator.gateway.views import CardView
from orchestrator.requests import Caller
from orchestrator.store.customers import Enabling, disable_by_hand, enable_by_hand

# Who holds the card in hand wants it out of use however it comes: renewed, or under another id.
_SCOPE = "fingerprint"


@dataclass(slots=True)
class CardsByHand:
    """The use cases of an administrator about cards, whoever's they are."""

    driver: Driver
    standings: Standings

    async def disable(self, card_id: str, reason: str, caller: Caller) -> CardStanding:
        """Take a card out of use for whoever uses it; one that is out of use stays so.

        Raises:
            CardNotFound: Stripe knows no such card.
            StripeUnavailable: nothing was written; send the same request again.
            IdempotencyKeyReused: the key is another request's.
        """

        async def write(card: CardView, owners: list[str], key: Any) -> None:
            now = self.driver.clock()
            rows = [by_hand(card, owner, reason, caller, now) for owner in owners]
            await self.driver.database.write(disable_by_hand, rows, key)

        return await self._once(card_id, caller, "disable_card", write)

    async def enable(self, card_id: str, reason: str, caller: Caller) -> CardStanding:
        """Put a card back into use, whatever keeps it out; one that is in use stays so.

        Raises:
            CardNotFound: Stripe knows no such card.
            StripeUnavailable: nothing was written; send the same request again.
            IdempotencyKeyReused: the key is another request's.
        """

        async def write(card: CardView, owners: list[str], key: Any) -> None:
            enabling = Enabling(self.driver.clock(), reason, caller.actor, caller.request_id)
            keys = list(scope_keys(card, card.customer, card_id))
            await self.driver.database.write(enable_by_hand, owners, keys, enabling, key)

        return await self._once(card_id, caller, "enable_card", write)

    async def _once(
        self, card_id: str, caller: Caller, operation: str, write: Callable[..., Any]
    ) -> CardStanding:
        """Write unless this very request has been carried out, and say how the card stands."""
        card = await self.standings.read(card_id)
        owners = await self.standings.owners(card, caller)
        for _ in range(MAX_ROUNDS):
            if await find_done(self.driver, caller, operation) is not None:
                return await self.standings.of(card, owners[0], replayed=True)
            try:
                await write(card, owners, key_of_resource(self.driver, caller, operation, card_id))
            except IntegrityError:
                # The same card, or the same request, at the same moment: look again.
                continue
            return await self.standings.of(card, owners[0])
        raise WriteConflict(card_id)


def by_hand(
    card: CardView, owner: str, reason: str, caller: Caller, now: datetime
) -> dict[str, Any]:
    """Return the row that takes a card out of use, with who did it."""
    return {
        "owner": owner,
        "scope_key": scope_key(_SCOPE, card, owner),
        "scope": _SCOPE,
        "payment_method": card.payment_method,
        "payment_id": None,
        "reason": reason,
        "disabled_at": now,
        "actor_kind": caller.actor.kind,
        "actor_id": caller.actor.id,
        "request_id": caller.request_id,
    }
