"""What reaches Stripe, and from where: ids, keys and addresses that may not, and connections."""

import asyncio
import logging

import pytest

from orchestrator.gateway.stripe_gateway import StripeGateway
from orchestrator.gateway.views import ReplyKind
from tests.gateway.conftest import API_KEY, Connect
from tests.gateway.scripted_server import Answer, ScriptedServer
from tests.gateway.stripe_json import (
    error_json,
    intent_json,
)
from tests.gateway.test_stripe_gateway import CREATION


@pytest.mark.parametrize("bad_id", ["", "pi_1/cancel", "pi_1?x", "../v1", "pi 1", "pi_é", "pi_1\n"])
async def test_ids_that_cannot_be_are_refused(connect: Connect, bad_id: str) -> None:
    """Nothing is sent for an id that would change the path."""
    gateway, server = await connect(Answer(200, intent_json()))
    calls = [
        gateway.confirm_intent(bad_id, {}, "key"),
        gateway.cancel_intent(bad_id, reason=None, idempotency_key="key"),
        gateway.retrieve_intent(bad_id),
        gateway.list_charges(bad_id),
        gateway.read_intent(bad_id),
        gateway.retrieve_card(bad_id),
    ]
    ends = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(end) for end in ends] == [ValueError] * len(calls)
    assert server.requests == []


@pytest.mark.parametrize("key", ["", "k" * 256], ids=["empty", "too-long"])
async def test_posts_without_a_usable_key_are_refused(connect: Connect, key: str) -> None:
    """The SDK never gets to invent a key nobody could send again."""
    gateway, server = await connect(Answer(200, intent_json()))

    with pytest.raises(ValueError, match="idempotency key"):
        await gateway.create_intent(**CREATION | {"idempotency_key": key})
    assert server.requests == []


@pytest.mark.parametrize("path", ["/", "/stripe", "/stripe/"])
async def test_base_may_carry_a_path(connect: Connect, path: str) -> None:
    """The address may have a path and a trailing slash."""
    gateway, server = await connect(Answer(200, intent_json()), path=path)
    await gateway.retrieve_intent("pi_1")

    assert server.requests[0].path == path.rstrip("/") + "/v1/payment_intents/pi_1"


@pytest.mark.parametrize(
    ("key", "livemode"),
    [
        ("sk_live_1", True),
        ("rk_live_1", True),
        ("sk_org_live_1", True),
        ("sk_test_1", False),
        ("rk_test_1", False),
        ("sk_test_live_1", False),
        ("sk_sandbox", False),
    ],
)
def test_livemode_comes_from_the_key(key: str, livemode: bool) -> None:
    """The key says whether money moves."""
    assert StripeGateway(key, api_base=None, timeout_seconds=1).livemode is livemode


def test_repr_hides_the_key() -> None:
    """A gateway can be logged."""
    gateway = StripeGateway(API_KEY, api_base=None, timeout_seconds=1)

    assert repr(gateway) == "StripeGateway(api_base='https://api.stripe.com', livemode=False)"


@pytest.mark.parametrize(
    ("key", "timeout_seconds"), [("", 1.0), (" sk_test_1", 1.0), ("sk_test_1", 0.0)]
)
def test_unusable_settings_are_refused(key: str, timeout_seconds: float) -> None:
    """A gateway that could not work is not made."""
    with pytest.raises(ValueError, match="The Stripe"):
        StripeGateway(key, api_base=None, timeout_seconds=timeout_seconds)


async def test_secrets_stay_out_of_the_log(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Even a debug log of everything shows neither client secret nor API key."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="stripe")
    gateway, _ = await connect(
        Answer(200, intent_json()), Answer(400, error_json(payment_intent=intent_json()))
    )
    replies = [await gateway.retrieve_intent("pi_1"), await gateway.retrieve_intent("pi_1")]

    assert "/v1/payment_intents/pi_1" in caplog.text
    assert "hush" not in caplog.text + repr(replies)
    assert API_KEY not in caplog.text + repr(replies)


async def test_many_calls_run_at_once(connect: Connect) -> None:
    """No pool makes a call wait for another's answer."""
    gateway, _ = await connect(Answer(200, intent_json(), after_requests=120))
    replies = await asyncio.gather(*(gateway.retrieve_intent("pi_1") for _ in range(120)))

    assert {reply.kind for reply in replies} == {ReplyKind.answered}


async def test_closed_gateway_opens_again(connect: Connect) -> None:
    """A call after closing gets connections of its own."""
    gateway, _ = await connect(Answer(200, intent_json()))
    await gateway.retrieve_intent("pi_1")
    await gateway.aclose()
    reply = await gateway.retrieve_intent("pi_1")

    assert reply.kind is ReplyKind.answered


def test_each_event_loop_has_its_own_connections() -> None:
    """One gateway serves several loops, each over connections of its own."""
    server = ScriptedServer(Answer(200, intent_json()))

    async def find_port() -> None:
        async with server.listening():
            pass

    async def ask(gateway: StripeGateway) -> ReplyKind:
        async with server.listening(server.port):
            return (await gateway.retrieve_intent("pi_1")).kind

    with asyncio.Runner() as first, asyncio.Runner() as second:
        first.run(find_port())
        gateway = StripeGateway(API_KEY, api_base=server.base, timeout_seconds=5)
        kinds = [first.run(ask(gateway)), second.run(ask(gateway))]
        first.run(gateway.aclose())
        second.run(gateway.aclose())

    assert kinds == [ReplyKind.answered, ReplyKind.answered]
