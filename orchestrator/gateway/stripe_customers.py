"""What the orchestrator asks of Stripe about customers and the cards they keep.

Every end of a call is a value of ``views``; it never retries and never decides.
"""

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.gateway.answers import card_reply, cards_reply, customer_reply
from orchestrator.gateway.calls import StripeCalls, checked
from orchestrator.gateway.parsing import parse_card_page
from orchestrator.gateway.views import CardReply, CardsReply, CardView, CustomerReply

_CARDS_PER_PAGE: Final = 100
_MAXIMUM_PAGES: Final = 10


class StripeCustomers:
    """Customers and their cards over the same calls as the payments."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    async def create_customer(
        self,
        *,
        email: str | None,
        name: str | None,
        metadata: Mapping[str, str],
        idempotency_key: str,
    ) -> CustomerReply:
        """Create a customer.

        Raises:
            ValueError: the idempotency key is empty or too long.
        """
        parameters = {"email": email, "name": name, "metadata": dict(metadata)}
        return customer_reply(await self._calls.post("/v1/customers", parameters, idempotency_key))

    async def retrieve_customer(self, customer_id: str) -> CustomerReply:
        """Read a customer.

        Raises:
            ValueError: an id that cannot be one.
        """
        return customer_reply(await self._calls.get(f"/v1/customers/{checked(customer_id)}", {}))

    async def attach_card(
        self, payment_method_id: str, customer_id: str, *, idempotency_key: str
    ) -> CardReply:
        """Give a payment method to a customer.

        Raises:
            ValueError: an id or key that cannot be one.
        """
        path = f"/v1/payment_methods/{checked(payment_method_id)}/attach"
        parameters = {"customer": checked(customer_id)}
        return card_reply(await self._calls.post(path, parameters, idempotency_key))

    async def list_cards(self, customer_id: str) -> CardsReply:
        """Read all cards of a customer, newest first; all of them or none.

        Raises:
            ValueError: an id that cannot be one.
        """
        parameters = {
            "customer": checked(customer_id),
            "type": "card",
            "limit": _CARDS_PER_PAGE,
        }
        cards: tuple[CardView, ...] = ()
        for _ in range(_MAXIMUM_PAGES):
            answer = await self._calls.get("/v1/payment_methods", parameters)
            if not answer.succeeded:
                return cards_reply(answer)
            page = parse_card_page(answer.body)
            if page is None:
                return cards_reply(answer, unreadable="The cards cannot be read.")
            cards += page.cards
            if not page.has_more:
                return cards_reply(answer, cards)
            parameters["starting_after"] = page.cards[-1].payment_method
        return cards_reply(answer, unreadable="The customer has too many cards.")

    async def update_card(
        self, payment_method_id: str, changes: Mapping[str, Any], *, idempotency_key: str
    ) -> CardReply:
        """Change a card's expiry date or its billing details.

        Raises:
            ValueError: an id or key that cannot be one.
        """
        path = f"/v1/payment_methods/{checked(payment_method_id)}"
        return card_reply(await self._calls.post(path, changes, idempotency_key))

    async def detach_card(self, payment_method_id: str, *, idempotency_key: str) -> CardReply:
        """Take a card away from its customer; Stripe will not take it again.

        Raises:
            ValueError: an id or key that cannot be one.
        """
        path = f"/v1/payment_methods/{checked(payment_method_id)}/detach"
        return card_reply(await self._calls.post(path, {}, idempotency_key))


__all__ = ["StripeCustomers"]
