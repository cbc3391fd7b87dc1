"""The client secret again, for a page that was reloaded: to the payment's owner and nobody else."""

from __future__ import annotations

import pytest
import structlog

from tests.api.conftest import Api


def path_of(payment_id: str) -> str:
    """Return where a payment's client secret is asked for."""
    return f"/v1/payments/{payment_id}/client_secret"


async def test_it_is_the_one_of_the_create(api: Api) -> None:
    """The owner gets the very secret that the create gave, in an answer nobody keeps."""
    created = await api.create()

    answer = await api.get(path_of(created["id"]))

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json() == {
        "object": "client_secret",
        "payment": created["id"],
        "client_secret": created["client_secret"],
    }


@pytest.mark.parametrize("ending", ["confirm", "cancel"])
async def test_it_is_shown_of_a_handled_payment(api: Api, ending: str) -> None:
    """A page that comes back late can still show how the payment ended."""
    created = await api.create()
    body = {"payment_method": "pm_card_visa"} if ending == "confirm" else {}
    await api.post(f"/v1/payments/{created['id']}/{ending}", body)

    answer = await api.get(path_of(created["id"]))

    assert answer.json()["client_secret"] == created["client_secret"]


@pytest.mark.parametrize(
    ("name", "scope", "status"),
    [
        ("shop", "payments", 200),
        ("shop", "admin", 200),
        ("shop", "audit", 403),
        ("other", "payments", 404),
        ("other", "admin", 404),
        ("other", "audit", 403),
    ],
)
async def test_who_gets_it(api: Api, name: str, scope: str, status: int) -> None:
    """Only a key of the payment's owner that may pay gets it; an admin of another reads none."""
    created = await api.create()
    _, secret = await api.key(name, scope)

    answer = await api.get(path_of(created["id"]), secret=secret)

    assert answer.status_code == status
    assert (created["client_secret"] in answer.text) == (status == 200)


@pytest.mark.parametrize("kind", ["drop_before", "bad_gateway_502", "unauthorized_401"])
async def test_stripe_cannot_be_read(api: Api, kind: str) -> None:
    """Where Stripe gives no answer it is 503, to be asked again, and nothing is written."""
    created = await api.create()
    before = (await api.get(f"/v1/payments/{created['id']}")).json()
    await api.world.fault(kind, "payment_intents.retrieve", times=None)

    answer = await api.get(path_of(created["id"]))

    assert (answer.status_code, answer.json()["code"]) == (503, "stripe_unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert (await api.get(f"/v1/payments/{created['id']}")).json() == before


async def test_it_is_not_logged(sqlite_api: Api) -> None:
    """Neither the secret nor a part of it is in the log."""
    created = await sqlite_api.create()
    with structlog.testing.capture_logs() as lines:
        answer = await sqlite_api.get(path_of(created["id"]))

    secret = answer.json()["client_secret"].partition("_secret_")[2]
    assert lines
    assert secret not in str(lines)
