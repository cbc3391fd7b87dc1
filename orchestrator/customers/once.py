"""Requests about customers and cards, each done once: the Idempotency-Key here and at Stripe.

Payments keep their keys in the transaction that moves them; these have nothing else to write.
"""

from typing import Any
from uuid import uuid4

from orchestrator.driver import Driver
from orchestrator.errors import IdempotencyKeyInUse
from orchestrator.refusals import refuse_other_use
from orchestrator.requests import Caller, derive_payment_id, key_row
from orchestrator.store.customers import find_key


async def find_done(driver: Driver, caller: Caller, operation: str) -> str | None:
    """Return the customer or card that this very request was about, where it has been done.

    Raises:
        IdempotencyKeyReused: the key stands for another request.
    """
    if caller.idempotency_key is None:
        return None
    use = await driver.database.read(find_key, caller.owner, caller.idempotency_key)
    if use is None:
        return None
    refuse_other_use(use, caller, operation)
    return use.resource


async def done_meanwhile(driver: Driver, caller: Caller, operation: str) -> str:
    """Return what a twin of this request made, once its key was found taken.

    Raises:
        IdempotencyKeyReused: the key stands for another request.
        IdempotencyKeyInUse: whoever took it is not to be seen yet.
    """
    resource = await find_done(driver, caller, operation)
    if resource is None:
        raise IdempotencyKeyInUse("The same request is being carried out. Send it again.")
    return resource


def stripe_key(caller: Caller) -> str:
    """Name a request at Stripe: the same at every retry, where the caller gave it a key.

    It is the name under which a create of a payment with the caller's key would ask: of two
    requests of different kinds under one key at the same moment, Stripe itself refuses one.
    Without a key it is a name of its own.
    """
    if caller.idempotency_key is None:
        return f"{uuid4().hex}:create"
    return f"{derive_payment_id(caller.owner, caller.idempotency_key)}:create"


def key_of_resource(
    driver: Driver, caller: Caller, operation: str, resource: str
) -> dict[str, Any] | None:
    """Return the row that lets the caller's key stand for a request about a customer or card."""
    row = key_row(caller, operation, None, driver.clock())
    return {**row, "resource": resource} if row is not None else None
