"""What stands in a request's head is taken up to each bound, and not beyond it."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.api.bad_input.conftest import Ground, told
from tests.api.bad_input.head_bounds import IDEMPOTENCY_KEY, PATHS, QUERIES
from tests.api.bad_input.routes import POSTS, about
from tests.stored_payments import Storyteller, new_payment


@pytest.mark.thorough
async def test_parameters_just_taken(ground: Ground) -> None:
    """A parameter on its bound is heeded."""
    statuses = {
        (name, parameter, value): (
            await ground.call(name, query=f"?{parameter}={quote(value, safe='')}")
        ).status_code
        for name, parameters in QUERIES.items()
        for parameter, bounds in parameters.items()
        for value in bounds.taken
    }

    assert statuses == dict.fromkeys(statuses, 200)


async def test_parameters_just_not_taken(ground: Ground) -> None:
    """A parameter beyond its bound is 422 under its name, and Stripe is not asked."""
    asked = await ground.asked()

    answers = {
        (name, parameter, value): told(
            await ground.call(name, query=f"?{parameter}={quote(value, safe='')}")
        )
        for name, parameters in QUERIES.items()
        for parameter, bounds in parameters.items()
        for value in (*bounds.refused, *bounds.unsaid)
    }

    assert answers == {case: (422, "validation_error", case[1]) for case in answers}
    assert await ground.asked() == asked


@pytest.mark.thorough
async def test_idempotency_keys_just_taken(ground: Ground) -> None:
    """Keys of one to 255 characters are keys: the same request again is a replay."""
    replayed = {}
    for number, name in enumerate(POSTS):
        for key in IDEMPOTENCY_KEY.taken:
            # Of the same length, and no other route's.
            own = key.replace("k", chr(ord("a") + number)).encode()
            if name == "create" or "k" in key:
                on = await ground.anew(name)
                await ground.call(name, on=on, key=own)
                again = await ground.call(name, on=on, key=own)
                replayed[name, own] = again.headers.get("Idempotent-Replayed")

    assert replayed == dict.fromkeys(replayed, "true")


async def test_idempotency_keys_just_not_taken(sqlite_ground: Ground) -> None:
    """A longer key, or one with anything but printable ASCII, is refused everywhere."""
    answers = {
        (name, key): told(await sqlite_ground.call(name, key=key.encode("latin-1")))
        for name in POSTS
        for key in IDEMPOTENCY_KEY.refused
    }

    assert answers == dict.fromkeys(answers, (422, "validation_error", "Idempotency-Key"))


@pytest.mark.thorough
async def test_the_longest_id_of_a_payment(ground: Ground) -> None:
    """A payment of the shortest or the longest id is found, by its path and as a cursor."""
    tell = Storyteller(ground.api.world.runtime.database)
    for id in PATHS["payment"].taken:
        await tell.created(new_payment(id))

    found = [await ground.call("get", on=id) for id in PATHS["payment"].taken]
    cursors = [
        await ground.call("list payments", query=f"?{name}={id}")
        for name in ("starting_after", "ending_before")
        for id in PATHS["payment"].taken
    ]

    assert [answer.json()["id"] for answer in found] == list(PATHS["payment"].taken)
    assert [answer.status_code for answer in cursors] == [200] * len(cursors)


@pytest.mark.parametrize("kind", ["customer", "card"])
@pytest.mark.thorough
async def test_the_longest_id_at_stripe(sqlite_ground: Ground, kind: str) -> None:
    """Stripe is asked for an id of any length that may be one, and for no longer one."""
    asked = {}
    for id in (*PATHS[kind].taken, *PATHS[kind].refused):
        before = await sqlite_ground.asked()
        for name in about(kind):
            assert told(await sqlite_ground.call(name, on=id)) == (404, "not_found", None)
        asked[id] = len(await sqlite_ground.asked()) > len(before)

    assert asked == dict.fromkeys(PATHS[kind].taken, True) | dict.fromkeys(
        PATHS[kind].refused, False
    )
