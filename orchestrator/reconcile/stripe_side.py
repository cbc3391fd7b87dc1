"""Stripe's side of a reconciliation: what is asked, and asked again until there is an answer.

Refuses to go on without one: what could not be read would look as if it agreed, or differed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from orchestrator.asking import is_missing
from orchestrator.errors import StripeUnavailable
from orchestrator.gateway.listed import (
    ChargesPage,
    IntentFound,
    IntentsPage,
    ListedCharge,
    ListedIntent,
    Span,
)
from orchestrator.gateway.views import (
    CallEnd,
    DisputesReply,
    DisputeView,
    RefundsReply,
    RefundView,
    ReplyKind,
)

# Seconds before a call is made again; an hour of Stripe's being away is not waited for.
WAITS: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
_PASSING: Final = frozenset({ReplyKind.busy, ReplyKind.unknown, ReplyKind.stored_error})

Reply = TypeVar("Reply", bound=CallEnd)
Sleep = Callable[[float], Awaitable[None]]


class Listings(Protocol):
    """What is asked of Stripe's lists."""

    async def page_of_intents(self, span: Span, after: str | None) -> IntentsPage:
        """Read a page of intents."""

    async def page_of_charges(self, span: Span, after: str | None) -> ChargesPage:
        """Read a page of charges."""

    async def find_intent(self, intent_id: str) -> IntentFound:
        """Read one intent."""


class MoneyBack(Protocol):
    """What is asked of Stripe about refunds and disputes."""

    async def list_refunds(self, intent_id: str) -> RefundsReply:
        """Read all refunds of an intent."""

    async def list_disputes(self, intent_id: str) -> DisputesReply:
        """Read all disputes of an intent."""


@dataclass(slots=True)
class StripeSide:
    """Asks Stripe one thing at a time, at the gateway's pace."""

    listings: Listings
    money_back: MoneyBack
    sleep: Sleep = asyncio.sleep

    async def pages_of_intents(self, span: Span) -> AsyncIterator[tuple[ListedIntent, ...]]:
        """Walk the intents of a period, newest first.

        Raises:
            StripeUnavailable: a page cannot be read.
        """
        after = None
        while True:
            page = await self._answered(self.listings.page_of_intents, span, after)
            yield page.items
            if not page.has_more:
                return
            after = page.items[-1].intent.id

    async def pages_of_charges(self, span: Span) -> AsyncIterator[tuple[ListedCharge, ...]]:
        """Walk the charges of a period, newest first.

        Raises:
            StripeUnavailable: a page cannot be read.
        """
        after = None
        while True:
            page = await self._answered(self.listings.page_of_charges, span, after)
            yield page.items
            if not page.has_more:
                return
            after = page.items[-1].charge.id

    async def intent(self, intent_id: str) -> ListedIntent | None:
        """Read an intent; null where Stripe has none.

        Raises:
            StripeUnavailable: it cannot be read.
        """
        found = await self._ended(self.listings.find_intent, intent_id)
        if is_missing(found):
            return None
        return _answer(found).item

    async def refunds(self, intent_id: str) -> tuple[RefundView, ...]:
        """Read the refunds of an intent.

        Raises:
            StripeUnavailable: they cannot be read.
        """
        return (await self._answered(self.money_back.list_refunds, intent_id)).refunds

    async def disputes(self, intent_id: str) -> tuple[DisputeView, ...]:
        """Read the disputes of an intent.

        Raises:
            StripeUnavailable: they cannot be read.
        """
        return (await self._answered(self.money_back.list_disputes, intent_id)).disputes

    async def _answered(self, call: Callable[..., Awaitable[Reply]], *arguments: object) -> Reply:
        return _answer(await self._ended(call, *arguments))

    async def _ended(self, call: Callable[..., Awaitable[Reply]], *arguments: object) -> Reply:
        """Make a call, and make it again while it fails for a reason that passes."""
        for seconds in WAITS:
            reply = await call(*arguments)
            if reply.kind not in _PASSING:
                return reply
            await self.sleep(seconds)
        return await call(*arguments)


def _answer(reply: Reply) -> Reply:
    """Return a reply that is an answer.

    Raises:
        StripeUnavailable: it is none.
    """
    if reply.kind is not ReplyKind.answered:
        why = reply.code or reply.message or reply.http_status or reply.kind
        raise StripeUnavailable(f"list what it holds ({why})")
    return reply


__all__ = ["WAITS", "Listings", "MoneyBack", "StripeSide"]
