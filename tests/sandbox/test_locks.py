"""The lock on an intent: who is turned away while it is held, and who is not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import stripe

from orchestrator.sandbox.operations import OPERATIONS
from tests.sandbox.conftest import Sandbox

WRITES = [each for each in OPERATIONS if each.locks_intent]


@asynccontextmanager
async def held(sandbox: Sandbox, intent: str) -> AsyncIterator[None]:
    """Hold an intent by a confirm that takes its time, and see it paid in the end."""
    await sandbox.fault("latency", seconds=0.3)
    confirm = asyncio.create_task(sandbox.confirm(intent, "pm_card_visa"))
    await asyncio.sleep(0.1)
    yield
    assert (await confirm).status == "succeeded"


def test_every_write_to_an_intent_locks_it() -> None:
    """The operations that lock are those that write to one intent."""
    assert {each.name for each in WRITES} == {
        "payment_intents.update",
        "payment_intents.confirm",
        "payment_intents.cancel",
        "payment_intents.capture",
    }


@pytest.mark.parametrize("operation", [each.name for each in WRITES])
async def test_a_second_writer_is_turned_away(sandbox: Sandbox, operation: str) -> None:
    """Whatever else writes to an intent that is held is 429 ``lock_timeout``, to be tried again."""
    intent = await sandbox.intent()
    calls: Any = sandbox.sdk.v1.payment_intents
    call = getattr(calls, operation.removeprefix("payment_intents.") + "_async")
    async with held(sandbox, intent.id):
        with pytest.raises(stripe.RateLimitError) as caught:
            await call(intent.id)
        meanwhile = await sandbox.retrieve(intent.id)

    assert caught.value.http_status == 429
    assert caught.value.error is not None
    assert caught.value.error.code == "lock_timeout"
    assert (caught.value.headers or {})["Stripe-Should-Retry"] == "true"
    assert meanwhile.status == "requires_payment_method"


async def test_a_browser_is_turned_away_too(sandbox: Sandbox) -> None:
    """A page that confirms an intent which the server holds is turned away as well."""
    intent = await sandbox.intent()
    page = {"Authorization": f"Bearer {sandbox.key.replace('sk_', 'pk_', 1)}"}
    form = f"client_secret={intent.client_secret}&payment_method=pm_card_amex"
    path = f"/v1/payment_intents/{intent.id}/confirm"
    async with held(sandbox, intent.id):
        status, body, _ = await sandbox.raw("POST", path, form, **page)

    assert (status, body["error"]["code"]) == (429, "lock_timeout")
    assert await sandbox.charged(intent.id) == 1


async def test_other_intents_are_free(sandbox: Sandbox) -> None:
    """The lock is on one intent: others are written to meanwhile."""
    one, other = await sandbox.intent(), await sandbox.intent()
    async with held(sandbox, one.id):
        paid = await sandbox.confirm(other.id, "pm_card_visa")

    assert paid.status == "succeeded"


async def test_a_lock_ends_with_its_call(sandbox: Sandbox) -> None:
    """A call that was refused leaves no lock behind, nor does one that was declined."""
    intent = await sandbox.intent()
    await sandbox.refusal(intent.id, "pm_nope")
    await sandbox.refusal(intent.id, "pm_card_visa_chargeDeclined")

    assert (await sandbox.confirm(intent.id, "pm_card_visa")).status == "succeeded"


async def test_a_turned_away_call_may_use_its_key_again(sandbox: Sandbox) -> None:
    """``lock_timeout`` is not kept under the idempotency key."""
    intent = await sandbox.intent()
    cancel = sandbox.sdk.v1.payment_intents.cancel_async
    async with held(sandbox, intent.id):
        with pytest.raises(stripe.RateLimitError):
            await cancel(intent.id, {}, {"idempotency_key": "k"})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await cancel(intent.id, {}, {"idempotency_key": "k"})

    assert caught.value.code == "payment_intent_unexpected_state"
