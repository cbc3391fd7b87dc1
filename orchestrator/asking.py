"""Asks Stripe to make or to change something, past its twins and past answers that it stores.

For everything but a confirm or a cancel: what is asked for here moves no money, so it may go on
under another key. Refuses to return anything but an answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from orchestrator.errors import IdempotencyKeyInUse, StripeRefused, StripeUnavailable
from orchestrator.gateway.views import CallEnd, ReplyKind
from orchestrator.refusals import key_reused

# What Stripe calls an id that it does not know.
RESOURCE_MISSING: Final = "resource_missing"
# A request that Stripe answers with a stored 5xx goes on under the next key of the same request.
MAX_KEYS: Final = 4
# How often, and after how many seconds, a request waits for its own twin to finish at Stripe.
TWIN_WAITS: Final = (0.1, 0.2, 0.4, 0.8, 1.6)


Reply = TypeVar("Reply", bound=CallEnd)
Send = Callable[[str], Awaitable[Reply]]


async def ask(send: Send[Reply], key: str, what: str) -> Reply:
    """Send a request under ``key``, waiting while a twin of it is being carried out.

    ``what`` completes the sentence "Stripe could not be asked to …".

    Raises:
        IdempotencyKeyInUse: the twin takes too long.
        IdempotencyKeyReused: the key stood for a request with another body.
        StripeRefused: Stripe called the request invalid.
        StripeUnavailable: there is no usable answer; nothing was written.
    """
    for seconds in (*TWIN_WAITS, None):
        reply = await _ask_past_stored_errors(send, key)
        if reply.kind is not ReplyKind.busy or seconds is None:
            break
        await asyncio.sleep(seconds)
    if reply.kind is ReplyKind.busy and reply.code == "idempotency_key_in_use":
        raise IdempotencyKeyInUse(
            "The first request with this Idempotency-Key is still being carried out. "
            "Send it again in a moment."
        )
    if reply.kind is ReplyKind.refused and reply.code == "idempotency_error":
        raise key_reused()
    return answered(reply, what)


def answered(reply: Reply, what: str) -> Reply:
    """Return a reply that is an answer.

    Raises:
        StripeRefused: Stripe called the request invalid.
        StripeUnavailable: there is no usable answer.
    """
    if reply.kind is ReplyKind.refused:
        raise StripeRefused(reply.code, reply.message, reply.param)
    if reply.kind is not ReplyKind.answered:
        raise StripeUnavailable(what)
    return reply


def is_missing(reply: CallEnd) -> bool:
    """Tell whether Stripe does not know the thing that was asked about."""
    return reply.kind is ReplyKind.refused and (
        reply.code == RESOURCE_MISSING or reply.http_status == 404
    )


async def _ask_past_stored_errors(send: Send[Reply], first_key: str) -> Reply:
    """Ask under keys that every retry of the request derives again.

    Stripe may keep a 5xx under its key for a day.
    """
    for number in range(1, MAX_KEYS + 1):
        key = first_key if number == 1 else f"{first_key}:{number}"
        reply = await send(key)
        if reply.kind is ReplyKind.unknown and (reply.http_status or 0) >= 500:
            # Asked again, Stripe says whether it keeps this answer.
            reply = await send(key)
        if reply.kind is not ReplyKind.stored_error:
            break
    return reply
