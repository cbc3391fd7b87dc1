"""The use cases that only look: get, page, history, explain and the client secret.

They move nothing and write nothing; only the client secret needs Stripe.
"""

from dataclasses import dataclass
from typing import Any

from orchestrator.driver import Driver
from orchestrator.errors import PaymentNotFound, StripeUnavailable
from orchestrator.explain import Explanation, deciding_version, explain
from orchestrator.kept_rules import NOT_KEPT
from orchestrator.payment import Payment
from orchestrator.store.history import read_history, read_payment_of
from orchestrator.store.lists import ListPayments, Page, read_page
from orchestrator.store.rules import read_rule_sets


@dataclass(slots=True)
class Reading:
    """What can be learnt about payments; an owner of null reads every owner's."""

    driver: Driver

    async def get(self, payment_id: str, owner: str | None) -> Payment:
        """Return a payment.

        Raises:
            PaymentNotFound: the owner has no such payment.
        """
        payment = await self.driver.database.read(read_payment_of, payment_id, owner)
        if payment is None:
            raise PaymentNotFound(payment_id)
        return payment

    async def page(self, wanted: ListPayments) -> Page:
        """Return one page of the owner's payments, newest first.

        Raises:
            PaymentNotFound: the owner has no payment of the id that the page should adjoin.
        """
        page = await self.driver.database.read(read_page, wanted)
        if page is None:
            assert wanted.cursor is not None, "only a cursor can be unknown"
            raise PaymentNotFound(wanted.cursor)
        return page

    async def history(self, payment_id: str, owner: str | None) -> list[dict[str, Any]]:
        """Return a payment's history rows, oldest first.

        Raises:
            PaymentNotFound: the owner has no such payment.
        """
        await self.get(payment_id, owner)
        return await self.driver.database.read(read_history, payment_id)

    async def explain(self, payment_id: str, owner: str | None) -> Explanation:
        """Say why a payment is where it is, and what comes next.

        Raises:
            PaymentNotFound: the owner has no such payment.
        """
        payment = await self.get(payment_id, owner)
        rows = await self.driver.database.read(read_history, payment_id)
        # Not the newest row: by now there may be one that the payment, as it was read, had not.
        last = rows[payment.version - 1]
        rules = await self.driver.rules_in_force()
        ruled = deciding_version(payment, last, rules)
        sets = await self.driver.database.read(read_rule_sets, [ruled])
        return explain(payment, last, rules, self.driver.clock(), sets.get(ruled, NOT_KEPT))

    async def client_secret(self, payment_id: str, owner: str) -> str:
        """Read a payment's client secret from Stripe again; it is never stored.

        Raises:
            PaymentNotFound: the owner has no such payment.
            StripeUnavailable: Stripe did not show it.
        """
        payment = await self.get(payment_id, owner)
        return await self._read_secret(payment)

    async def _read_secret(self, payment: Payment) -> str:
        reply = await self.driver.gateway.retrieve_intent(payment.payment_intent)
        if reply.intent is None or reply.intent.client_secret is None:
            raise StripeUnavailable("read the client secret")
        return reply.intent.client_secret
