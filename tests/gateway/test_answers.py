"""Every way a call to Stripe can end becomes a reply of the right kind."""

import asyncio
from typing import Any

import pytest
import stripe
from stripe import _error as sdk_errors
from stripe import oauth_error as sdk_oauth_errors

from orchestrator.gateway.calls import KIND_OF_EXCEPTION
from orchestrator.gateway.stripe_gateway import StripeGateway
from orchestrator.gateway.views import CardView, Failure, Reply, ReplyKind
from tests.gateway.conftest import API_KEY, Connect
from tests.gateway.scripted_server import Answer
from tests.gateway.stripe_json import decline_json, error_json, intent_json

REPLAYED = {"Idempotent-Replayed": "true"}
API_ERROR = error_json(type="api_error")


async def confirm(connect: Connect, *script: Answer, timeout_seconds: float = 5.0) -> Reply:
    """Confirm once against the script and make sure that exactly one request was sent."""
    gateway, server = await connect(*script, timeout_seconds=timeout_seconds)
    reply = await gateway.confirm_intent("pi_1", {"payment_method": "pm_1"}, "key")
    assert len(server.requests) == 1
    return reply


ENDS: dict[str, tuple[Answer, ReplyKind, str | None]] = {
    "200": (Answer(200, intent_json()), ReplyKind.answered, None),
    "400": (
        Answer(400, error_json(code="parameter_unknown")),
        ReplyKind.refused,
        "parameter_unknown",
    ),
    "400-idempotency": (
        Answer(400, error_json(type="idempotency_error")),
        ReplyKind.refused,
        "idempotency_error",
    ),
    "400-rate-limit": (Answer(400, error_json(code="rate_limit")), ReplyKind.busy, "rate_limit"),
    "401": (Answer(401, error_json()), ReplyKind.unauthorized, None),
    "402": (Answer(402, decline_json()), ReplyKind.answered, "card_declined"),
    "402-of-another-type": (
        Answer(402, decline_json(type="invalid_request_error", code="payment_intent_x")),
        ReplyKind.answered,
        "payment_intent_x",
    ),
    "403": (Answer(403, error_json()), ReplyKind.unauthorized, None),
    "404": (
        Answer(404, error_json(code="resource_missing")),
        ReplyKind.refused,
        "resource_missing",
    ),
    "405": (Answer(405, error_json()), ReplyKind.refused, None),
    "405-replayed": (Answer(405, error_json(), REPLAYED), ReplyKind.refused, None),
    "409": (
        Answer(409, error_json(code="idempotency_key_in_use")),
        ReplyKind.busy,
        "idempotency_key_in_use",
    ),
    "424": (Answer(424, API_ERROR), ReplyKind.unknown, None),
    "424-replayed": (Answer(424, API_ERROR, REPLAYED), ReplyKind.stored_error, None),
    "429-rate-limit": (Answer(429, error_json(code="rate_limit")), ReplyKind.busy, "rate_limit"),
    "429-lock-timeout": (
        Answer(429, error_json(code="lock_timeout"), {"Stripe-Should-Retry": "true"}),
        ReplyKind.busy,
        "lock_timeout",
    ),
    "500": (Answer(500, API_ERROR), ReplyKind.unknown, None),
    "500-asks-for-a-retry": (
        Answer(500, API_ERROR, {"Stripe-Should-Retry": "true"}),
        ReplyKind.unknown,
        None,
    ),
    "500-replayed": (Answer(500, API_ERROR, REPLAYED), ReplyKind.stored_error, None),
    "503": (Answer(503, API_ERROR), ReplyKind.unknown, None),
    "502-html": (Answer(502, b"<html>Bad gateway</html>"), ReplyKind.unknown, None),
    "502-html-replayed": (Answer(502, b"<html>", REPLAYED), ReplyKind.unknown, None),
    "502-latin-1": (Answer(502, b"<html>Mauvaise r\xe9ponse"), ReplyKind.unknown, None),
    "502-error-is-text": (Answer(502, {"error": "Bad gateway"}), ReplyKind.unknown, None),
    "502-error-is-null": (Answer(502, {"error": None}), ReplyKind.unknown, None),
    "502-other-object": (Answer(502, {"message": "no"}), ReplyKind.unknown, None),
    "401-html": (Answer(401, b"<html>"), ReplyKind.unknown, None),
    "402-html": (Answer(402, b"<html>"), ReplyKind.unknown, None),
    "400-text-error": (Answer(400, {"error": "invalid_request"}), ReplyKind.unknown, None),
    "302": (Answer(302, b"", {"Location": "/elsewhere"}), ReplyKind.unknown, None),
    "307": (Answer(307, b"", {"Location": "/elsewhere"}), ReplyKind.unknown, None),
    "200-html": (Answer(200, b"<html>"), ReplyKind.unknown, None),
    "200-latin-1": (Answer(200, b'{"id": "\xe9"}'), ReplyKind.unknown, None),
    "200-empty": (Answer(200, b""), ReplyKind.unknown, None),
    "200-list": (Answer(200, []), ReplyKind.unknown, None),
    "200-null": (Answer(200, b"null"), ReplyKind.unknown, None),
    "200-without-id": (Answer(200, intent_json(id=None)), ReplyKind.unknown, None),
    "200-without-status": (Answer(200, intent_json(status=None)), ReplyKind.unknown, None),
    "200-amount-is-true": (Answer(200, intent_json(amount=True)), ReplyKind.unknown, None),
    "200-of-another-intent": (Answer(200, intent_json(id="pi_2")), ReplyKind.unknown, None),
    "closed": (Answer(hang_up=True), ReplyKind.unknown, None),
    "cut-short": (Answer(200, intent_json(), missing_bytes=9), ReplyKind.unknown, None),
}


@pytest.mark.parametrize(("answer", "kind", "code"), ENDS.values(), ids=ENDS)
async def test_every_end_has_its_kind(
    connect: Connect, answer: Answer, kind: ReplyKind, code: str | None
) -> None:
    """A call ends as exactly one kind, after exactly one request, and never raises."""
    reply = await confirm(connect, answer)

    assert (reply.kind, reply.code) == (kind, code)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, intent_json(), delay_seconds=5),
        Answer(200, intent_json(), body_delay_seconds=5),
    ],
    ids=["before-the-head", "before-the-body"],
)
async def test_timeout_covers_the_whole_call(connect: Connect, answer: Answer) -> None:
    """A server that stalls, before it answers or amid it, leaves the outcome unknown."""
    reply = await confirm(connect, answer, timeout_seconds=0.2)

    assert (reply.kind, reply.message) == (
        ReplyKind.unknown,
        "The call to Stripe was lost (TimeoutError).",
    )


async def test_nobody_listening_is_unknown() -> None:
    """A refused connection tells nothing about earlier deliveries of the same key."""
    gateway = StripeGateway(API_KEY, api_base="http://127.0.0.1:1", timeout_seconds=5)
    reply = await gateway.confirm_intent("pi_1", {}, "key")
    await gateway.aclose()

    assert (reply.kind, reply.http_status) == (ReplyKind.unknown, None)
    assert reply.message == "The call to Stripe was lost (ClientConnectorError)."


async def test_cancellation_propagates(connect: Connect) -> None:
    """A cancelled task is cancelled; the gateway does not turn it into a reply."""
    gateway, _ = await connect(Answer(200, intent_json(), delay_seconds=5))
    call = asyncio.create_task(gateway.retrieve_intent("pi_1"))
    await asyncio.sleep(0.1)
    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call


async def test_programming_errors_are_not_unknown(connect: Connect) -> None:
    """A key that cannot be a header is our bug and is raised as one."""
    gateway, server = await connect(Answer(200, intent_json()))

    with pytest.raises(ValueError, match="header"):
        await gateway.confirm_intent("pi_1", {}, "key\r\nX-Injected: yes")
    assert server.requests == []


async def test_decline_is_answered_with_its_failure(connect: Connect) -> None:
    """A 402 brings codes, charge, card, the intent and the request's id."""
    answer = Answer(402, decline_json(), {"Request-Id": "req_1"} | REPLAYED)
    reply = await confirm(connect, answer)

    assert reply.failure == Failure(
        code="card_declined",
        decline_code="insufficient_funds",
        advice_code="try_again_later",
        network_advice_code="02",
        network_decline_code="51",
        message="Your card has insufficient funds.",
        charge="ch_1",
        payment_method="pm_1",
        card=CardView("pm_1", "fp_visa", "visa", "4242", 8, 2031),
    )
    assert reply.intent is not None
    assert reply.intent.last_payment_error == reply.failure
    assert (reply.decline_code, reply.http_status) == ("insufficient_funds", 402)
    assert (reply.request_id, reply.replayed) == ("req_1", True)


async def test_expired_card_has_no_decline_code(connect: Connect) -> None:
    """Some declines are told by the code alone."""
    reply = await confirm(
        connect, Answer(402, decline_json(code="expired_card", decline_code=None))
    )

    assert (reply.code, reply.decline_code) == ("expired_card", None)


async def test_refusal_tells_code_param_and_intent(connect: Connect) -> None:
    """A refused confirm says why, and what the intent's state really is."""
    error = error_json(
        code="payment_intent_unexpected_state",
        param="payment_method",
        payment_intent=intent_json(status="succeeded", amount_received=2000),
    )
    reply = await confirm(connect, Answer(400, error, {"Request-Id": "req_2"}))

    assert (reply.code, reply.param, reply.message) == (
        "payment_intent_unexpected_state",
        "payment_method",
        "No.",
    )
    assert reply.intent is not None
    assert (reply.intent.status, reply.failure, reply.request_id) == ("succeeded", None, "req_2")


async def test_errors_about_another_intent_bring_none(connect: Connect) -> None:
    """An intent that was not asked for is no evidence about the one that was."""
    error = error_json(payment_intent=intent_json(id="pi_2", status="succeeded"))
    reply = await confirm(connect, Answer(400, error))

    assert (reply.kind, reply.intent) == (ReplyKind.refused, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"code": 7},
        {"message": ["no"]},
        {"param": {}},
        {"type": None},
        {"payment_intent": "pi_1"},
        {"payment_intent": [intent_json()]},
        {"payment_method": [], "charge": {}},
    ],
    ids=repr,
)
async def test_odd_errors_never_raise(connect: Connect, changes: dict[str, Any]) -> None:
    """A field of the wrong shape is left out; the status still says how the call ended."""
    reply = await confirm(connect, Answer(402, decline_json(**changes)))

    assert reply.kind is ReplyKind.answered


async def test_a_key_echoed_in_an_error_is_masked(connect: Connect) -> None:
    """The API key does not leave the gateway, even if the other side repeats it."""
    reply = await confirm(connect, Answer(401, error_json(message=f"Bad key: {API_KEY}")))

    assert reply.message == "Bad key: [key]"


async def test_later_call_after_a_lost_one_works(connect: Connect) -> None:
    """A closed connection is replaced; the next call is not affected."""
    gateway, server = await connect(Answer(hang_up=True), Answer(200, intent_json()))
    await gateway.confirm_intent("pi_1", {}, "key")
    reply = await gateway.confirm_intent("pi_1", {}, "key")

    assert reply.kind is ReplyKind.answered
    assert len(server.requests) == 2


def every_subclass(base: type[Any]) -> set[type[Any]]:
    """Collect all classes below the base, at any depth."""
    direct = set(base.__subclasses__())
    return direct.union(*(every_subclass(child) for child in direct))


def raised_by_the_sdk() -> list[type[stripe.StripeError]]:
    """List the SDK's exception classes; those of OAuth share one base that is mapped."""
    assert sdk_errors.StripeError is stripe.StripeError
    oauth = every_subclass(sdk_oauth_errors.OAuthError)
    abstract = {sdk_errors.StripeErrorWithParamCode}
    found = {stripe.StripeError} | every_subclass(stripe.StripeError)
    return sorted(found - oauth - abstract, key=lambda known: known.__name__)


@pytest.mark.parametrize("known", raised_by_the_sdk(), ids=lambda known: known.__name__)
def test_every_exception_of_the_sdk_is_mapped(known: type[stripe.StripeError]) -> None:
    """A class the SDK adds must be given a kind by hand before this passes."""
    assert known in KIND_OF_EXCEPTION


def test_no_mapping_is_stale() -> None:
    """The map names no class the SDK no longer has."""
    assert set(KIND_OF_EXCEPTION) - set(raised_by_the_sdk()) == set()
