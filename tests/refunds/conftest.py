"""A deployment that has been paid once, over a Stripe that gives money back as it is told to."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.payment import Payment
from orchestrator.refund import Refund
from orchestrator.refunds import RefundResult, Refunds, RefundsDue, record_refunds_and_disputes
from orchestrator.requests import CreateRefund
from tests.refunds.fake_stripe import FakeStripe
from tests.world import World


@dataclass
class Desk:
    """One payment over 10.00 USD that has succeeded, and who gives it back."""

    world: World
    payment: Payment
    stripe: FakeStripe = field(default_factory=FakeStripe)

    @property
    def refunds(self) -> Refunds:
        """Return the use cases."""
        return Refunds(self.world.payments.driver, self.stripe)

    async def give(
        self, amount: int | None = None, *, key: str | None = None, **fields: Any
    ) -> RefundResult:
        """Ask for a refund."""
        request = CreateRefund(amount, **fields)
        caller = self.world.caller(key, digest=f"{amount}{fields}")
        return await self.refunds.create(self.payment.id, request, caller)

    async def work(self) -> None:
        """Let the worker carry on what is due."""
        await RefundsDue(self.world.payments.driver, self.stripe).run_once("worker")

    async def wait(self, **ahead: float) -> None:
        """Let time pass, and the worker carry on what is due by then."""
        self.world.clock.ahead += timedelta(**ahead)
        await self.work()

    async def record(self) -> None:
        """Put on record what there is at Stripe."""
        await record_refunds_and_disputes(
            self.world.payments.driver, self.stripe, await self.load()
        )

    async def load(self) -> Payment:
        """Read the payment as it is stored."""
        return await self.world.load(self.payment)

    async def all(self) -> list[Refund]:
        """Read the payment's refunds, newest first."""
        return await self.refunds.of_payment(self.payment.id, None)


@pytest.fixture
async def desk(world: World) -> Desk:
    """Give the test a payment that has succeeded, on each kind of database."""
    payment = await world.create()
    paid = await world.confirm(payment, "pm_card_visa")
    return Desk(world, paid.payment)
