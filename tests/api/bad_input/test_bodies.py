"""Bodies that are no JSON object, too long, missing, or declared as something else."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import pytest

from api.bodies import MAX_BODY_BYTES
from tests.api.bad_input.conftest import Ground, told
from tests.api.bad_input.routes import BODY_NEEDED, BODY_OPTIONAL, POSTS, ROUTES

MALFORMED: Mapping[str, bytes] = {
    "cut off": b'{"amount":',
    "single quotes": b"{'amount': 1000}",
    "trailing comma": b'{"amount": 1000,}',
    "two documents": b"{}{}",
    "repeated key": b'{"amount": 1, "amount": 1000}',
    "repeated key inside": b'{"metadata": {"a": "1", "a": "2"}}',
    "repeated key, escaped": b'{"amount": 1, "\\u0061mount": 1000}',
    "repeated unknown key": b'{"zzz": 1, "zzz": 1}',
    "NaN": b'{"amount": NaN}',
    "Infinity": b'{"amount": Infinity}',
    "more than a double holds": b'{"amount": 1e400}',
    "hexadecimal": b'{"amount": 0x3e8}',
    "leading zero": b'{"amount": 01000}',
    "leading plus": b'{"amount": +1000}',
    "a comment": b'{"amount": 1000 /* cents */}',
    "broken UTF-8": b'{"description": "\xff"}',
    "overlong UTF-8": b'{"description": "\xc0\xaf"}',
    "surrogates in UTF-8": b'{"description": "\xed\xa0\xbd\xed\xb8\x80"}',
    "UTF-16": '{"amount": 1000}'.encode("utf-16"),
    "UTF-32": '{"amount": 1000}'.encode("utf-32-le"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "lone surrogate": b'{"description": "\\ud800"}',
    "surrogates in the wrong order": b'{"description": "\\ude00\\ud83d"}',
    "lone surrogate in a key": b'{"\\udfff": 1}',
    "raw control character": b'{"description": "\x00"}',
    "raw line break": b'{"description": "a\nb"}',
    "escape that is none": b'{"description": "\\x41"}',
    "NUL after the document": b"{}\x00",
    "brackets without end": b"[" * 60_000,
    "braces without end": b'{"a":' * 12_000,
    "deep nesting": b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
    "deep, but not too deep for one parser": b"[" * 1_000 + b"]" * 1_000,
    "five thousand digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "blank": b"   ",
    "a form": b"amount=1000&currency=usd",
    "compressed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xab\xae\x05\x00\x43\xbf\xa6\xa3",
    "XML": b"<amount>1000</amount>",
}
NO_OBJECTS: Mapping[str, bytes] = {
    "list": b"[]",
    "list of pairs": b'[["amount", 1000]]',
    "text": b'"amount"',
    "number": b"1000",
    "null": b"null",
    "true": b"true",
}
OTHER_MEDIA = (
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"text/plain",
    b"text/json",
    b"application/jsonp",
    b"application/problem+json",
    b"*/*",
    b"",
)


async def test_malformed_json(sqlite_ground: Ground) -> None:
    """What is no JSON, or could be read in two ways, is 400 on every route."""
    before = await sqlite_ground.stands()

    answers = {
        (name, case): told(await sqlite_ground.call(name, content=content))
        for name in POSTS
        for case, content in MALFORMED.items()
    }

    assert answers == dict.fromkeys(product(POSTS, MALFORMED), (400, "malformed_json", None))
    assert await sqlite_ground.stands() == before


async def test_json_that_is_no_object(sqlite_ground: Ground) -> None:
    """JSON of another kind is understood and refused."""
    before = await sqlite_ground.stands()

    answers = {
        (name, case): told(await sqlite_ground.call(name, content=content))
        for name in POSTS
        for case, content in NO_OBJECTS.items()
    }

    assert answers == dict.fromkeys(product(POSTS, NO_OBJECTS), (422, "validation_error", None))
    assert await sqlite_ground.stands() == before


@pytest.mark.thorough
async def test_a_missing_body(sqlite_ground: Ground) -> None:
    """A request that needs a body and has none is no JSON."""
    before = await sqlite_ground.stands()

    answers = {name: told(await sqlite_ground.call(name, content=b"")) for name in BODY_NEEDED}

    assert answers == dict.fromkeys(BODY_NEEDED, (400, "malformed_json", None))
    assert await sqlite_ground.stands() == before


async def test_a_body_that_may_be_missing(sqlite_ground: Ground) -> None:
    """Where nothing need be said, nothing need be sent."""
    answers = {
        name: (await sqlite_ground.call(name, content=b"")).status_code for name in BODY_OPTIONAL
    }

    assert answers == {
        "cancel": 200,
        "refresh": 200,
        "capture": 200,
        "create customer": 201,
        "update card": 200,
        "replay": 200,
        "rotate secret": 200,
        "enable endpoint": 200,
    }


@pytest.mark.thorough
async def test_other_media_types(sqlite_ground: Ground) -> None:
    """A body that says it is no JSON is not read as JSON."""
    before = await sqlite_ground.stands()

    answers = {
        (name, media): told(await sqlite_ground.call(name, headers=[(b"content-type", media)]))
        for name in POSTS
        for media in OTHER_MEDIA
    }

    refused = (422, "validation_error", "Content-Type")
    assert answers == dict.fromkeys(product(POSTS, OTHER_MEDIA), refused)
    assert await sqlite_ground.stands() == before


@pytest.mark.thorough
async def test_compressed_bodies(sqlite_ground: Ground) -> None:
    """A body that says it is compressed is refused as such, and not as broken JSON."""
    before = await sqlite_ground.stands()
    encodings = (b"gzip", b"br", b"identity, gzip", b"")

    answers = {
        (name, encoding): told(
            await sqlite_ground.call(name, headers=[(b"content-encoding", encoding)])
        )
        for name in POSTS
        for encoding in encodings
    }

    refused = (422, "validation_error", "Content-Encoding")
    assert answers == dict.fromkeys(product(POSTS, encodings), refused)
    assert await sqlite_ground.stands() == before


async def test_a_body_that_is_too_long(sqlite_ground: Ground) -> None:
    """A body of one byte more than is taken is 413 on every route, whatever stands in it."""
    before = await sqlite_ground.stands()

    answers = {
        name: told(await sqlite_ground.call(name, content=b"{}".ljust(MAX_BODY_BYTES + 1)))
        for name in POSTS
    }

    assert answers == dict.fromkeys(POSTS, (413, "payload_too_large", None))
    assert await sqlite_ground.stands() == before


async def test_a_head_that_is_too_long(sqlite_ground: Ground) -> None:
    """More headers or address than common servers take is 413, whoever sends it, everywhere."""
    before = await sqlite_ground.stands()

    long = b"x" * 33_000
    answers = {
        name: [
            told(await sqlite_ground.call(name, headers=[(b"x-note", long)])),
            told(await sqlite_ground.call(name, query=f"?{long.decode()}")),
            told(await sqlite_ground.call(name, secret="", headers=[(b"x-note", long)])),
        ]
        for name in ROUTES
    }

    assert answers == dict.fromkeys(ROUTES, [(413, "payload_too_large", None)] * 3)
    assert await sqlite_ground.stands() == before
