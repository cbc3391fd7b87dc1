"""Customers: made at Stripe, and whose they are kept here.

Names, addresses and metadata stay at Stripe and are read there each time. A customer that was made
elsewhere has no owner and is anybody's who knows its id.
"""

from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.exc import IntegrityError

from orchestrator.asking import answered, ask, is_missing
from orchestrator.customers.once import done_meanwhile, find_done, key_of_resource, stripe_key
from orchestrator.driver import Driver
from orchestrator.errors import CustomerNotFound, StripeUnavailable
from orchestrator.gateway.views import CustomerReply, CustomerView
from orchestrator.requests import Caller, CustomerGateway
from orchestrator.store.customers import find_customer_owner, keep_customer

_OPERATION = "create_customer"


@dataclass(frozen=True, slots=True)
class CreateCustomer:
    """A customer to be made."""

    email: str | None = None
    name: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerResult:
    """A customer as Stripe has it now."""

    customer: CustomerView
    replayed: bool = False


@dataclass(slots=True)
class Customers:
    """The use cases about customers."""

    driver: Driver
    gateway: CustomerGateway

    async def create(self, request: CreateCustomer, caller: Caller) -> CustomerResult:
        """Create a customer at Stripe.

        Raises:
            IdempotencyKeyReused, IdempotencyKeyInUse: the key is another request's, or in use.
            StripeRefused: Stripe called the request invalid.
            StripeUnavailable: nothing was written; send the same request again.
        """
        done = await find_done(self.driver, caller, _OPERATION)
        if done is not None:
            return CustomerResult(await self._read(done), replayed=True)
        send = partial(self._send, request)
        reply = await ask(send, stripe_key(caller), "create the customer")
        if reply.customer is None:
            raise StripeUnavailable("create the customer")
        return await self._keep(reply.customer, caller)

    async def get(self, customer_id: str, owner: str | None) -> CustomerView:
        """Return a customer; an owner of null reads every owner's.

        Raises:
            CustomerNotFound: there is none, or it is another owner's.
            StripeUnavailable: Stripe cannot be asked.
        """
        await self.owner_of(customer_id, owner)
        return await self._read(customer_id)

    async def owner_of(self, customer_id: str, owner: str | None) -> str | None:
        """Return whose a customer is; null for one that was made elsewhere.

        Raises:
            CustomerNotFound: it is another's than ``owner``'s.
        """
        found = await self.driver.database.read(find_customer_owner, customer_id)
        if None not in (found, owner) and found != owner:
            raise CustomerNotFound(customer_id)
        return found

    async def _keep(self, customer: CustomerView, caller: Caller) -> CustomerResult:
        key = key_of_resource(self.driver, caller, _OPERATION, customer.id)
        now = self.driver.clock()
        try:
            await self.driver.database.write(keep_customer, customer.id, caller.owner, now, key)
        except IntegrityError:
            done = await done_meanwhile(self.driver, caller, _OPERATION)
            return CustomerResult(await self._read(done), replayed=True)
        return CustomerResult(customer)

    async def _send(self, request: CreateCustomer, key: str) -> CustomerReply:
        return await self.gateway.create_customer(
            email=request.email,
            name=request.name,
            metadata=request.metadata,
            idempotency_key=key,
        )

    async def _read(self, customer_id: str) -> CustomerView:
        reply = await self.gateway.retrieve_customer(customer_id)
        if is_missing(reply):
            raise CustomerNotFound(customer_id)
        customer = answered(reply, "read the customer").customer
        if customer is None:
            # Deleted at Stripe: its id is still known, and nothing else.
            raise CustomerNotFound(customer_id)
        return customer


__all__ = ["CreateCustomer", "CustomerResult", "Customers"]
