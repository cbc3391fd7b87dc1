"""Bad input on every route: the documented code, nothing moved, and never a 500.

Each table holds a case's name and what must come back for it; a test sends all of a table to every
route, so that one run shows every case that went wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection, select

from orchestrator.store.schema import metadata
from tests.api.conftest import Api

Expected = tuple[int, str, str | None]

CARD = "4242424242424242"
CREATE = {"amount": 1000, "currency": "usd"}
CONFIRM = {"payment_method": "pm_card_visa"}
BODIES: dict[str, dict[str, Any]] = {
    "create": CREATE,
    "confirm": CONFIRM,
    "cancel": {},
    "refresh": {},
}
POSTS = tuple(BODIES)
GETS = {"get": "", "history": "/history", "explain": "/explain", "client_secret": "/client_secret"}
ON_A_PAYMENT = ("confirm", "cancel", "refresh", *GETS)


def path_of(operation: str, payment_id: str) -> str:
    """Return where an operation is posted to."""
    return "/v1/payments" if operation == "create" else f"/v1/payments/{payment_id}/{operation}"


def told(answer: httpx2.Response) -> Expected:
    """Return what a refusal tells; the shape must be the documented one."""
    document = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    assert document["status"] == answer.status_code
    assert document["request_id"] == answer.headers["Request-Id"]
    return answer.status_code, document["code"], document["param"]


def read_everything(connection: Connection) -> dict[str, list[Any]]:
    """Read every row there is."""
    return {
        table.name: sorted(map(repr, connection.execute(select(table))))
        for table in metadata.tables.values()
    }


async def stored(api: Api) -> dict[str, list[Any]]:
    """Return all that is stored, to compare with later."""
    return await api.world.runtime.database.read(read_everything)


MALFORMED: Mapping[str, bytes] = {
    "cut off": b'{"amount":',
    "single quotes": b"{'amount': 1000}",
    "trailing comma": b'{"amount": 1000,}',
    "two documents": b"{}{}",
    "repeated key": b'{"amount": 1, "amount": 1000}',
    "repeated key inside": b'{"metadata": {"a": "1", "a": "2"}}',
    "repeated key, escaped": b'{"amount": 1, "\\u0061mount": 1000}',
    "NaN": b'{"amount": NaN}',
    "Infinity": b'{"amount": Infinity}',
    "broken UTF-8": b'{"description": "\xff"}',
    "UTF-16": '{"amount": 1000}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "lone surrogate": b'{"description": "\\ud800"}',
    "lone surrogate in a key": b'{"\\udfff": 1}',
    "raw control character": b'{"description": "\x00"}',
    "brackets without end": b"[" * 60_000,
    "deep nesting": b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
    "deep, but not too deep for one parser": b"[" * 1_000 + b"]" * 1_000,
    "five thousand digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "blank": b"   ",
    "a form": b"amount=1000&currency=usd",
}


async def test_malformed_json(api: Api) -> None:
    """What is no JSON, or could be read in two ways, is 400 on every route."""
    payment = await api.create()
    before = await stored(api)

    answers = {
        (operation, case): told(await api.post(path_of(operation, payment["id"]), content=content))
        for operation in POSTS
        for case, content in MALFORMED.items()
    }

    assert answers == dict.fromkeys(product(POSTS, MALFORMED), (400, "malformed_json", None))
    assert await stored(api) == before


@pytest.mark.parametrize("operation", ["create", "confirm"])
async def test_missing_body(sqlite_api: Api, operation: str) -> None:
    """A request that needs a body and has none is no JSON."""
    payment = await sqlite_api.create()
    before = await stored(sqlite_api)

    answer = await sqlite_api.post(path_of(operation, payment["id"]), content=b"")

    assert told(answer) == (400, "malformed_json", None)
    assert await stored(sqlite_api) == before


NO_OBJECTS: Mapping[str, bytes] = {
    "list": b"[]",
    "list of pairs": b'[["amount", 1000]]',
    "text": b'"amount"',
    "number": b"1000",
    "null": b"null",
    "true": b"true",
}


async def test_json_that_is_no_object(api: Api) -> None:
    """JSON of another kind is understood and refused."""
    payment = await api.create()
    before = await stored(api)

    answers = {
        (operation, case): told(await api.post(path_of(operation, payment["id"]), content=content))
        for operation in POSTS
        for case, content in NO_OBJECTS.items()
    }

    assert answers == dict.fromkeys(product(POSTS, NO_OBJECTS), (422, "validation_error", None))
    assert await stored(api) == before


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a document without one field."""
    return {key: value for key, value in document.items() if key != name}


def nested(depth: int) -> dict[str, Any]:
    """Return objects within objects."""
    value: dict[str, Any] = {"escaped": "\n"}
    for _ in range(depth):
        value = {"a": value}
    return value


# Each case: the body, and the field that the answer must name.
BAD_CREATES: Mapping[str, tuple[dict[str, Any], str]] = {
    "no amount": (without(CREATE, "amount"), "amount"),
    "no currency": (without(CREATE, "currency"), "currency"),
    "amount null": (CREATE | {"amount": None}, "amount"),
    "amount zero": (CREATE | {"amount": 0}, "amount"),
    "amount negative": (CREATE | {"amount": -1}, "amount"),
    "amount below the minimum": (CREATE | {"amount": 1}, "amount"),
    "amount of thirteen digits": (CREATE | {"amount": 10**12}, "amount"),
    "amount of 63 bits": (CREATE | {"amount": 2**63 - 1}, "amount"),
    "amount of 64 bits": (CREATE | {"amount": 2**64}, "amount"),
    "amount of 200 digits": (CREATE | {"amount": 10**199}, "amount"),
    "amount a whole float": (CREATE | {"amount": 1000.0}, "amount"),
    "amount a fraction": (CREATE | {"amount": 10.5}, "amount"),
    "amount a text": (CREATE | {"amount": "1000"}, "amount"),
    "amount true": (CREATE | {"amount": True}, "amount"),
    "amount a list": (CREATE | {"amount": [1000]}, "amount"),
    "amount an object": (CREATE | {"amount": {"value": 1000}}, "amount"),
    "amount off its currency's step": ({"amount": 1001, "currency": "kwd"}, "amount"),
    "currency unknown": (CREATE | {"currency": "xxx"}, "currency"),
    "currency in capitals": (CREATE | {"currency": "USD"}, "currency"),
    "currency with a space": (CREATE | {"currency": "usd "}, "currency"),
    "currency empty": (CREATE | {"currency": ""}, "currency"),
    "currency long": (CREATE | {"currency": "u" * 10_000}, "currency"),
    "currency a number": (CREATE | {"currency": 840}, "currency"),
    "currency null": (CREATE | {"currency": None}, "currency"),
    "customer of another kind": (CREATE | {"customer": "pm_1"}, "customer"),
    "customer without an id": (CREATE | {"customer": "cus_"}, "customer"),
    "customer with a slash": (CREATE | {"customer": "cus_a/../b"}, "customer"),
    "customer with a line break": (CREATE | {"customer": "cus_a\n"}, "customer"),
    "customer too long": (CREATE | {"customer": "cus_" + "a" * 251}, "customer"),
    "customer a number": (CREATE | {"customer": 1}, "customer"),
    "items no list": (CREATE | {"item_ids": "a,b"}, "item_ids"),
    "items an object": (CREATE | {"item_ids": {"0": "a"}}, "item_ids"),
    "items too many": (CREATE | {"item_ids": ["a"] * 101}, "item_ids"),
    "item empty": (CREATE | {"item_ids": ["a", ""]}, "item_ids[1]"),
    "item a number": (CREATE | {"item_ids": [1]}, "item_ids[0]"),
    "item null": (CREATE | {"item_ids": [None]}, "item_ids[0]"),
    "item too long": (CREATE | {"item_ids": ["a" * 201]}, "item_ids[0]"),
    "item with NUL": (CREATE | {"item_ids": ["a\x00"]}, "item_ids[0]"),
    "transaction empty": (CREATE | {"transaction_id": ""}, "transaction_id"),
    "transaction too long": (CREATE | {"transaction_id": "a" * 201}, "transaction_id"),
    "transaction with NUL": (CREATE | {"transaction_id": "\x00"}, "transaction_id"),
    "transaction a number": (CREATE | {"transaction_id": 12}, "transaction_id"),
    "description empty": (CREATE | {"description": ""}, "description"),
    "description too long": (CREATE | {"description": "a" * 1001}, "description"),
    "description with NUL": (CREATE | {"description": "a\x00b"}, "description"),
    "metadata a list": (CREATE | {"metadata": []}, "metadata"),
    "metadata a text": (CREATE | {"metadata": "a=b"}, "metadata"),
    "metadata too many": (CREATE | {"metadata": {str(i): "" for i in range(48)}}, "metadata"),
    "metadata with a number": (CREATE | {"metadata": {"a": 1}}, "metadata.a"),
    "metadata with null": (CREATE | {"metadata": {"a": None}}, "metadata.a"),
    "metadata nested": (CREATE | {"metadata": {"a": {"b": "c"}}}, "metadata.a"),
    "metadata value too long": (CREATE | {"metadata": {"a": "x" * 501}}, "metadata.a"),
    "metadata value with NUL": (CREATE | {"metadata": {"a": "\x00"}}, "metadata.a"),
    "metadata key empty": (CREATE | {"metadata": {"": "a"}}, "metadata"),
    "metadata key too long": (
        CREATE | {"metadata": {"k" * 41: "a"}},
        "metadata." + "k" * 41,
    ),
    "metadata key with a bracket": (CREATE | {"metadata": {"a[b]": "c"}}, "metadata.a[b]"),
    "metadata key with NUL": (CREATE | {"metadata": {"a\x00": "c"}}, "metadata.a\x00"),
    "metadata key of ours": (
        CREATE | {"metadata": {"payment_id": "pay_1"}},
        "metadata.payment_id",
    ),
    "attempts zero": (CREATE | {"max_attempts": 0}, "max_attempts"),
    "attempts negative": (CREATE | {"max_attempts": -1}, "max_attempts"),
    "attempts eleven": (CREATE | {"max_attempts": 11}, "max_attempts"),
    "attempts true": (CREATE | {"max_attempts": True}, "max_attempts"),
    "attempts a text": (CREATE | {"max_attempts": "3"}, "max_attempts"),
    "attempts a float": (CREATE | {"max_attempts": 3.0}, "max_attempts"),
    "usage unknown": (CREATE | {"setup_future_usage": "always"}, "setup_future_usage"),
    "usage true": (CREATE | {"setup_future_usage": True}, "setup_future_usage"),
    "unknown field": (CREATE | {"colour": "red"}, "colour"),
    "unknown field, null": (CREATE | {"colour": None}, "colour"),
    "unknown field, deep": (CREATE | {"colour": nested(700)}, "colour"),
    "a field of ours": (CREATE | {"state": "succeeded"}, "state"),
    "field in capitals": (CREATE | {"Amount": 1}, "Amount"),
    "an unknown field with a long name": (CREATE | {"x" * 5000: 1}, "x" * 60 + "…"),
}

BAD_CONFIRMS: Mapping[str, tuple[dict[str, Any], str]] = {
    "no card": ({}, "payment_method"),
    "card null": ({"payment_method": None}, "payment_method"),
    "card a number": ({"payment_method": 1}, "payment_method"),
    "card a list": ({"payment_method": ["pm_card_visa"]}, "payment_method"),
    "card empty": ({"payment_method": ""}, "payment_method"),
    "card without an id": ({"payment_method": "pm_"}, "payment_method"),
    "card of another kind": ({"payment_method": "card_1"}, "payment_method"),
    "card with a slash": ({"payment_method": "pm_a/../b"}, "payment_method"),
    "card with a dot": ({"payment_method": "pm_a.b"}, "payment_method"),
    "card with NUL": ({"payment_method": "pm_a\x00"}, "payment_method"),
    "card with a line break": ({"payment_method": "pm_a\n"}, "payment_method"),
    "card with an accent": ({"payment_method": "pm_é"}, "payment_method"),
    "card too long": ({"payment_method": "pm_" + "a" * 251}, "payment_method"),
    "address relative": (CONFIRM | {"return_url": "/back"}, "return_url"),
    "address without a host": (CONFIRM | {"return_url": "https:///back"}, "return_url"),
    "address not secure": (CONFIRM | {"return_url": "http://shop.example"}, "return_url"),
    "address of another scheme": (CONFIRM | {"return_url": "javascript:alert(1)"}, "return_url"),
    "address with a password": (CONFIRM | {"return_url": "https://a:b@shop.example"}, "return_url"),
    "address with a space": (CONFIRM | {"return_url": "https://shop.example/a b"}, "return_url"),
    "address with a line break": (CONFIRM | {"return_url": "https://shop.example\n"}, "return_url"),
    "address broken": (CONFIRM | {"return_url": "https://[::1"}, "return_url"),
    "address with a broken port": (
        CONFIRM | {"return_url": "https://shop.example:99999"},
        "return_url",
    ),
    "address too long": (
        CONFIRM | {"return_url": "https://shop.example/" + "a" * 2048},
        "return_url",
    ),
    "address a number": (CONFIRM | {"return_url": 1}, "return_url"),
    "off session a text": (CONFIRM | {"off_session": "true"}, "off_session"),
    "off session a number": (CONFIRM | {"off_session": 1}, "off_session"),
    "unknown field": (CONFIRM | {"amount": 1}, "amount"),
}

BAD_CANCELS: Mapping[str, tuple[dict[str, Any], str]] = {
    "reason unknown": ({"reason": "bored"}, "reason"),
    "reason empty": ({"reason": ""}, "reason"),
    "reason of Stripe's own": ({"reason": "automatic"}, "reason"),
    "reason a number": ({"reason": 1}, "reason"),
    "reason a list": ({"reason": ["duplicate"]}, "reason"),
    "unknown field": ({"force": True}, "force"),
}

BAD_REFRESHES: Mapping[str, tuple[dict[str, Any], str]] = {
    "unknown field": ({"deep": True}, "deep"),
    "unknown field, null": ({"deep": None}, "deep"),
}

BAD_BODIES = {
    "create": BAD_CREATES,
    "confirm": BAD_CONFIRMS,
    "cancel": BAD_CANCELS,
    "refresh": BAD_REFRESHES,
}


@pytest.mark.parametrize("operation", POSTS)
async def test_bad_fields(api: Api, operation: str) -> None:
    """A wrong type, a value out of range or an unknown field is 422 and names the field."""
    payment = await api.create()
    before = await stored(api)

    answers = {
        case: told(await api.post(path_of(operation, payment["id"]), body))
        for case, (body, _) in BAD_BODIES[operation].items()
    }

    assert answers == {
        case: (422, "validation_error", param) for case, (_, param) in BAD_BODIES[operation].items()
    }
    assert await stored(api) == before


async def test_a_refusal_does_not_repeat_the_value(sqlite_api: Api) -> None:
    """What was wrong is named; what was sent is not sent back."""
    sent = {
        "amount": "hunter2",
        "currency": "hunter2",
        "customer": "hunter2",
        "metadata": {"a": ["hunter2"]},
        "setup_future_usage": "hunter2",
    }

    answers = [await sqlite_api.post("/v1/payments", CREATE | {name: sent[name]}) for name in sent]

    assert [answer.status_code for answer in answers] == [422] * len(sent)
    assert [answer.text for answer in answers if "hunter2" in answer.text] == []


HIDDEN_CARDS: Mapping[str, tuple[bytes, str]] = {
    "unknown field": (b'{"card": "4242424242424242"}', "card"),
    "number": (b'{"card": 4242424242424242}', "card"),
    "spaced": (b'{"description": "4242 4242 4242 4242"}', "description"),
    "dashed": (b'{"description": "4242-4242-4242-4242"}', "description"),
    "escaped": (b'{"description": "\\u0034242424242424242"}', "description"),
    "escaped separator": (b'{"description": "4242\\t4242\\t4242\\t4242"}', "description"),
    "in metadata": (b'{"metadata": {"note": "card 4242424242424242"}}', "metadata.note"),
    "key of metadata": (b'{"metadata": {"4242424242424242": "x"}}', "metadata"),
    "key": (b'{"4242424242424242": "x"}', "body"),
    "in a list": (b'{"item_ids": ["4242424242424242"]}', "item_ids[0]"),
    "as the card": (b'{"payment_method": "4242424242424242"}', "payment_method"),
    "as the card's id": (b'{"payment_method": "pm_4242424242424242"}', "payment_method"),
    "deep": (b'{"a": {"b": [{"c": "4242424242424242"}]}}', "a.b[0].c"),
    "no object": (b'["4242424242424242"]', "[0]"),
    "no object, a text": (b'"4242424242424242"', "body"),
    "as deep as can be parsed": (
        b'{"a":' * 700 + b'"4242424242424242"' + b"}" * 700,
        ("a." * 30) + "…",
    ),
    "in an address": (b'{"return_url": "https://a.example/4242424242424242"}', "return_url"),
    "american express": (b'{"description": "3782 822463 10005"}', "description"),
    "nineteen digits": (b'{"description": "6205500000000000004"}', "description"),
}


async def test_card_numbers_in_the_body(api: Api) -> None:
    """A card number in any field is refused under the field's name, never told and never stored."""
    payment = await api.create()
    before = await stored(api)

    answers = {
        (operation, case): await api.post(path_of(operation, payment["id"]), content=content)
        for operation in POSTS
        for case, (content, _) in HIDDEN_CARDS.items()
    }

    assert {case: told(answer) for case, answer in answers.items()} == {
        (operation, case): (422, "card_number_refused", param)
        for operation in POSTS
        for case, (_, param) in HIDDEN_CARDS.items()
    }
    # A request's id is random, and now and then holds these digits by itself.
    texts = {
        case: answer.text.replace(answer.headers["Request-Id"], "")
        for case, answer in answers.items()
    }
    assert [case for case, text in texts.items() if "4242" in text] == []
    assert await stored(api) == before


UNKNOWN_IDS: Mapping[str, str] = {
    "nobody's": "pay_" + "0" * 32,
    "short": "pay_1",
    "without the prefix": "0" * 32,
    "dot": "%2E",
    "two dots": "%2E%2E",
    "slash": "pay_1%2Fconfirm",
    "backslash": "pay_1%5C",
    "NUL": "pay_%00",
    "NUL at the end": "pay_1%00",
    "line break": "pay_1%0A",
    "broken UTF-8": "pay_%FF",
    "emoji": "pay_%F0%9F%92%B3",
    "quote": "pay_1'%20OR%20'1'='1",
    "percent": "pay_%25",
    "300 characters": "pay_" + "a" * 296,
    "5000 characters": "pay_" + "a" * 5000,
}


async def test_unknown_ids(api: Api) -> None:
    """An id that is nobody's, whatever is in it, is 404."""
    before = await stored(api)

    answers = {
        (operation, case): told(await call(api, operation, payment_id))
        for operation in ON_A_PAYMENT
        for case, payment_id in UNKNOWN_IDS.items()
    }

    assert answers == dict.fromkeys(product(ON_A_PAYMENT, UNKNOWN_IDS), (404, "not_found", None))
    assert await stored(api) == before


async def test_almost_the_id(api: Api) -> None:
    """An id is matched exactly: case, spaces, slashes and line breaks around it count."""
    payment = await api.create()
    before = await stored(api)
    whole = payment["id"]
    near = [whole.upper(), whole + "%20", whole + "%0A", whole + "%2F", whole[:-1]]

    answers = {
        (operation, payment_id): told(await call(api, operation, payment_id))
        for operation in ON_A_PAYMENT
        for payment_id in near
    }

    assert answers == dict.fromkeys(product(ON_A_PAYMENT, near), (404, "not_found", None))
    assert await stored(api) == before


async def test_a_slash_in_an_id_reaches_no_other_route(sqlite_api: Api) -> None:
    """An escaped slash belongs to the id: it does not lead to another operation."""
    payment = await sqlite_api.create()
    before = await stored(sqlite_api)

    answers = [
        told(await sqlite_api.post(f"/v1/payments/{payment['id']}{slash}cancel"))
        for slash in ("%2F", "%2f")
    ]

    assert answers == [(404, "not_found", None)] * 2
    assert await stored(sqlite_api) == before


async def test_another_owners_payment(api: Api) -> None:
    """Another owner's payment is answered exactly as one that does not exist."""
    payment = await api.create()
    _, secret = await api.key("other")
    before = await stored(api)

    theirs = [await call(api, name, payment["id"], secret=secret) for name in ON_A_PAYMENT]
    nobodys = [await call(api, name, "pay_" + "0" * 32, secret=secret) for name in ON_A_PAYMENT]

    assert [told(answer) for answer in theirs] == [(404, "not_found", None)] * len(ON_A_PAYMENT)
    assert [answer.json()["detail"] for answer in theirs] == [
        answer.json()["detail"] for answer in nobodys
    ]
    assert await stored(api) == before


async def call(api: Api, operation: str, payment_id: str, **more: Any) -> httpx2.Response:
    """Call one of the routes of a payment."""
    path = f"/v1/payments/{payment_id}"
    if operation in GETS:
        return await api.get(path + GETS[operation], **more)
    return await api.post(f"{path}/{operation}", BODIES[operation], **more)


BAD_KEYS: Mapping[str, tuple[str | None, Expected]] = {
    "missing": (None, (400, "idempotency_key_missing", "Idempotency-Key")),
    "empty": ("", (400, "idempotency_key_missing", "Idempotency-Key")),
    "blank": ("   ", (400, "idempotency_key_missing", "Idempotency-Key")),
    "256 characters": ("k" * 256, (422, "validation_error", "Idempotency-Key")),
    "300 characters": ("k" * 300, (422, "validation_error", "Idempotency-Key")),
    "accent": ("cl\u00e9", (422, "validation_error", "Idempotency-Key")),
    "control character": ("a\x07b", (422, "validation_error", "Idempotency-Key")),
    "card number": (CARD, (422, "card_number_refused", "Idempotency-Key")),
}
MISSING_KEYS = ("missing", "empty", "blank")


async def test_bad_idempotency_keys(api: Api) -> None:
    """A key that is no key is refused; only cancel and refresh can do without one."""
    payment = await api.create()
    before = await stored(api)
    cases = {
        (operation, case): given
        for operation in POSTS
        for case, given in BAD_KEYS.items()
        if operation in ("create", "confirm") or case not in MISSING_KEYS
    }

    answers = {}
    for (operation, case), (key, _) in cases.items():
        headers = [(b"authorization", f"Bearer {api.secret}".encode())]
        if key is not None:
            headers.append((b"idempotency-key", key.encode("latin-1")))
        path = path_of(operation, payment["id"])
        answer = await api.client.post(path, json=BODIES[operation], headers=headers)
        answers[operation, case] = told(answer)

    assert answers == {case: expected for case, (_, expected) in cases.items()}
    assert await stored(api) == before


async def test_two_idempotency_keys(sqlite_api: Api) -> None:
    """Two keys at once mean nothing."""
    headers = [
        ("Authorization", f"Bearer {sqlite_api.secret}"),
        ("Idempotency-Key", "one"),
        ("Idempotency-Key", "two"),
    ]

    answer = await sqlite_api.client.post("/v1/payments", json=CREATE, headers=headers)

    assert told(answer) == (422, "validation_error", "Idempotency-Key")


@pytest.mark.parametrize("operation", ["cancel", "refresh"])
async def test_optional_idempotency_key(sqlite_api: Api, operation: str) -> None:
    """Cancel and refresh work without a key, and without a body."""
    payment = await sqlite_api.create()

    answer = await sqlite_api.post(path_of(operation, payment["id"]), idempotency_key=None)

    assert answer.status_code == 200


async def test_the_longest_idempotency_key(api: Api) -> None:
    """255 characters are a key."""
    key = "k" * 255
    first = await api.post("/v1/payments", CREATE, idempotency_key=key)
    second = await api.post("/v1/payments", CREATE, idempotency_key=key)

    assert first.json()["id"] == second.json()["id"]


OTHER_MEDIA = ("application/x-www-form-urlencoded", "text/plain", "application/jsonp", "")


async def test_other_media_types(sqlite_api: Api) -> None:
    """A body that says it is no JSON is not read as JSON."""
    payment = await sqlite_api.create()
    before = await stored(sqlite_api)

    answers = [
        told(
            await sqlite_api.post(
                path_of(operation, payment["id"]), content=b"{}", headers={"Content-Type": media}
            )
        )
        for operation in POSTS
        for media in OTHER_MEDIA
    ]

    assert answers == [(422, "validation_error", "Content-Type")] * 16
    assert await stored(sqlite_api) == before


async def test_an_idempotency_key_of_another_request(api: Api) -> None:
    """A key that stands for one request is refused for any other, whatever the operation."""
    payment = await api.create()
    used: dict[str, Any] = {"idempotency_key": "used"}
    await api.post("/v1/payments", {"amount": 700, "currency": "eur"}, **used)
    before = await stored(api)

    answers = [
        told(await api.post(path_of(operation, payment["id"]), BODIES[operation], **used))
        for operation in POSTS
    ]

    assert answers == [(422, "idempotency_key_reused", "Idempotency-Key")] * len(POSTS)
    assert await stored(api) == before


async def test_a_confirms_key_with_another_card(api: Api) -> None:
    """The key of a confirm does not confirm with another card."""
    payment = await api.create()
    await api.confirm(payment, "pm_card_visa_chargeDeclined", idempotency_key="once")
    before = await stored(api)

    answer = await api.confirm(payment, "pm_card_visa", idempotency_key="once")

    assert told(answer) == (422, "idempotency_key_reused", "Idempotency-Key")
    assert await stored(api) == before


async def test_a_confirms_key_on_another_payment(api: Api) -> None:
    """The key of a confirm does not confirm another payment."""
    first, second = await api.create(), await api.create()
    await api.confirm(first, idempotency_key="once")
    before = await stored(api)

    answer = await api.confirm(second, idempotency_key="once")

    assert told(answer) == (422, "idempotency_key_reused", "Idempotency-Key")
    assert await stored(api) == before


async def test_owners_do_not_share_idempotency_keys(api: Api) -> None:
    """Two owners may use the same key for requests of their own."""
    _, secret = await api.key("other")
    mine = await api.post("/v1/payments", CREATE, idempotency_key="same")
    theirs = await api.post("/v1/payments", CREATE, idempotency_key="same", secret=secret)

    assert theirs.status_code == 201
    assert mine.json()["id"] != theirs.json()["id"]


UNKNOWN_CARDS = ("pm_nobodys", "pm_" + "a" * 250, "pm_1")


async def test_a_card_stripe_does_not_know(api: Api) -> None:
    """A card's id that Stripe does not know is 422, and spends no attempt."""
    payment = await api.create()
    before = await stored(api)

    answers = [told(await api.confirm(payment, card)) for card in UNKNOWN_CARDS]

    assert answers == [(422, "card_unknown", "payment_method")] * len(UNKNOWN_CARDS)
    assert await stored(api) == before


async def test_a_customer_stripe_does_not_know(api: Api) -> None:
    """What Stripe calls invalid is told with Stripe's code, and leaves no payment."""
    before = await stored(api)

    answer = await api.post("/v1/payments", CREATE | {"customer": "cus_nobodys"})

    assert told(answer) == (422, "stripe_refused", "customer")
    assert answer.json()["stripe_code"] == "resource_missing"
    assert await stored(api) == before


@pytest.mark.parametrize("ending", ["succeeded", "failed"])
async def test_a_handled_payment_stays(api: Api, ending: str) -> None:
    """A handled payment takes neither confirm nor cancel; a refresh shows it unchanged."""
    payment = await api.create()
    if ending == "succeeded":
        await api.confirm(payment)
    else:
        await api.post(path_of("cancel", payment["id"]), {})
    shown = await api.get(f"/v1/payments/{payment['id']}")
    before = await stored(api)

    confirm = await api.confirm(payment)
    cancel = await api.post(path_of("cancel", payment["id"]), {})
    refresh = await api.post(path_of("refresh", payment["id"]), {})

    assert [told(confirm), told(cancel)] == [(409, "payment_handled", None)] * 2
    facts = [
        (answer.json()["state"], answer.json()["allowed_events"]) for answer in (confirm, cancel)
    ]
    assert facts == [(ending, [])] * 2
    assert (refresh.status_code, refresh.json()) == (200, shown.json())
    assert await stored(api) == before


async def test_a_second_confirm_in_flight(api: Api) -> None:
    """While an outcome is unknown, another confirm is 409 and says what may happen instead."""
    payment = await api.create()
    await api.world.fault("drop_before")
    first = await api.confirm(payment)
    before = await stored(api)

    second = await api.confirm(payment, "pm_card_mastercard")

    assert first.status_code == 202
    assert told(second) == (409, "attempt_in_progress", None)
    assert second.json()["state"] == "confirming"
    assert "confirm" not in second.json()["allowed_events"]
    assert await stored(api) == before


async def test_a_disabled_card(api: Api) -> None:
    """A card that was taken out of use is 409 for the next confirm, and spends nothing."""
    payment = await api.create()
    declined = await api.confirm(payment, "pm_card_visa_chargeDeclinedLostCard")
    before = await stored(api)

    answer = await api.confirm(payment, "pm_card_visa_chargeDeclinedLostCard")

    assert declined.json()["state"] == "card_disabled"
    assert told(answer) == (409, "card_disabled", "payment_method")
    assert answer.json()["state"] == "card_disabled"
    assert (await stored(api))["payments"] == before["payments"]
