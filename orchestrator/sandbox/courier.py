"""Carrying deliveries to their endpoints, in background tasks, until they are taken or given up.

An hour of Stripe's schedule is a second here. Promises what Stripe does: at least once, in no
order. Chooses nothing: ``webhooks`` says what goes where.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any, Final

import aiohttp

from orchestrator.sandbox.accounts import Account
from orchestrator.sandbox.faults import DELIVERIES, Faults, Kind, Rule
from orchestrator.sandbox.webhooks import Delivery, State, intent_of, settle, signature

# Stripe retries "for up to three days with an exponential back off" and does not publish the steps.
# Doubling six times from the setting's 1 s comes to 63 s, for Stripe's 72 hours.
RETRIES: Final = 6
AT_ONCE: Final = 20
_HEADERS: Final = {
    "Accept": "*/*",
    "Cache-Control": "no-cache",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
}


class Courier:
    """Sends deliveries, and ends cleanly with the program."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._tasks: dict[asyncio.Task[None], Account] = {}
        self._session: aiohttp.ClientSession | None = None
        # The wait for a turn is no part of the time that a receiver has to answer.
        self._turns = asyncio.Semaphore(AT_ONCE)

    def take(self, account: Account, delivery: Delivery) -> None:
        """Carry a delivery, unless the account's are held or somebody is at it."""
        if delivery.carried or not account.outbox.automatic:
            return
        delivery.carried, delivery.state = True, State.pending
        task = asyncio.get_running_loop().create_task(self._carry(account, delivery))
        self._tasks[task] = account
        task.add_done_callback(lambda done: self._ended(done, delivery))

    def _ended(self, task: asyncio.Task[None], delivery: Delivery) -> None:
        delivery.carried = False
        self._tasks.pop(task, None)

    async def _carry(self, account: Account, delivery: Delivery) -> None:
        rule = self._faults.take(DELIVERIES, account.id, _facts(delivery))
        if rule is not None and rule.kind is Kind.deliver_never:
            delivery.state = State.dropped
            return
        if rule is not None and rule.kind is Kind.deliver_late:
            await asyncio.sleep(rule.seconds)
        await self._try_until_taken(account, delivery)
        if _doubles(rule) and delivery.state is State.delivered:
            async with self._turns:
                await self.send(account, delivery)

    async def _try_until_taken(self, account: Account, delivery: Delivery) -> None:
        for pause in pauses(account.settings.webhook_retry_seconds):
            async with self._turns:
                if not account.outbox.automatic and delivery.state is State.pending:
                    delivery.state = State.held
                if delivery.state is not State.pending:
                    return
                await self.send(account, delivery)
            if delivery.state is State.pending:
                await asyncio.sleep(pause)
        if delivery.state is State.pending:
            delivery.state = State.failed

    async def send(self, account: Account, delivery: Delivery) -> None:
        """Send a delivery now, whatever its state, and note what the receiver answered."""
        body = json.dumps(delivery.event, indent=2).encode()
        # The receiver compares the timestamp with its own clock, not with an account's moved one.
        signed = signature(delivery.endpoint.secrets(account.now()), body, int(time.time()))
        delivery.tries += 1
        delivery.response_status, delivery.error = None, None
        try:
            answer = await self._session_of_this_loop().post(
                delivery.endpoint.url,
                data=body,
                headers={**_HEADERS, "Stripe-Signature": signed},
                timeout=aiohttp.ClientTimeout(total=account.settings.webhook_timeout_seconds),
                allow_redirects=False,
            )
            async with answer:
                delivery.response_status = answer.status
        except (aiohttp.ClientError, OSError) as error:  # a timeout is an OSError too
            delivery.error = type(error).__name__
        if delivery.response_status in range(200, 300):
            settle(delivery)

    def _session_of_this_loop(self) -> aiohttp.ClientSession:
        if self._session is None:
            # A receiver may close a connection that is kept just as it is used again.
            connector = aiohttp.TCPConnector(limit=0, force_close=True)
            self._session = aiohttp.ClientSession(connector=connector, trust_env=False)
        return self._session

    def forget(self, accounts: list[Account]) -> None:
        """Give up what is on its way for these accounts."""
        for task, account in self._tasks.items():
            if any(account is each for each in accounts):
                task.cancel()

    async def close(self) -> None:
        """Give up everything and close the connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None


def pauses(first: float) -> Iterator[float]:
    """List how long to wait after each try; after the last one there is nothing to wait for."""
    yield from (first * 2**number for number in range(RETRIES))
    yield 0.0


def _doubles(rule: Rule | None) -> bool:
    return rule is not None and rule.kind is Kind.deliver_twice


def _facts(delivery: Delivery) -> dict[str, Any]:
    request = delivery.event["request"]
    return {
        "id": delivery.event["id"],
        "type": delivery.event["type"],
        "payment_intent": intent_of(delivery.event) or "",
        "idempotency_key": request["idempotency_key"] or "",
    }
