"""Every ordering of what Stripe tells: whatever comes late, twice or never, the end is the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from itertools import permutations
from typing import Any, NamedTuple

import pytest

from orchestrator.payment import Payment
from orchestrator.payments import ConfirmPayment
from tests.databases import POSTGRESQL_WHEN_THOROUGH
from tests.protocol.steps import (
    BAD,
    CHALLENGED,
    GOOD,
    browser_confirms,
    confirm_unheard,
    dashboard_cancels,
    intend_to_cancel,
)
from tests.webhooks.conftest import Document, Hooks

# What is never told is found in Stripe's list, which is read every five minutes.
CATCH_UP_SECONDS = 301

Play = Callable[[Hooks, Payment], Awaitable[None]]


class Story(NamedTuple):
    """What happened at Stripe, unheard by us; its events; and how it must end here."""

    play: Play
    types: tuple[str, ...]
    state: str
    charges: int
    path: tuple[str, ...]


async def _success(hooks: Hooks, payment: Payment) -> None:
    await confirm_unheard(hooks.world, payment, GOOD)


async def _success_in_browser(hooks: Hooks, payment: Payment) -> None:
    await browser_confirms(hooks.world, payment, GOOD)


async def _decline_then_success(hooks: Hooks, payment: Payment) -> None:
    await hooks.world.payments.confirm(
        payment.id, ConfirmPayment(BAD), hooks.world.caller(f"first-{payment.id}")
    )
    await confirm_unheard(hooks.world, payment, GOOD)


async def _decline_then_success_in_browser(hooks: Hooks, payment: Payment) -> None:
    await browser_confirms(hooks.world, payment, BAD)
    await browser_confirms(hooks.world, payment, GOOD)


async def _challenge(hooks: Hooks, payment: Payment) -> None:
    await confirm_unheard(hooks.world, payment, CHALLENGED)
    await hooks.world.authenticate(payment, "succeed")


async def _challenge_in_browser(hooks: Hooks, payment: Payment) -> None:
    await browser_confirms(hooks.world, payment, CHALLENGED)
    await hooks.world.authenticate(payment, "succeed")


async def _cancel(hooks: Hooks, payment: Payment) -> None:
    ending = await intend_to_cancel(hooks.world, payment)
    await hooks.world.payments.driver.gateway.cancel_intent(
        ending.payment_intent, reason="abandoned", idempotency_key=f"unheard-{payment.id}"
    )


async def _cancel_in_dashboard(hooks: Hooks, payment: Payment) -> None:
    await dashboard_cancels(hooks.world, payment)


_PAID = ("charge.succeeded", "payment_intent.succeeded")
_DECLINED = ("charge.failed", "payment_intent.payment_failed")
_ASKED = "payment_intent.requires_action"
_CANCELED = ("payment_intent.canceled",)
_ONE = ("create", "confirm", "succeed")
STORIES = {
    "success": Story(_success, _PAID, "succeeded", 1, _ONE),
    "success, browser": Story(_success_in_browser, _PAID, "succeeded", 1, _ONE),
    "decline, success": Story(
        _decline_then_success,
        (*_DECLINED, *_PAID),
        "succeeded",
        1,
        ("create", "confirm", "require_new_card", "confirm", "succeed"),
    ),
    # A success first seen wins: the decline before it is evidence, and no row.
    "decline, success, browser": Story(
        _decline_then_success_in_browser, (*_DECLINED, *_PAID), "succeeded", 1, _ONE
    ),
    "3-D Secure": Story(_challenge, (_ASKED, *_PAID), "succeeded", 1, _ONE),
    "3-D Secure, browser": Story(_challenge_in_browser, (_ASKED, *_PAID), "succeeded", 1, _ONE),
    "cancel": Story(_cancel, _CANCELED, "failed", 0, ("create", "cancel")),
    "cancel, Dashboard": Story(_cancel_in_dashboard, _CANCELED, "failed", 0, ("create", "cancel")),
}


def in_order(events: list[Document]) -> Iterator[list[Document]]:
    """Give every ordering."""
    for order in permutations(events):
        yield list(order)


def doubled(events: list[Document]) -> Iterator[list[Document]]:
    """Give every ordering with each event told twice: at once again, or once all were told."""
    for order in in_order(events):
        yield [event for event in order for _ in range(2)]
        yield [*order, *order]


def left_out(events: list[Document]) -> Iterator[list[Document]]:
    """Give, with each event in turn never told, every ordering of the others."""
    for index in range(len(events)):
        yield from in_order(events[:index] + events[index + 1 :])


async def recovered(hooks: Hooks, payment: Payment) -> Payment:
    """Let time go by until the payment is handled, as a worker would see it."""
    for _ in range(60):
        await hooks.world.work()
        now = await hooks.world.load(payment)
        if now.handled:
            return now
        assert now.due_at is not None
        wait = (now.due_at - hooks.world.clock()) / timedelta(seconds=1)
        hooks.world.clock.advance(min(max(wait, 1), CATCH_UP_SECONDS))
    raise AssertionError(f"{payment.id} is stuck in {now.state}")


@pytest.fixture(params=POSTGRESQL_WHEN_THOROUGH)
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the test a fresh migrated database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.mark.parametrize(
    "orders",
    [
        in_order,
        pytest.param(doubled, marks=pytest.mark.thorough),
        pytest.param(left_out, marks=pytest.mark.thorough),
    ],
)
@pytest.mark.parametrize("name", STORIES)
async def test_every_ordering_ends_the_same(
    hooks: Hooks, name: str, orders: Callable[[list[Document]], Iterator[list[Document]]]
) -> None:
    """State, history and ledger do not depend on the order of what was told."""
    story = STORIES[name]
    shape = [{"type": type} for type in story.types]
    ends: list[Any] = []
    for order in orders(shape):
        payment = await hooks.world.create(max_attempts=3)
        await story.play(hooks, payment)
        told = {
            event["type"]: event
            for event in await hooks.events(*story.types)
            if payment.payment_intent in str(event["data"]["object"])
        }
        for each in order:
            await hooks.deliver(told[each["type"]])
        after = await recovered(hooks, payment)
        ends.append(
            (
                after.state,
                len(await hooks.world.charged(payment)),
                tuple(await hooks.world.path(payment)),
            )
        )

    assert len(ends) >= len(story.types)
    assert set(ends) == {(story.state, story.charges, story.path)}
    assert await hooks.waiting() == {"pending": 0, "unmatched": 0}
