"""The table of routes is whole and true: the other tests only see what stands in it."""

from __future__ import annotations

from api.app import create_app
from tests.api.bad_input.conftest import Ground
from tests.api.bad_input.routes import ROUTES


def test_every_route_stands_in_the_table() -> None:
    """Whatever the application serves is tried with bad input."""
    document = create_app().openapi()
    served = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    tried = {
        (route.method, route.described)
        for name, route in ROUTES.items()
        if name != "description"  # the document does not describe itself
    }

    assert tried == served


async def test_a_good_request_is_accepted(sqlite_ground: Ground) -> None:
    """What the table calls a good request is one: only what is spoilt of it is refused."""
    statuses = {
        name: (await sqlite_ground.call(name, on=await sqlite_ground.anew(name))).status_code
        for name in ROUTES
    }

    assert {name for name, status in statuses.items() if status not in (200, 201)} == set()
