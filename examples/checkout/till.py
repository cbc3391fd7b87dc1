"""What the shop does with the orchestrator: pay, look, ask again, start over.

The one place that holds the API key. Every request that moves something goes out under a key that
is the same when it is sent again, so nothing the browser or the network does pays twice.
"""

from dataclasses import dataclass
from typing import Any, Final

from examples.checkout.orders import Order, Shopper, Try
from examples.checkout.rest import Orchestrator, Refused

Json = dict[str, Any]

# The payment is not where the page thought it was: it only has to be shown as it is.
OVERTAKEN: Final = frozenset({"attempt_in_progress", "payment_handled", "payment_ending"})
WAITING: Final = frozenset({"created", "requires_new_card", "card_disabled"})


class TryOutOfTurn(Exception):
    """The page wants to begin a try that is not the next one: it shows an old state."""


class StillOpen(Exception):
    """Another payment for an order may begin only after the last one failed."""


@dataclass(slots=True)
class Till:
    """Takes money for orders. ``wallet`` is what a new customer of the stand-in has saved."""

    orchestrator: Orchestrator
    wallet: tuple[str, ...] = ()

    async def cards(self, shopper: Shopper) -> list[Json]:
        """Fetch the cards the shopper has saved; those out of use are not among them."""
        return await self.orchestrator.list_cards(await self._customer(shopper))

    async def look(self, order: Order) -> Json | None:
        """Read where the order's payment stands; null where no card was tried."""
        if order.payment is None:
            return None
        return _noted(order, await self.orchestrator.get_payment(order.payment))

    async def ask_stripe(self, order: Order) -> Json | None:
        """Have the orchestrator ask Stripe: after 3-D Secure, and when waiting takes long."""
        if order.payment is None:
            return None
        return _noted(order, await self.orchestrator.refresh(order.payment))

    async def client_secret(self, order: Order) -> str | None:
        """Fetch what a browser needs to let the customer pass 3-D Secure."""
        if order.payment is None:
            return None
        return await self.orchestrator.client_secret(order.payment)

    async def pay(self, shopper: Shopper, number: int, card: str, *, save: bool) -> Json:
        """Try a card. The same number again is the same try, whatever card comes with it.

        Raises:
            TryOutOfTurn: the number is not the next one.
            Refused: the orchestrator refuses the card; no attempt was spent.
        """
        order = shopper.order
        async with shopper.turn:
            if number > order.next_try:
                raise TryOutOfTurn
            customer = await self._customer(shopper)
            if order.payment is None:
                order.payment = await self._create(order, customer)
            if number == order.next_try:
                if save:
                    card = await self._save(customer, card, order.try_key(number))
                order.tries.append(Try(card))
            return await self._confirm(order, number)

    async def start_over(self, shopper: Shopper) -> None:
        """Let another payment be made for an order whose payment failed.

        Raises:
            StillOpen: it has not failed, so a second one could charge twice.
        """
        async with shopper.turn:
            payment = await self.look(shopper.order)
            if payment is None:
                return
            if payment["state"] != "failed":
                raise StillOpen
            shopper.order.start_over()

    async def _create(self, order: Order, customer: str) -> str:
        created = await self.orchestrator.create_payment(
            {
                "amount": order.amount,
                "currency": order.currency,
                "customer": customer,
                "item_ids": [line.sku for line in order.lines],
                "transaction_id": order.id,
            },
            order.create_key,
        )
        return str(created["id"])

    async def _confirm(self, order: Order, number: int) -> Json:
        assert order.payment is not None, "a card is tried on a payment"
        tried = order.tries[number - 1]
        try:
            payment = await self.orchestrator.confirm(
                order.payment, tried.card, order.try_key(number)
            )
        except Refused as refusal:
            if refusal.code not in OVERTAKEN:
                tried.barred = True
                raise
            payment = await self.orchestrator.get_payment(order.payment)
        return _noted(order, payment)

    async def _customer(self, shopper: Shopper) -> str:
        """Return the shopper's customer; a new one of the stand-in gets a filled wallet."""
        if shopper.customer is None:
            key = f"customer-{shopper.session}"
            customer = await self.orchestrator.create_customer({"name": "A. Customer"}, key)
            for number, card in enumerate(self.wallet):
                method = card.format(customer=customer["id"])
                await self.orchestrator.attach_card(customer["id"], method, f"{key}-{number}")
            shopper.customer = customer["id"]
        return shopper.customer

    async def _save(self, customer: str, card: str, key: str) -> str:
        attached = await self.orchestrator.attach_card(customer, card, f"{key}-save")
        return str(attached["id"])


def _noted(order: Order, payment: Json) -> Json:
    """Remember of the last try whether its card may be tried again."""
    outcome = payment["last_outcome"]
    if order.tries and payment["state"] in WAITING and outcome is not None:
        order.tries[-1].barred = not outcome["same_card_allowed"]
    return payment
