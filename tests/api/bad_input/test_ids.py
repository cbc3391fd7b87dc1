"""Ids in the path: of nobody, of no shape, almost right, and of another owner. All are 404."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2
import pytest

from tests.api.bad_input.conftest import Expected, Ground, told
from tests.api.bad_input.routes import ROUTES, about

NOT_FOUND = (404, "not_found", None)
KINDS = ("payment", "customer", "card")
NOBODYS = {"payment": "pay_" + "0" * 32, "customer": "cus_nobodys", "card": "pm_nobodys"}

# After the prefix of each kind: no id looks like this, so that nobody need be asked.
SHAPELESS: Mapping[str, str] = {
    "prefix alone": "",
    "slash": "a%2Fb",
    "slash, in lower case": "a%2fb",
    "up": "a%2F..%2F..%2Fv1%2Fcustomers",
    "backslash": "a%5C",
    "dot": "a.b",
    "dash": "a-b",
    "space": "a%20b",
    "plus": "a+b",
    "NUL": "%00",
    "NUL at the end": "a%00",
    "line break": "a%0A",
    "carriage return and a header": "a%0D%0AX-Injected:%20yes",
    "tab": "%09a",
    "broken UTF-8": "%FF",
    "lone surrogate": "%ED%A0%80",
    "emoji": "%F0%9F%92%B3",
    "letter of another script": "%D0%B0",
    "digit of another script": "%D9%A3",
    "full-width letter": "%EF%BD%81",
    "SQL": "a'%20OR%20'1'='1",
    "percent": "%25",
    "escaped twice": "a%252Fb",
    "query, escaped": "a%3Fexpand",
    "fragment, escaped": "a%23b",
    "matrix parameter": "a;b=c",
    "braces": "%7Bpayment_id%7D",
    "asterisk": "*",
    "far too long": "a" * 5000,
}
# In place of an id altogether.
NO_IDS = ("%2E", "%2E%2E", "%20", "%00", "null", "undefined", "0", "-1", "0" * 32, "NaN", "*", "[]")
# The longest id of each kind has so many characters after its prefix.
LONGEST = {"payment": 64, "customer": 250, "card": 250}
PREFIXES = {"payment": "pay_", "customer": "cus_", "card": "pm_"}


def shapeless(kind: str) -> list[str]:
    """List what is no id of a kind."""
    return [
        *(PREFIXES[kind] + rest for rest in SHAPELESS.values()),
        *NO_IDS,
        *(NOBODYS[other] for other in KINDS if other != kind),
        PREFIXES[kind] + "a" * (LONGEST[kind] + 1),
        PREFIXES[kind].upper() + "a",
    ]


async def answered_otherwise(
    ground: Ground, ids: Mapping[str, list[str]]
) -> set[tuple[str, str, Expected]]:
    """Return what is answered otherwise than as unknown, of every route about each kind."""
    answers = {
        (name, id): told(await ground.call(name, on=id))
        for kind in KINDS
        for name in about(kind)
        for id in ids[kind]
    }
    return {(*case, answer) for case, answer in answers.items() if answer != NOT_FOUND}


@pytest.mark.thorough
async def test_ids_of_no_shape(ground: Ground) -> None:
    """What cannot be an id is 404, whatever is in it, and never reaches Stripe."""
    before, asked = await ground.stands(), await ground.asked()

    assert await answered_otherwise(ground, {kind: shapeless(kind) for kind in KINDS}) == set()
    assert await ground.stands() == before
    assert await ground.asked() == asked


async def test_ids_of_nobody(ground: Ground) -> None:
    """An id of the right shape that nobody has is 404, and nothing moves at Stripe."""
    before = await ground.stands(done=True)
    ids = {
        kind: [NOBODYS[kind], prefix + "1", prefix + "a" * LONGEST[kind]]
        for kind, prefix in PREFIXES.items()
    }

    assert await answered_otherwise(ground, ids) == set()
    assert await ground.stands(done=True) == before


@pytest.mark.thorough
async def test_almost_the_id(ground: Ground) -> None:
    """An id is matched exactly: case, spaces, slashes and line breaks around it count."""
    before = await ground.stands(done=True)

    assert (
        await answered_otherwise(ground, {kind: near(ground.ids[kind]) for kind in KINDS}) == set()
    )
    assert await ground.stands(done=True) == before


def near(whole: str) -> list[str]:
    """List what is almost an id."""
    around = ("{}%20", "%20{}", "{}%0A", "{}%00", "{}%2F", "{}0", "{0}.{0}")
    return [whole.swapcase(), whole[:-1], *(each.format(whole) for each in around)]


async def test_things_of_another_owner(ground: Ground) -> None:
    """Another owner's thing is answered exactly as one that does not exist."""
    _, other = await ground.api.key("other")
    routes = [(kind, name) for kind in KINDS for name in about(kind) if not ROUTES[name].shared]
    before = await ground.stands(done=True)

    theirs = {name: await ground.call(name, secret=other) for _, name in routes}
    nobodys = {
        name: await ground.call(name, secret=other, on=NOBODYS[kind]) for kind, name in routes
    }

    assert {name: told(answer) for name, answer in theirs.items()} == dict.fromkeys(
        theirs, NOT_FOUND
    )
    assert {name: without_ids(answer) for name, answer in theirs.items()} == {
        name: without_ids(answer) for name, answer in nobodys.items()
    }
    assert await ground.stands(done=True) == before


def without_ids(answer: httpx2.Response) -> dict[str, object]:
    """Return what an answer says, but for its own id."""
    return {**answer.json(), "request_id": None}


async def test_an_admin_of_another_name_moves_nothing(ground: Ground) -> None:
    """An administrator reads every owner's payments, and moves only their own."""
    _, other = await ground.api.key("other", "admin")
    moving = [
        name
        for name in (*about("payment"), *about("customer"), *about("card"))
        if ROUTES[name].method != "GET" and not ROUTES[name].shared
    ]
    before = await ground.stands(done=True)

    answers = {name: told(await ground.call(name, secret=other)) for name in moving}

    assert answers == dict.fromkeys(moving, NOT_FOUND)
    assert await ground.stands(done=True) == before


async def test_another_owners_customer_and_card_in_a_body(ground: Ground) -> None:
    """What is named in a body is another owner's as much as what is named in the path."""
    _, other = await ground.api.key("other")
    theirs = await ground.api.post("/v1/customers", {}, secret=other)
    bodies = {
        "create": {"amount": 1000, "currency": "usd", "customer": ground.ids["customer"]},
        "attach": {"payment_method": ground.ids["card"]},
    }
    before = await ground.stands(done=True)

    answers = [
        told(await ground.call(name, on=theirs.json()["id"], body=body, secret=other))
        for name, body in bodies.items()
    ]

    # The card is as unknown as an id that nobody has.
    assert answers == [
        (404, "not_found", "customer"),
        (422, "card_unknown", "payment_method"),
    ]
    assert await ground.stands(done=True) == before
