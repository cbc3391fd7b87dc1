"""An issuer that changes its mind: from some moment on the stand-in is sent another card instead.

The stand-in's cards always end the same way; a card that is declined and then approved is one of
them followed by another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.gateway.views import Reply
from tests.world import World


class ChangedMind:
    """The gateway, but for what confirms a card."""

    def __init__(self, gateway: Any, instead: str) -> None:
        """Stand before a gateway; ``instead`` is the card that Stripe is sent."""
        self._gateway = gateway
        self._instead = instead

    def __getattr__(self, name: str) -> Any:
        """Do the rest as the gateway does."""
        return getattr(self._gateway, name)

    async def confirm_intent(
        self, intent_id: str, parameters: Mapping[str, Any], idempotency_key: str
    ) -> Reply:
        """Confirm with the other card."""
        changed = {**parameters, "payment_method": self._instead}
        reply: Reply = await self._gateway.confirm_intent(intent_id, changed, idempotency_key)
        return reply


def change_mind(world: World, instead: str = "pm_card_visa") -> None:
    """Let every card end as another one does, from now on."""
    driver = world.payments.driver
    driver.gateway = ChangedMind(driver.gateway, instead)
