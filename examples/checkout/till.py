"""What the shop does with the orchestrator: pay, look, ask again, start over.

The one place that holds the API key. Every request that moves something goes out under a key that
is the same when it is sent again, so nothing the browser or the network does pays twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from examples.checkout.orders import Order, Shopper, Try
from orchestrator.client import (
    ApiError,
    AsyncClient,
    AttemptInProgress,
    Card,
    Payment,
    PaymentEnding,
    PaymentHandled,
)

# The payment is not where the page thought it was: it only has to be shown as it is.
OVERTAKEN: Final = (AttemptInProgress, PaymentEnding, PaymentHandled)
# What a customer can mend by choosing another card.
CARD_REFUSALS: Final = frozenset(
    {"card_disabled", "card_attempts_exhausted", "card_unknown", "stripe_refused"}
)
WAITING: Final = frozenset({"created", "requires_new_card", "card_disabled"})


class TryOutOfTurn(Exception):
    """The page wants to begin a try that is not the next one: it shows an old state."""


class StillOpen(Exception):
    """Another payment for an order may begin only after the last one failed."""


@dataclass(slots=True)
class Till:
    """Takes money for orders. ``wallet`` is what a new customer of the stand-in has saved."""

    orchestrator: AsyncClient
    wallet: tuple[str, ...] = ()

    async def cards(self, shopper: Shopper) -> Sequence[Card]:
        """Fetch the cards the shopper has saved; those out of use are not among them."""
        return (await self.orchestrator.customers.cards(await self._customer(shopper))).data

    async def look(self, order: Order) -> Payment | None:
        """Read where the order's payment stands; null where no card was tried."""
        if order.payment is None:
            return None
        return _noted(order, await self.orchestrator.payments.get(order.payment))

    async def ask_stripe(self, order: Order) -> Payment | None:
        """Have the orchestrator ask Stripe: after 3-D Secure, and when waiting takes long."""
        if order.payment is None:
            return None
        return _noted(order, await self.orchestrator.payments.refresh(order.payment))

    async def client_secret(self, order: Order) -> str | None:
        """Fetch what a browser needs to let the customer pass 3-D Secure."""
        if order.payment is None:
            return None
        return (await self.orchestrator.payments.client_secret(order.payment)).client_secret

    async def pay(self, shopper: Shopper, number: int, card: str, *, save: bool) -> Payment:
        """Try a card. The same number again is the same try, whatever card comes with it.

        Raises:
            TryOutOfTurn: the number is not the next one.
            ApiError: the orchestrator refuses the card; no attempt was spent.
            ClientError: nobody knows what came of it; the same try may be sent again.
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
            if payment.state != "failed":
                raise StillOpen
            shopper.order.start_over()

    async def _create(self, order: Order, customer: str) -> str:
        created = await self.orchestrator.payments.create(
            amount=order.amount,
            currency=order.currency,
            customer=customer,
            item_ids=[line.sku for line in order.lines],
            transaction_id=order.id,
            idempotency_key=order.create_key,
        )
        return created.id

    async def _confirm(self, order: Order, number: int) -> Payment:
        assert order.payment is not None, "a card is tried on a payment"
        tried = order.tries[number - 1]
        try:
            payment = await self.orchestrator.payments.confirm(
                order.payment, payment_method=tried.card, idempotency_key=order.try_key(number)
            )
        except OVERTAKEN:
            payment = await self.orchestrator.payments.get(order.payment)
        except ApiError as refusal:
            tried.barred = refusal.code in CARD_REFUSALS
            raise
        return _noted(order, payment)

    async def _customer(self, shopper: Shopper) -> str:
        """Return the shopper's customer; a new one of the stand-in gets a filled wallet."""
        if shopper.customer is None:
            key = f"customer-{shopper.session}"
            customers = self.orchestrator.customers
            customer = await customers.create(name="A. Customer", idempotency_key=key)
            for number, card in enumerate(self.wallet):
                await customers.attach_card(
                    customer.id,
                    payment_method=card.format(customer=customer.id),
                    idempotency_key=f"{key}-{number}",
                )
            shopper.customer = customer.id
        return shopper.customer

    async def _save(self, customer: str, card: str, key: str) -> str:
        # A card that was not accepted is followed by another one under the same try.
        attached = await self.orchestrator.customers.attach_card(
            customer, payment_method=card, idempotency_key=f"{key}-save-{card}"
        )
        return attached.id


def _noted(order: Order, payment: Payment) -> Payment:
    """Remember of the last try whether its card may be tried again."""
    outcome = payment.last_outcome
    if order.tries and payment.state in WAITING and outcome is not None:
        order.tries[-1].barred = not outcome.same_card_allowed
    return payment
