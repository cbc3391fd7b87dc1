"""How the gateway reads refunds and disputes: in full, or as an end that nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from orchestrator.gateway.currencies import MAXIMUM_AMOUNT
from orchestrator.gateway.stripe_gateway import StripeGateway
from orchestrator.gateway.stripe_refunds import parse_dispute, parse_refund
from orchestrator.gateway.views import DisputeView, RefundView, ReplyKind
from tests.gateway.conftest import Connect
from tests.gateway.scripted_server import Answer
from tests.gateway.stripe_json import Json, error_json, list_json

REFUND: Json = {
    "id": "re_1",
    "object": "refund",
    "amount": 300,
    "charge": "ch_1",
    "created": 1_790_000_000,
    "currency": "usd",
    "failure_reason": None,
    "metadata": {"ticket": "7"},
    "payment_intent": "pi_1",
    "reason": "duplicate",
    "status": "succeeded",
}
DISPUTE: Json = {
    "id": "dp_1",
    "object": "dispute",
    "amount": 1000,
    "created": 1_790_000_000,
    "currency": "usd",
    "evidence_details": {"due_by": 1_790_086_400},
    "payment_intent": "pi_1",
    "reason": "fraudulent",
    "status": "needs_response",
}
SENT = {"payment_intent": "pi_1", "amount": 300}


async def make(gateway: StripeGateway, **changes: Any) -> Any:
    """Ask for the refund above."""
    return await gateway.refunds.create_refund(SENT | changes, idempotency_key="k")


# ── one of them ──────────────────────────────────────────────────────────────────────────────


def test_a_refund_is_read_whole() -> None:
    """A refund has its money, its time, its reason and its labels."""
    assert parse_refund(REFUND) == RefundView(
        "re_1", "succeeded", 300, "usd", 1_790_000_000, "duplicate", None, {"ticket": "7"}
    )


def test_a_dispute_is_read_whole() -> None:
    """A dispute has its money, its time, its reason and until when evidence is taken."""
    assert parse_dispute(DISPUTE) == DisputeView(
        "dp_1", "needs_response", 1000, "usd", 1_790_000_000, "fraudulent", 1_790_086_400
    )


ODD_VALUES: tuple[Any, ...] = (
    *(None, True, 7, 1.5, -1, 2**63, "", "odd", "nul\0", "re 1/..", [], [7], {}, {"id": 7}),
    {"due_by": "soon"},
    {"due_by": 2**62},
    {"note": "nul\0", "count": 7},
)


def odd_versions(document: Json) -> Iterator[Json]:
    """Yield the document with each field in turn missing or of each odd shape."""
    for name in document:
        yield {key: value for key, value in document.items() if key != name}
        yield from (document | {name: odd} for odd in ODD_VALUES)


def unstorable(view: Any) -> list[str]:
    """Name the fields of a view that do not hold what they are declared to, or cannot be stored."""
    if view is None:
        return []
    hints = get_type_hints(type(view))
    values = {field.name: getattr(view, field.name) for field in fields(view)}
    labels = values.pop("metadata", {})
    wrong = [name for name, value in values.items() if not isinstance(value, hints[name])]
    texts = [*labels.values(), *(value for value in values.values() if isinstance(value, str))]
    wrong += [repr(text) for text in texts if not isinstance(text, str) or "\0" in text]
    wrong += [] if 0 <= view.amount <= MAXIMUM_AMOUNT else ["amount"]
    return wrong


@pytest.mark.parametrize(
    ("parse", "document"),
    [(parse_refund, REFUND), (parse_dispute, DISPUTE)],
    ids=["refund", "dispute"],
)
def test_odd_fields_never_raise(parse: Callable[[object], Any], document: Json) -> None:
    """Whatever shape a field has, it ends as what can be put on record, or as nothing."""
    found = {name for odd in odd_versions(document) for name in unstorable(parse(odd))}

    assert found == set()


@pytest.mark.parametrize("name", ["id", "status", "amount", "currency", "created"])
@pytest.mark.parametrize(
    "odd",
    [None, "", [], {"id": 7}, "nul\0", -1],
    ids=["null", "empty", "array", "object", "nul", "minus-one"],
)
def test_what_identifies_it_is_needed(name: str, odd: object) -> None:
    """Without a usable id, status, amount, currency and time there is neither."""
    assert parse_refund(REFUND | {name: odd}) is None
    assert parse_dispute(DISPUTE | {name: odd}) is None


def test_a_refund_of_nothing_is_none() -> None:
    """Nothing cannot be given back, and the database would not have it."""
    assert parse_refund(REFUND | {"amount": 0}) is None


def test_an_unknown_status_passes_through() -> None:
    """A status that Stripe has made up since is told as it is; it is awaited, not guessed at."""
    refund = parse_refund(REFUND | {"status": "thinking"})

    assert refund is not None
    assert refund.status == "thinking"


# ── asked for, and read ──────────────────────────────────────────────────────────────────────


async def test_a_refund_is_asked_for_as_given(connect: Connect) -> None:
    """The parameters go out as they are, under the key they were given."""
    gateway, server = await connect(Answer(200, REFUND))
    reply = await make(gateway)
    sent = server.requests[0]

    assert (reply.kind, reply.refund) == (ReplyKind.answered, parse_refund(REFUND))
    assert (sent.path, sent.headers["idempotency-key"]) == ("/v1/refunds", "k")
    assert sent.form == {"payment_intent": "pi_1", "amount": "300"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        [],
        "re_1",
        {},
        error_json(),
        {**REFUND, "amount": 301},
        {**REFUND, "amount": "300"},
        {**REFUND, "payment_intent": "pi_2"},
        {**REFUND, "payment_intent": {"id": "pi_2"}},
        {**REFUND, "created": 2**62},
    ],
    ids=[
        *("nothing", "html", "array", "text", "empty", "error", "other-amount", "text-amount"),
        *("other-intent", "other-intent-shown", "no-time"),
    ],
)
async def test_another_refund_than_was_asked_for_is_unknown(connect: Connect, body: object) -> None:
    """Where what comes back is not the refund that was asked for, nobody knows of that one."""
    gateway, _ = await connect(Answer(200, body))
    reply = await make(gateway)

    assert (reply.kind, reply.refund) == (ReplyKind.unknown, None)


async def test_the_intent_may_be_shown_instead_of_named(connect: Connect) -> None:
    """An expanded intent is the same intent."""
    gateway, _ = await connect(Answer(200, {**REFUND, "payment_intent": {"id": "pi_1"}}))

    assert (await make(gateway)).kind is ReplyKind.answered


async def test_a_refusal_is_one(connect: Connect) -> None:
    """Stripe's refusal comes through with its code and its parameter, and without a refund."""
    error = error_json(code="charge_already_refunded", param="amount")
    gateway, _ = await connect(Answer(400, error))
    reply = await make(gateway)

    assert (reply.kind, reply.refund) == (ReplyKind.refused, None)
    assert (reply.code, reply.param) == ("charge_already_refunded", "amount")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 7, "message": [], "param": {}}, ReplyKind.refused),
        ("odd", ReplyKind.unknown),
        ([], ReplyKind.unknown),
        (None, ReplyKind.unknown),
    ],
    ids=["odd-fields", "text", "array", "null"],
)
async def test_odd_refusals_never_raise(connect: Connect, error: object, kind: ReplyKind) -> None:
    """A refusal with odd fields stays one; what is no error of Stripe's tells nothing."""
    gateway, _ = await connect(Answer(400, {"error": error}))
    reply = await make(gateway)

    assert (reply.kind, reply.code, reply.param) == (kind, None, None)


async def test_a_refund_is_read_by_its_id(connect: Connect) -> None:
    """What is shown under another id tells nothing of the one that was asked for."""
    gateway, server = await connect(Answer(200, REFUND), Answer(200, {**REFUND, "id": "re_2"}))
    first = await gateway.refunds.retrieve_refund("re_1")
    other = await gateway.refunds.retrieve_refund("re_1")

    assert first.refund == parse_refund(REFUND)
    assert (other.kind, other.refund) == (ReplyKind.unknown, None)
    assert server.requests[0].path == "/v1/refunds/re_1"


@pytest.mark.parametrize("odd", ["", "re_1/..", "re 1"])
async def test_what_is_no_id_is_not_asked_for(connect: Connect, odd: str) -> None:
    """An id that could ask for something else is a fault of ours, and nothing is sent."""
    gateway, server = await connect(Answer(200, REFUND))
    with pytest.raises(ValueError, match="cannot be the id"):
        await gateway.refunds.retrieve_refund(odd)

    assert server.requests == []


# ── lists ────────────────────────────────────────────────────────────────────────────────────


async def test_lists_are_read_to_their_end(connect: Connect) -> None:
    """Every page is read, each after the last of the one before."""
    second = {**REFUND, "id": "re_0"}
    gateway, server = await connect(
        Answer(200, list_json(REFUND, has_more=True)), Answer(200, list_json(second))
    )
    reply = await gateway.refunds.list_refunds("pi_1")

    assert [refund.id for refund in reply.refunds] == ["re_1", "re_0"]
    assert [request.query.get("starting_after") for request in server.requests] == [None, "re_1"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"data": REFUND, "has_more": False},
        {"data": [REFUND]},
        {"data": [REFUND], "has_more": "yes"},
        {"data": [], "has_more": True},
        list_json({"id": "x_1"}),
        list_json(REFUND, {**REFUND, "payment_intent": "pi_2"}),
        list_json(DISPUTE | {"status": None}),
        list_json(REFUND, has_more=True),
    ],
    ids=[
        *("empty", "array", "no-list", "no-end", "odd-end", "more-of-nothing"),
        *("half-an-item", "another-intents", "without-status", "without-end"),
    ],
)
async def test_half_a_list_is_none(connect: Connect, body: object) -> None:
    """What is not read in full is not passed off as all there is: sums would be wrong."""
    gateway, _ = await connect(Answer(200, body))
    refunds = await gateway.refunds.list_refunds("pi_1")
    disputes = await gateway.refunds.list_disputes("pi_1")

    assert (refunds.kind, refunds.refunds) == (ReplyKind.unknown, ())
    assert (disputes.kind, disputes.disputes) == (ReplyKind.unknown, ())


async def test_disputes_are_listed(connect: Connect) -> None:
    """Disputes are asked for by their intent."""
    gateway, server = await connect(Answer(200, list_json(DISPUTE)))
    reply = await gateway.refunds.list_disputes("pi_1")

    assert reply.disputes == (parse_dispute(DISPUTE),)
    assert server.requests[0].query == {"payment_intent": "pi_1", "limit": "100"}
