"""Every error the stand-in can give, against Stripe's own description of errors."""

import re
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import stripe

from orchestrator.sandbox import errors
from orchestrator.sandbox.declines import DECLINE_CODES
from tests.sandbox.conftest import Sandbox
from tests.sandbox.description import faults_of, needs_description

INTENTS = "/v1/payment_intents"
FORM = "amount=1000&currency=usd&payment_method_types[0]=card"

pytestmark = needs_description


Answer = tuple[int, dict[str, Any], dict[str, str]]
Call = Callable[[Sandbox], Awaitable[Answer]]


@dataclass(frozen=True)
class Refusal:
    """One way to be refused: the call, and what must come of it."""

    status: int
    code: str | None
    call: Call


def _post(path: str, form: str = "", **headers: str) -> Call:
    return lambda sandbox: sandbox.raw("POST", path, form, **headers)


def _get(path: str, **headers: str) -> Call:
    return lambda sandbox: sandbox.raw("GET", path, **headers)


def _on_intent(action: str, form: str = "", *, after: str | None = None, **params: Any) -> Call:
    """Act on a new intent, after a confirm with the card ``after`` where one is named."""

    async def call(sandbox: Sandbox) -> Answer:
        path = f"{INTENTS}/{(await sandbox.intent(**params)).id}"
        if after is not None:
            await sandbox.raw("POST", f"{path}/confirm", f"payment_method={after}")
        return await sandbox.raw("POST", f"{path}{action}", form)

    return call


def _on_card(action: str, form: str = "", *, card: str = "pm_card_visa") -> Call:
    """Act on a new payment method; ``{customer}`` in the form is a new customer."""

    async def call(sandbox: Sandbox) -> Answer:
        customer = (await sandbox.sdk.v1.customers.create_async()).id
        path = f"/v1/payment_methods/{card}{action}"
        return await sandbox.raw("POST", path, form.format(customer=customer))

    return call


def _faulty(kind: str) -> Call:
    async def call(sandbox: Sandbox) -> Answer:
        await sandbox.fault(kind, operation="customers.list")
        return await sandbox.raw("GET", "/v1/customers")

    return call


async def _no_secret(sandbox: Sandbox) -> Answer:
    page = {"Authorization": f"Bearer {sandbox.key.replace('sk_', 'pk_', 1)}"}
    return await sandbox.raw("GET", f"{INTENTS}/{(await sandbox.intent()).id}", **page)


async def _reused_key(sandbox: Sandbox) -> Answer:
    key = {"Idempotency-Key": "k"}
    await sandbox.raw("POST", "/v1/customers", "name=Ada", **key)
    return await sandbox.raw("POST", "/v1/customers", "name=Bob", **key)


async def _other_customer(sandbox: Sandbox) -> Answer:
    customers, methods = sandbox.sdk.v1.customers, sandbox.sdk.v1.payment_methods
    owner, stranger = await customers.create_async(), await customers.create_async()
    card = await methods.attach_async("pm_card_visa", {"customer": owner.id})
    return await _on_intent("/confirm", f"payment_method={card.id}", customer=stranger.id)(sandbox)


async def _spent(sandbox: Sandbox) -> Answer:
    card = await sandbox.sdk.v1.payment_methods.retrieve_async("pm_card_visa")
    await sandbox.confirm((await sandbox.intent()).id, card.id)
    return await _on_intent("/confirm", f"payment_method={card.id}")(sandbox)


async def _number(sandbox: Sandbox) -> Answer:
    await sandbox.control("POST", "/settings", {"raw_card_data": True})
    form = "type=card&card[number]=1234567890123456&card[exp_month]=1&card[exp_year]=2034"
    return await sandbox.raw("POST", "/v1/payment_methods", form)


PAID = "pm_card_visa"
UNEXPECTED = "payment_intent_unexpected_state"
PUBLISHABLE = {"Authorization": "Bearer pk_test_1"}
REFUSALS: dict[str, Refusal] = {
    "no key": Refusal(401, None, _get("/v1/customers", Authorization="")),
    "bad key": Refusal(401, None, _get("/v1/customers", Authorization="Bearer huh")),
    "publishable key": Refusal(401, None, _get("/v1/customers", **PUBLISHABLE)),
    "no client secret": Refusal(400, "parameter_missing", _no_secret),
    "unknown address": Refusal(404, None, _get("/v1/nothing")),
    "malformed name": Refusal(400, None, _post("/v1/customers", "]=1")),
    "value and hash": Refusal(400, None, _post("/v1/customers", "name=1&name[a]=2")),
    "unknown parameter": Refusal(400, "parameter_unknown", _post("/v1/customers", "huh=1")),
    "missing parameter": Refusal(400, "parameter_missing", _post(INTENTS, "amount=1000")),
    "empty parameter": Refusal(
        400, "parameter_invalid_empty", _post(INTENTS, "amount=1000&currency=")
    ),
    "no integer": Refusal(
        400, "parameter_invalid_integer", _post(INTENTS, "amount=ten&currency=usd")
    ),
    "no boolean": Refusal(400, None, _post(INTENTS, f"{FORM}&confirm=perhaps")),
    "no choice": Refusal(400, None, _post(INTENTS, f"{FORM}&capture_method=later")),
    "no address": Refusal(400, "url_invalid", _post(f"{INTENTS}/pi_1/confirm", "return_url=huh")),
    "unsupported": Refusal(400, None, _post(INTENTS, f"{FORM}&on_behalf_of=acct_1")),
    "too many keys": Refusal(
        400, None, _post("/v1/customers", "&".join(f"metadata[{n}]=1" for n in range(51)))
    ),
    "exclusive": Refusal(
        400,
        "parameters_exclusive",
        _post(INTENTS, f"{FORM}&automatic_payment_methods[enabled]=true"),
    ),
    "currency": Refusal(400, None, _post(INTENTS, "amount=1000&currency=xxx")),
    "too small": Refusal(400, "amount_too_small", _post(INTENTS, "amount=49&currency=usd")),
    "too large": Refusal(
        400, "amount_too_large", _post(INTENTS, "amount=9999999999999&currency=usd")
    ),
    "not expandable": Refusal(400, None, _get(f"{INTENTS}/pi_1?expand[0]=huh")),
    "bad limit": Refusal(400, "parameter_invalid_integer", _get("/v1/customers?limit=0")),
    "no such end": Refusal(400, "resource_missing", _get("/v1/customers?starting_after=cus_1")),
    "no such intent": Refusal(404, "resource_missing", _get(f"{INTENTS}/pi_1")),
    "no such customer": Refusal(404, "resource_missing", _get("/v1/customers/cus_1")),
    "no such method": Refusal(404, "resource_missing", _get("/v1/payment_methods/pm_1")),
    "no such charge": Refusal(404, "resource_missing", _get("/v1/charges/ch_1")),
    "no such refund": Refusal(404, "resource_missing", _get("/v1/refunds/re_1")),
    "no such dispute": Refusal(404, "resource_missing", _get("/v1/disputes/dp_1")),
    "no such event": Refusal(404, "resource_missing", _get("/v1/events/evt_1")),
    "no such card to pay with": Refusal(
        400, "resource_missing", _on_intent("/confirm", "payment_method=pm_1")
    ),
    "confirm without a card": Refusal(400, UNEXPECTED, _on_intent("/confirm")),
    "confirm what is paid": Refusal(
        400, UNEXPECTED, _on_intent("/confirm", "payment_method=pm_card_visa", after=PAID)
    ),
    "cancel what is paid": Refusal(400, UNEXPECTED, _on_intent("/cancel", after=PAID)),
    "update what is paid": Refusal(400, UNEXPECTED, _on_intent("", "amount=1", after=PAID)),
    "capture what is not held": Refusal(400, UNEXPECTED, _on_intent("/capture")),
    "capture too much": Refusal(
        400,
        "amount_too_large",
        _on_intent("/capture", "amount_to_capture=1001", after=PAID, capture_method="manual"),
    ),
    "no way back": Refusal(
        400,
        None,
        _on_intent("/confirm", "payment_method=pm_card_visa", payment_method_types=[]),
    ),
    "other secret": Refusal(
        400,
        "payment_intent_invalid_parameter",
        _on_intent("/confirm", "payment_method=pm_card_visa&client_secret=x"),
    ),
    "other type": Refusal(
        400,
        "payment_intent_incompatible_payment_method",
        _on_intent("/confirm", "payment_method=pm_usBankAccount_success"),
    ),
    "another customer's card": Refusal(400, None, _other_customer),
    "spent card": Refusal(400, "payment_method_unexpected_state", _spent),
    "authentication off session": Refusal(
        402,
        "authentication_required",
        _on_intent("/confirm", "payment_method=pm_card_authenticationRequired&off_session=true"),
    ),
    "decline at attach": Refusal(
        402,
        "card_declined",
        _on_card("/attach", "customer={customer}", card="pm_card_visa_chargeDeclined"),
    ),
    "detach what is free": Refusal(400, None, _on_card("/detach")),
    "update what is free": Refusal(
        400, "payment_method_unexpected_state", _on_card("", "metadata[a]=b")
    ),
    "numbers from a server": Refusal(
        402,
        None,
        _post(
            "/v1/payment_methods",
            "type=card&card[number]=1&card[exp_month]=1&card[exp_year]=2034",
        ),
    ),
    "wrong number": Refusal(402, "incorrect_number", _number),
    "long key": Refusal(400, None, _post("/v1/customers", **{"Idempotency-Key": "k" * 256})),
    "reused key": Refusal(400, None, _reused_key),
    "key in use": Refusal(409, "idempotency_key_in_use", _faulty("conflict_409")),
    "rate limit": Refusal(429, "rate_limit", _faulty("rate_limit_429")),
    "lock": Refusal(429, "lock_timeout", _faulty("lock_timeout_429")),
    "server error": Refusal(500, None, _faulty("error_500_unstored")),
    **{
        f"declined: {code}": Refusal(
            402, None, _on_intent("/confirm", f"payment_method=pm_sim_{code}")
        )
        for code in DECLINE_CODES
    },
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_has_stripes_shape(sandbox: Sandbox, name: str) -> None:
    """Every refusal has its status, its code and a body as Stripe describes errors."""
    refusal = REFUSALS[name]
    status, body, headers = await refusal.call(sandbox)

    assert status == refusal.status
    assert body["error"]["message"]
    assert name.startswith("declined") or body["error"].get("code") == refusal.code
    assert faults_of("error", body) == []
    assert headers["request-id"].startswith("req_")


@pytest.mark.parametrize("name", REFUSALS)
async def test_stripe_has_every_code(sandbox: Sandbox, name: str) -> None:
    """Every error code given is one of those that Stripe's own library lists."""
    _, body, _ = await REFUSALS[name].call(sandbox)
    code = body["error"].get("code")

    assert code is None or code in known_codes()


def known_codes() -> set[str]:
    """List the error codes that the library knows."""
    annotation = stripe.PaymentIntent.LastPaymentError.__annotations__["code"]
    return set(re.findall(r"['\"](\w+)['\"]", str(annotation)))


def test_the_library_lists_its_codes() -> None:
    """The list that is compared with is there, and long."""
    assert len(known_codes()) > 200


def test_every_kind_of_error_is_looked_at() -> None:
    """Each constructor of an error is met by a refusal above."""
    built = {"missing_parameter", "unknown_parameter", "refused", "resource_missing"}
    built |= {"unexpected_state", "unauthorized", "rate_limited", "lock_timeout", "key_in_use"}
    built |= {"key_reused", "server_error"}
    constructors = {
        name
        for name, value in vars(errors).items()
        if callable(value) and typing.get_type_hints(value).get("return") in ERRORS
    }

    assert constructors == built


ERRORS = (errors.ApiError, errors.RequestInvalid)


async def test_a_bad_gateway_is_the_only_answer_without_shape(sandbox: Sandbox) -> None:
    """A 502 comes from a proxy and is HTML."""
    await sandbox.fault("bad_gateway_502", operation="customers.list")
    async with sandbox.http.get(f"{sandbox.url}/v1/customers") as answer:
        with pytest.raises(aiohttp.ContentTypeError):
            await answer.json()
