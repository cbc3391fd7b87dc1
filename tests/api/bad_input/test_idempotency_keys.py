"""Idempotency-Keys that are none, missing, given twice, or another request's."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

import pytest

from tests.api.bad_input.conftest import Expected, Ground, told
from tests.api.bad_input.routes import KEY_NEEDED, KEY_OPTIONAL, POSTS

HEADER = "Idempotency-Key"
REUSED = (422, "idempotency_key_reused", HEADER)

MISSING: Mapping[str, bytes | None] = {
    "missing": None,
    "empty": b"",
    "blank": b"   ",
    "a tab": b"\t",
}
INVALID: Mapping[str, tuple[bytes, Expected]] = {
    "256 characters": (b"k" * 256, (422, "validation_error", HEADER)),
    "3000 characters": (b"k" * 3000, (422, "validation_error", HEADER)),
    "accent": (b"cl\xe9", (422, "validation_error", HEADER)),
    "UTF-8": ("schlüssel".encode(), (422, "validation_error", HEADER)),
    "control character": (b"a\x07b", (422, "validation_error", HEADER)),
    "tab inside": (b"a\tb", (422, "validation_error", HEADER)),
    "line break": (b"a\nb", (422, "validation_error", HEADER)),
    "NUL": (b"a\x00", (422, "validation_error", HEADER)),
    "delete": (b"a\x7f", (422, "validation_error", HEADER)),
    "blanks of other kinds around it": (b"\xa0key\x85", (422, "validation_error", HEADER)),
    "vertical tab before it": (b"\x0bkey", (422, "validation_error", HEADER)),
    "blanks of other kinds alone": (b"\xa0\x1c", (422, "validation_error", HEADER)),
    "card number": (b"4242424242424242", (422, "card_number_refused", HEADER)),
}


@pytest.mark.thorough
async def test_a_key_that_is_needed(sqlite_ground: Ground) -> None:
    """Create and confirm are not done without a key."""
    before = await sqlite_ground.stands()

    answers = {
        (name, case): told(await sqlite_ground.call(name, key=key))
        for name in KEY_NEEDED
        for case, key in MISSING.items()
    }

    assert answers == dict.fromkeys(answers, (400, "idempotency_key_missing", HEADER))
    assert await sqlite_ground.stands() == before


async def test_a_key_that_is_not_needed(sqlite_ground: Ground) -> None:
    """Whatever else is posted works without a key, and an empty one is none."""
    statuses = {
        (name, case): (await sqlite_ground.call(name, key=key)).status_code
        for name in KEY_OPTIONAL
        for case, key in MISSING.items()
        if name not in {"cancel", "capture"} or case == "missing"  # there is one end
    }

    assert {case for case, status in statuses.items() if status not in (200, 201)} == set()


@pytest.mark.thorough
async def test_keys_that_are_none(sqlite_ground: Ground) -> None:
    """A key that is too long or not printable ASCII is refused on every route."""
    before = await sqlite_ground.stands()

    answers = {
        (name, case): told(await sqlite_ground.call(name, key=key))
        for name in POSTS
        for case, (key, _) in INVALID.items()
    }

    assert answers == {
        (name, case): expected for name in POSTS for case, (_, expected) in INVALID.items()
    }
    assert await sqlite_ground.stands() == before


@pytest.mark.thorough
async def test_two_keys(sqlite_ground: Ground) -> None:
    """Two keys at once mean nothing, even if they are the same."""
    before = await sqlite_ground.stands()

    answers = {
        (name, second): told(
            await sqlite_ground.call(name, key=b"one", headers=[(b"idempotency-key", second)])
        )
        for name in POSTS
        for second in (b"one", b"two", b"")
    }

    assert answers == dict.fromkeys(answers, (422, "validation_error", HEADER))
    assert await sqlite_ground.stands() == before


async def test_a_key_of_another_request(ground: Ground) -> None:
    """A key that stands for one request is refused for any other, whatever the operation."""
    on = {"confirm": (await ground.api.create())["id"], "cancel": (await ground.api.create())["id"]}
    for name in POSTS:
        done = await ground.call(name, on=on.get(name), key=name.encode())
        assert done.status_code in (200, 201), done.text
    before = await ground.stands()

    answers = {
        (first, second): told(await ground.call(second, key=first.encode()))
        for first, second in permutations(POSTS, 2)
    }

    assert answers == dict.fromkeys(permutations(POSTS, 2), REUSED)
    assert await ground.stands() == before


OTHER_BODIES: Mapping[str, dict[str, object]] = {
    "create": {"amount": 1001, "currency": "usd"},
    "confirm": {"payment_method": "pm_card_mastercard"},
    "cancel": {"reason": "duplicate"},
    "create customer": {"name": "Bob"},
    "attach": {"payment_method": "pm_card_mastercard"},
    "update card": {"exp_year": 2041},
    "resolve": {"resolution": "refresh", "reason": "another"},
    "assign anomaly": {"owner": "bob"},
    "resolve anomaly": {"resolution": "refunded", "reason": "another"},
    "disable": {"reason": "another"},
    "enable": {"reason": "another"},
}


@pytest.mark.thorough
async def test_a_key_with_another_body(ground: Ground) -> None:
    """A key does not stand for the same operation with another body."""
    on = {"confirm": (await ground.api.create())["id"], "cancel": (await ground.api.create())["id"]}
    for name in OTHER_BODIES:
        await ground.call(name, on=on.get(name), key=name.encode())
    before = await ground.stands()

    answers = {
        name: told(await ground.call(name, on=on.get(name), body=body, key=name.encode()))
        for name, body in OTHER_BODIES.items()
    }

    assert answers == dict.fromkeys(OTHER_BODIES, REUSED)
    assert await ground.stands() == before


async def test_a_key_on_another_thing(ground: Ground) -> None:
    """A key does not stand for the same request about another payment, customer or card."""
    others = {
        "confirm": (await ground.api.create())["id"],
        "cancel": (await ground.api.create())["id"],
        "refresh": (await ground.api.create())["id"],
        "resolve": (await ground.api.create())["id"],
        "attach": (await ground.call("create customer")).json()["id"],
    }
    card = (await ground.call("attach")).json()["id"]
    others |= dict.fromkeys(("update card", "disable", "enable"), card)
    others |= dict.fromkeys(("assign anomaly", "resolve anomaly"), await ground.anomaly())
    endpoint = (await ground.call("create endpoint")).json()["id"]
    others |= dict.fromkeys(("rotate secret", "enable endpoint"), endpoint)
    others["replay"] = (await ground.call("list events")).json()["data"][1]["id"]
    mine = {
        "confirm": (await ground.api.create())["id"],
        "cancel": (await ground.api.create())["id"],
    }
    for name in others:
        await ground.call(name, on=mine.get(name), key=name.encode())
    before = await ground.stands()

    answers = {
        name: told(await ground.call(name, on=other, key=name.encode()))
        for name, other in others.items()
    }

    assert answers == dict.fromkeys(others, REUSED)
    assert await ground.stands() == before


async def test_owners_do_not_share_keys(ground: Ground) -> None:
    """Two owners may use the same key for requests of their own."""
    _, other = await ground.api.key("other")
    answers = [
        await ground.call(name, key=b"same", secret=secret)
        for secret, name in ((None, "create"), (other, "create customer"))
    ]
    again = [
        await ground.call(name, key=b"same", secret=secret)
        for secret, name in ((None, "create customer"), (other, "create"))
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert [told(answer) for answer in again] == [REUSED] * 2
