"""Who may do what, and how soon a key that is taken away stops working."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from api.authentication import REMEMBERED_KEYS, REMEMBERED_SECONDS, KeyRing
from orchestrator.keys import create_key
from orchestrator.store.connections import Database
from orchestrator.store.keys import insert_key, revoke_key
from tests.api.conftest import Api

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer ork_0123456789abcdef_" + "x" * 43,
        "Basic dXNlcjpwYXNz",
        "Bearer ork_\u00e9",
    ],
)
async def test_no_key_in_use(sqlite_api: Api, header: str | None) -> None:
    """Without a key that is in use every route is 401 and says how to authenticate."""
    headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
    answer = await sqlite_api.client.get("/v1/machine", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_wrong_secret_of_a_real_key(api: Api) -> None:
    """Knowing a key's id is not knowing the key."""
    wrong = api.secret[:-4] + ("aaaa" if not api.secret.endswith("aaaa") else "bbbb")

    answer = await api.get("/v1/machine", secret=wrong)

    assert answer.status_code == 401


async def test_an_expired_key(api: Api) -> None:
    """A key is refused from the moment it expires."""
    row, secret = create_key("shop", "payments", 1, datetime.now(UTC) - timedelta(days=2))
    await api.world.runtime.database.write(insert_key, row)

    assert (await api.get("/v1/machine", secret=secret)).status_code == 401


async def test_a_revoked_key(api: Api) -> None:
    """A key that was never used is refused at once when revoked."""
    key_id, secret = await api.key()
    await api.world.runtime.database.write(revoke_key, key_id, datetime.now(UTC))

    assert (await api.get("/v1/machine", secret=secret)).status_code == 401


SCOPES = {
    "payments": {"create": 201, "get": 200, "history": 200, "machine": 200},
    "audit": {"create": 403, "get": 200, "history": 200, "machine": 200},
    "admin": {"create": 201, "get": 200, "history": 200, "machine": 200},
}


@pytest.mark.parametrize("scope", SCOPES)
async def test_what_a_scope_grants(api: Api, scope: str) -> None:
    """Each scope does what it is for: audit reads, payments pays, admin both."""
    payment = await api.create()
    _, secret = await api.key("shop", scope)
    body = {"amount": 1000, "currency": "usd"}

    answers = {
        "create": await api.post("/v1/payments", body, secret=secret),
        "get": await api.get(f"/v1/payments/{payment['id']}", secret=secret),
        "history": await api.get(f"/v1/payments/{payment['id']}/history", secret=secret),
        "machine": await api.get("/v1/machine", secret=secret),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == SCOPES[scope]


@pytest.mark.parametrize("operation", ["confirm", "cancel", "refresh"])
async def test_audit_keys_move_nothing(api: Api, operation: str) -> None:
    """A key that only reads is 403 on everything that moves a payment."""
    payment = await api.create()
    _, secret = await api.key("auditor", "audit")
    body: dict[str, Any] = {"payment_method": "pm_card_visa"} if operation == "confirm" else {}

    answer = await api.post(f"/v1/payments/{payment['id']}/{operation}", body, secret=secret)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await api.get(f"/v1/payments/{payment['id']}")).json()["state"] == "created"


@pytest.mark.parametrize(("scope", "status"), [("payments", 404), ("audit", 200), ("admin", 200)])
async def test_who_reads_another_owners_payment(api: Api, scope: str, status: int) -> None:
    """Another owner's payment does not exist for a payments key; auditors see it."""
    payment = await api.create()
    _, secret = await api.key("other", scope)
    path = f"/v1/payments/{payment['id']}"

    assert (await api.get(path, secret=secret)).status_code == status
    assert (await api.get(path + "/history", secret=secret)).status_code == status


async def test_admins_move_only_their_own(api: Api) -> None:
    """An admin key reads everything but pays only as its own owner."""
    payment = await api.create()
    _, secret = await api.key("other", "admin")

    answer = await api.confirm(payment, secret=secret)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_keys_of_one_name_share_an_owner(api: Api) -> None:
    """A key can be replaced: the next key of the same name owns the same payments."""
    payment = await api.create()
    _, secret = await api.key("shop")

    assert (await api.confirm(payment, secret=secret)).json()["state"] == "succeeded"


class Drawer:
    """A database with one key in it, counting how often it is asked."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.asked = 0

    async def read(self, _function: Any, key_id: str) -> dict[str, Any] | None:
        """Find the key."""
        self.asked += 1
        return self.row if key_id == self.row["id"] else None


class Ticks:
    """A clock that stands still until moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def drawer() -> tuple[Drawer, str]:
    """A drawer with one key, and its secret."""
    row, secret = create_key("shop", "payments", 1, NOW)
    return Drawer(row), secret


async def test_a_good_key_is_remembered_for_a_moment(drawer: tuple[Drawer, str]) -> None:
    """The database is asked once, and again when the moment is over."""
    database, secret = drawer
    ticks = Ticks()
    ring = KeyRing(cast(Database, database), clock=lambda: NOW, ticks=ticks)

    await ring.identify(secret)
    ticks.now += REMEMBERED_SECONDS - 0.01
    await ring.identify(secret)
    asked_within = database.asked
    ticks.now += 0.01
    await ring.identify(secret)

    assert (asked_within, database.asked) == (1, 2)


async def test_revocation_is_felt_after_the_moment(drawer: tuple[Drawer, str]) -> None:
    """A revoked key works at most as long as it is remembered."""
    database, secret = drawer
    ticks = Ticks()
    ring = KeyRing(cast(Database, database), clock=lambda: NOW, ticks=ticks)
    assert await ring.identify(secret) is not None

    database.row["revoked_at"] = NOW
    ticks.now += REMEMBERED_SECONDS

    assert await ring.identify(secret) is None


async def test_a_key_is_not_remembered_beyond_its_end(drawer: tuple[Drawer, str]) -> None:
    """A key that expires within the moment is looked up again when it does."""
    database, secret = drawer
    ticks = Ticks()
    now = [database.row["expires_at"] - timedelta(seconds=0.5)]
    ring = KeyRing(cast(Database, database), clock=lambda: now[0], ticks=ticks)
    assert await ring.identify(secret) is not None

    ticks.now += 0.5
    now[0] += timedelta(seconds=0.5)

    assert await ring.identify(secret) is None


async def test_refusals_are_not_remembered(drawer: tuple[Drawer, str]) -> None:
    """Guessing fills no memory, and a key just made works at once."""
    database, secret = drawer
    ring = KeyRing(cast(Database, database), clock=lambda: NOW, ticks=Ticks())
    wrong = f"ork_{database.row['id']}_{'x' * 43}"

    answers = [await ring.identify(wrong), await ring.identify(wrong), await ring.identify(secret)]

    assert [answer is not None for answer in answers] == [False, False, True]
    assert database.asked == 3


async def test_memory_is_bounded() -> None:
    """However many keys are in use, only so many are remembered."""
    ring = KeyRing(cast(Database, Drawer({})), clock=lambda: NOW, ticks=Ticks())
    for _ in range(REMEMBERED_KEYS + 10):
        row, secret = create_key("shop", "payments", None, NOW)
        ring.database = cast(Database, Drawer(row))
        await ring.identify(secret)

    assert len(ring._known) == REMEMBERED_KEYS
