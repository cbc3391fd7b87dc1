"""Requests about customers and cards, each done once: the Idempotency-Key here and at Stripe.

Payments keep their keys in the transaction that moves them; these have nothing else to write.
"""

import hashlib
from typing import Any
from uuid import uuid4

from orchestrator.driver import Driver
from orchestrator.errors import IdempotencyKeyInUse
from orchestrator.refusals import refuse_other_use
from orchestrator.requests import Caller, key_row
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


def stripe_key(caller: Caller, operation: str) -> str:
    """Name a request at Stripe: the same at every retry, where the caller gave it a key.

    Otherwise a name of its own. The length of the owner's name stands first, so that no two
    pairs run together into one.
    """
    if caller.idempotency_key is None:
        return f"{uuid4().hex}:{operation}"
    said = f"{len(caller.owner)}:{caller.owner}:{caller.idempotency_key}"
    return f"{hashlib.sha256(said.encode()).hexdigest()[:32]}:{operation}"


def key_of_resource(
    driver: Driver, caller: Caller, operation: str, resource: str
) -> dict[str, Any] | None:
    """Return the row that lets the caller's key stand for a request about a customer or card."""
    row = key_row(caller, operation, None, driver.clock())
    return {**row, "resource": resource} if row is not None else None
