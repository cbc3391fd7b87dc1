"""Card numbers, wherever they are put: refused, named by place, never told and never stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product

import httpx2
import pytest
from structlog.testing import capture_logs

from tests.api.bad_input.conftest import Ground, told
from tests.api.bad_input.routes import POSTS, ROUTES

CARD = "4242424242424242"

# What is sent, and how its place is called.
IN_A_BODY: Mapping[str, tuple[bytes, str]] = {
    "unknown field": (b'{"card": "4242424242424242"}', "card"),
    "number": (b'{"card": 4242424242424242}', "card"),
    "fraction": (b'{"card": 4242424242424242.0}', "card"),
    "power of ten": (b'{"card": 4.242424242424242e15}', "card"),
    "power of ten, few digits before it": (b'{"card": 4242424242424.242e3}', "card"),
    "negative": (b'{"amount": -4242424242424242}', "amount"),
    "spaced": (b'{"description": "4242 4242 4242 4242"}', "description"),
    "dashed": (b'{"description": "4242-4242-4242-4242"}', "description"),
    "dotted": (b'{"description": "4242.4242.4242.4242"}', "description"),
    "escaped": (b'{"description": "\\u0034242424242424242"}', "description"),
    "escaped separator": (b'{"description": "4242\\t4242\\t4242\\t4242"}', "description"),
    "invisible separator": (
        '{"description": "4242\u200b4242\u200b4242\u200b4242"}'.encode(),
        "description",
    ),
    "wide digits": ('{"name": "４２４２４２４２４２４２４２４２"}'.encode(), "name"),  # noqa: RUF001  # they are the point
    "in metadata": (b'{"metadata": {"note": "card 4242424242424242"}}', "metadata.note"),
    "key of metadata": (b'{"metadata": {"4242424242424242": "x"}}', "metadata"),
    "key": (b'{"4242424242424242": "x"}', "body"),
    "key, escaped": (b'{"\\u0034242424242424242": "x"}', "body"),
    "in a list": (b'{"item_ids": ["4242424242424242"]}', "item_ids[0]"),
    "as the card": (b'{"payment_method": "4242424242424242"}', "payment_method"),
    "as the card's id": (b'{"payment_method": "pm_4242424242424242"}', "payment_method"),
    "as a reason": (b'{"reason": "found 4242424242424242"}', "reason"),
    "as a name": (b'{"name": "4242424242424242"}', "name"),
    "as an email": (b'{"email": "4242424242424242@example.test"}', "email"),
    "in a billing address": (
        b'{"billing_details": {"address": {"line2": "4242424242424242"}}}',
        "billing_details.address.line2",
    ),
    "as a telephone": (
        b'{"billing_details": {"phone": "4242 4242 4242 4242"}}',
        "billing_details.phone",
    ),
    "deep": (b'{"a": {"b": [{"c": "4242424242424242"}]}}', "a.b[0].c"),
    "no object": (b'["4242424242424242"]', "[0]"),
    "no object, a text": (b'"4242424242424242"', "body"),
    "no object, a number": (b"4242424242424242", "body"),
    "as deep as can be parsed": (
        b'{"a":' * 700 + b'"4242424242424242"' + b"}" * 700,
        ("a." * 30) + "…",
    ),
    "behind much": (b'{"a": "' + b"x" * 60_000 + b'", "b": "4242424242424242"}', "b"),
    "in an address": (b'{"return_url": "https://a.example/4242424242424242"}', "return_url"),
    "american express": (b'{"description": "3782 822463 10005"}', "description"),
    "nineteen digits": (b'{"description": "6205500000000000004"}', "description"),
}


def without_id(answer: httpx2.Response) -> str:
    """Return all of an answer but its request's id, which is random and may hold any digits."""
    text = answer.text + repr(answer.headers)
    return text.replace(answer.headers["Request-Id"], "")


async def test_in_the_body(sqlite_ground: Ground) -> None:
    """A card number in any field is refused under the field's name, never told and never stored."""
    before = await sqlite_ground.stands()

    with capture_logs() as lines:
        answers = {
            (name, case): await sqlite_ground.call(name, content=content)
            for name in POSTS
            for case, (content, _) in IN_A_BODY.items()
        }

    assert {case: told(answer) for case, answer in answers.items()} == {
        (name, case): (422, "card_number_refused", param)
        for name in POSTS
        for case, (_, param) in IN_A_BODY.items()
    }
    assert [case for case, answer in answers.items() if "4242" in without_id(answer)] == []
    logged = repr([{**line, "request_id": "", "key_id": ""} for line in lines])
    assert re.search(r"4242.?4242", logged) is None
    assert await sqlite_ground.stands() == before


IN_A_QUERY = (
    f"?{CARD}",
    f"?{CARD}=x",
    f"?card={CARD}",
    "?card=4242+4242+4242+4242",
    "?card=4242%204242%204242%204242",
    "?card=%34242424242424242",
    "?card=4242%E2%80%934242%E2%80%934242%E2%80%934242",
    f"?limit=1&limit={CARD}",
    f"?created[gte]={CARD}",
    f"?%ff={CARD}",
)


@pytest.mark.thorough
async def test_in_the_query(sqlite_ground: Ground) -> None:
    """A card number in the query is refused on every route, whether it reads one or not."""
    before = await sqlite_ground.stands()

    answers = {
        (name, query): await sqlite_ground.call(name, query=query)
        for name in ROUTES
        for query in IN_A_QUERY
    }

    assert {case: told(answer) for case, answer in answers.items()} == dict.fromkeys(
        product(ROUTES, IN_A_QUERY), (422, "card_number_refused", "query")
    )
    assert [case for case, answer in answers.items() if "4242" in without_id(answer)] == []
    assert await sqlite_ground.stands() == before


IN_A_PATH = (
    CARD,
    f"pay_{CARD}",
    f"cus_{CARD}",
    f"pm_{CARD}",
    "4242%204242%204242%204242",
    "4242-4242-4242-4242",
    "%34%32424242424242424%32",
    f"x%2F{CARD}",
    f"{CARD}%00",
)


@pytest.mark.thorough
async def test_in_the_path(sqlite_ground: Ground) -> None:
    """A card number instead of an id is refused before anybody looks for it."""
    before = await sqlite_ground.stands()
    asked = await sqlite_ground.asked()
    routes = [name for name, route in ROUTES.items() if route.on is not None]

    answers = {
        (name, id): await sqlite_ground.call(name, on=id) for name in routes for id in IN_A_PATH
    }

    assert {case: told(answer) for case, answer in answers.items()} == dict.fromkeys(
        product(routes, IN_A_PATH), (422, "card_number_refused", "path")
    )
    assert [case for case, answer in answers.items() if "4242" in without_id(answer)] == []
    assert await sqlite_ground.stands() == before
    assert await sqlite_ground.asked() == asked


IN_A_HEADER: Mapping[str, tuple[bytes, bytes, str]] = {
    "Idempotency-Key": (b"idempotency-key", CARD.encode(), "Idempotency-Key"),
    "Idempotency-Key, with a word": (
        b"idempotency-key",
        b"order-4242-4242-4242-4242",
        "Idempotency-Key",
    ),
    "instead of a key": (b"authorization", f"Bearer {CARD}".encode(), "Authorization"),
    "another scheme": (b"authorization", f"Basic {CARD}".encode(), "Authorization"),
    "cookie": (b"cookie", f"card={CARD}".encode(), "Cookie"),
    "User-Agent": (b"user-agent", f"shop/{CARD}".encode(), "User-Agent"),
    "Referer": (b"referer", f"https://a.example/?{CARD}".encode(), "Referer"),
    "Content-Type": (b"content-type", f"application/json; x={CARD}".encode(), "Content-Type"),
    "one of one's own": (b"x-note", b"4242 4242 4242 4242", "X-Note"),
    "bytes that are no text": (b"x-note", b"\xff 4242\xa04242\xa04242\xa04242", "X-Note"),
    "a request's id": (b"request-id", CARD.encode(), "Request-Id"),
    "a header's name": (f"x-{CARD}".encode(), b"x", "headers"),
}


@pytest.mark.thorough
async def test_in_a_header(sqlite_ground: Ground) -> None:
    """A card number in a header is refused under the header's name, on every route."""
    before = await sqlite_ground.stands()

    answers = {
        (name, case): await sqlite_ground.call(name, key=None, headers=[(header, value)])
        for name in ROUTES
        for case, (header, value, _) in IN_A_HEADER.items()
    }

    assert {case: told(answer) for case, answer in answers.items()} == {
        (name, case): (422, "card_number_refused", param)
        for name in ROUTES
        for case, (_, _, param) in IN_A_HEADER.items()
    }
    assert [case for case, answer in answers.items() if "4242" in without_id(answer)] == []
    assert await sqlite_ground.stands() == before


HARMLESS: Mapping[str, bytes] = {
    "Luhn is not passed": b'{"name": "4242424242424241"}',
    "no brand's": b'{"name": "1234567812345670"}',
    "thirteen digits": b'{"name": "4222222222222"}',
    "twenty digits": b'{"name": "42424242424242424242"}',
    "coordinates": b'{"name": "41.3850639, 2.1734035"}',
    "an address of the network": b'{"name": "42.42.42.42:4242"}',
    "a UUID": b'{"name": "42424242-4242-4242-4242-424242424242"}',
    "hexadecimal": b'{"name": "a4242424242424242f"}',
    "prices": b'{"name": "42.42 42.42 42.42 42.42"}',
}


async def test_what_only_looks_like_one(sqlite_ground: Ground) -> None:
    """Numbers that no brand issues are taken as they are."""
    answers = {
        case: (await sqlite_ground.call("create customer", content=content)).status_code
        for case, content in HARMLESS.items()
    }

    assert answers == dict.fromkeys(HARMLESS, 201)
