"""Fields that are missing, unknown, of the wrong type or out of range, in every body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.api.bad_input.bad_fields import BAD_FIELDS
from tests.api.bad_input.cases import nested
from tests.api.bad_input.conftest import Ground, told
from tests.api.bad_input.routes import POSTS, ROUTES


def test_every_body_has_bad_fields() -> None:
    """No route that reads a body is left out."""
    assert BAD_FIELDS.keys() == set(POSTS)


async def test_bad_fields(sqlite_ground: Ground) -> None:
    """A wrong type, a value out of range or an unknown field is 422 and names the field."""
    before = await sqlite_ground.stands()

    answers = {
        (name, case): told(await sqlite_ground.call(name, body=body))
        for name, cases in BAD_FIELDS.items()
        for case, (body, _) in cases.items()
    }

    assert answers == {
        (name, case): (422, "validation_error", param)
        for name, cases in BAD_FIELDS.items()
        for case, (_, param) in cases.items()
    }
    assert await sqlite_ground.stands() == before


async def test_fields_of_no_kind(sqlite_ground: Ground) -> None:
    """An unknown field is refused on every route, whatever it holds and however it is called."""
    before = await sqlite_ground.stands()
    values: list[Any] = [None, 0, "", [], {}, nested(300)]
    names = [
        "colour",
        "__proto__",
        "constructor",
        "model_config",
        "request",
        "amount.value",
        "é",
        "💳",
    ]

    answers = {
        (route, name): {
            told(await sqlite_ground.call(route, body=ROUTES[route].body | {name: value}))  # type: ignore[operator]  # posts have one
            for value in values
        }
        for route in POSTS
        for name in names
    }

    assert answers == {case: {(422, "validation_error", case[1])} for case in answers}
    assert await sqlite_ground.stands() == before


async def test_a_refusal_does_not_repeat_the_value(sqlite_ground: Ground) -> None:
    """What was wrong is named; what was sent is not sent back."""
    secret = "hunter2\x00"
    sent: Mapping[str, tuple[str, ...]] = {
        "create": ("amount", "currency", "customer", "description", "setup_future_usage", "zzz"),
        "confirm": ("payment_method", "return_url", "off_session"),
        "cancel": ("reason",),
        "refresh": ("zzz",),
        "create customer": ("email", "name", "metadata"),
        "attach": ("payment_method",),
        "update card": ("exp_month", "exp_year", "billing_details"),
        "resolve": ("resolution", "reason", "state"),
        "assign anomaly": ("owner", "instead_of", "state"),
        "resolve anomaly": ("resolution", "reason", "state"),
        "disable": ("reason",),
        "enable": ("reason",),
        "create endpoint": ("url", "description", "event_types", "owner", "zzz"),
        "rotate secret": ("overlap_seconds",),
        "replay": ("webhook_endpoint",),
    }

    answers = [
        await sqlite_ground.call(route, body=(ROUTES[route].body or {}) | {name: value})
        for route, names in sent.items()
        for name in names
        for value in (secret, [secret], {"a": [secret]})
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert [answer.text for answer in answers if "hunter2" in answer.text] == []


UNREADABLE = ("https://a.example:hunter2", "https://[hunter2]", "https://hunter2@", "ftp://hunter2")


async def test_an_address_is_not_repeated_either(sqlite_ground: Ground) -> None:
    """What a parser has to say of an address would repeat a part of it."""
    answers = [
        await sqlite_ground.call(
            "confirm", body={"payment_method": "pm_card_visa", "return_url": address}
        )
        for address in UNREADABLE
    ]

    sentence = "return_url must be an absolute https address (http only to this machine)."
    assert [answer.json()["detail"] for answer in answers] == [sentence] * len(UNREADABLE)
