"""Methods that an address does not take, and addresses that do not exist."""

from __future__ import annotations

from itertools import product

from tests.api.bad_input.conftest import Ground, told
from tests.api.bad_input.routes import ROUTES

METHODS = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "PROPFIND",
)

# By hand: what each address takes.
TAKEN = {
    "/v1/payments": {"GET", "POST"},
    "/v1/payments/{payment}": {"GET"},
    "/v1/payments/{payment}/confirm": {"POST"},
    "/v1/payments/{payment}/cancel": {"POST"},
    "/v1/payments/{payment}/refresh": {"POST"},
    "/v1/payments/{payment}/history": {"GET"},
    "/v1/payments/{payment}/explain": {"GET"},
    "/v1/payments/{payment}/client_secret": {"GET"},
    "/v1/customers": {"POST"},
    "/v1/customers/{customer}": {"GET"},
    "/v1/customers/{customer}/cards": {"GET", "POST"},
    "/v1/payments/{payment}/capture": {"POST"},
    "/v1/payments/{payment}/refunds": {"GET", "POST"},
    "/v1/payments/{payment}/disputes": {"GET"},
    "/v1/refunds/{refund}": {"GET"},
    "/v1/cards/{card}": {"GET", "POST", "DELETE"},
    "/v1/cards/{card}/disable": {"POST"},
    "/v1/cards/{card}/enable": {"POST"},
    "/v1/payments/{payment}/resolve": {"POST"},
    "/v1/actions": {"GET"},
    "/v1/decline-rules": {"GET"},
    "/v1/decline-rules/what-if": {"POST"},
    "/v1/decline-rules/{rule}": {"GET", "PUT"},
    "/v1/decline-rules/{rule}/approve": {"POST"},
    "/v1/anomalies": {"GET"},
    "/v1/anomalies/{anomaly}": {"GET"},
    "/v1/anomalies/{anomaly}/assign": {"POST"},
    "/v1/anomalies/{anomaly}/resolve": {"POST"},
    "/v1/events": {"GET"},
    "/v1/events/{event}": {"GET"},
    "/v1/events/{event}/replay": {"POST"},
    "/v1/webhook-endpoints": {"GET", "POST"},
    "/v1/webhook-endpoints/{webhook_endpoint}": {"GET", "DELETE"},
    "/v1/webhook-endpoints/{webhook_endpoint}/rotate-secret": {"POST"},
    "/v1/webhook-endpoints/{webhook_endpoint}/enable": {"POST"},
    "/v1/webhook-endpoints/{webhook_endpoint}/deliveries": {"GET"},
    "/v1/machine": {"GET"},
    "/v1/machine/diagram.svg": {"GET"},
    "/healthz": {"GET"},
    "/readyz": {"GET"},
    "/metrics": {"GET"},
    "/openapi.json": {"GET", "HEAD"},
}


def test_every_address_is_tried() -> None:
    """The table of methods has every address of the table of routes."""
    paths = {route.path.replace("{id}", f"{{{route.on}}}") for route in ROUTES.values()}

    assert paths == TAKEN.keys()


async def test_methods_not_taken(sqlite_ground: Ground) -> None:
    """Any other method is 405, which names all that the address takes, and moves nothing."""
    before = await sqlite_ground.stands()
    headers = {"Authorization": f"Bearer {sqlite_ground.secrets['admin']}"}
    cases = [
        (path, method) for path, method in product(TAKEN, METHODS) if method not in TAKEN[path]
    ]

    answers = {
        (path, method): await sqlite_ground.api.client.request(
            method, path.format(**sqlite_ground.ids), headers=headers
        )
        for path, method in cases
    }

    refused = {
        case: (answer.status_code, set(answer.headers.get("Allow", "").split(", ")))
        for case, answer in answers.items()
    }
    assert refused == {(path, method): (405, TAKEN[path]) for path, method in cases}
    shown = {case: told(answer) for case, answer in answers.items() if case[1] != "HEAD"}
    assert shown == dict.fromkeys(shown, (405, "method_not_allowed", None))
    assert await sqlite_ground.stands() == before


NOWHERE = (
    "/",
    "//",
    "/v1",
    "/v1/",
    "/v2/payments",
    "/V1/payments",
    "/v1/Payments",
    "/v1/payments/",
    "/v1//payments",
    "//v1/payments",
    "/v1/payments//",
    "/v1/payments/{payment}/",
    "/v1/payments/{payment}/confirm/",
    "/v1/payments/{payment}/Confirm",
    "/v1/payments/{payment}/charge",
    "/v1/payments/{payment}/confirm%20",
    "/v1/payments/{payment}%2Fconfirm",
    "/v1/payments/{payment}%2fconfirm",
    "/v1/payments/{payment};x/cancel/y",
    "/v1/customers/",
    "/v1/customers/{customer}/",
    "/v1/customers/{customer}/cards/",
    "/v1/customers/{customer}/cards/{card}",
    "/v1/customers/{customer}%2Fcards",
    "/v1/cards",
    "/v1/cards/",
    "/v1/cards/{card}/",
    "/v1/cards/{card}/disable/",
    "/v1/cards/{card}%2Fdisable",
    "/v1/cards/{card}/delete",
    "/v1/machine/",
    "/v1/machine/diagram.png",
    "/healthz/",
    "/docs",
    "/redoc",
    "/.env",
    "/%00",
    "/v1/payments%00",
    "/v1/payments%0d%0aX-Injected:%20yes",
)


async def test_addresses_that_do_not_exist(sqlite_ground: Ground) -> None:
    """What is almost an address is none: nothing is guessed, redirected or stripped."""
    before = await sqlite_ground.stands()
    client = sqlite_ground.api.client
    headers = {"Authorization": f"Bearer {sqlite_ground.secrets['admin']}", "Idempotency-Key": "k"}

    answers = {
        (method, path): told(
            await client.request(method, path.format(**sqlite_ground.ids), headers=headers)
        )
        for method in ("GET", "POST", "DELETE")
        for path in NOWHERE
    }

    assert answers == dict.fromkeys(
        product(("GET", "POST", "DELETE"), NOWHERE), (404, "not_found", None)
    )
    assert await sqlite_ground.stands() == before
