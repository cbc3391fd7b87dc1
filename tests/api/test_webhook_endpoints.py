"""Endpoints over HTTP: registered, listed, rotated, enabled, deleted, and sent things once more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from tests.api.conftest import UNSET, Api, open_api
from tests.world import open_world

HOOKS = "/v1/webhook-endpoints"
URL = "https://shop.example.com/hooks"


@dataclass
class Admin:
    """The API with a key that may everything."""

    api: Api
    secret: str

    async def post(self, path: str, body: Any = UNSET, **more: Any) -> httpx2.Response:
        """Post with the administrator's key."""
        return await self.api.post(path, {} if body is UNSET else body, secret=self.secret, **more)

    async def get(self, path: str) -> httpx2.Response:
        """Get with the administrator's key."""
        return await self.api.get(path, secret=self.secret)

    async def delete(self, path: str) -> httpx2.Response:
        """Delete with the administrator's key."""
        headers = {"Authorization": f"Bearer {self.secret}"}
        return await self.api.client.delete(path, headers=headers)

    async def register(self, url: str = URL, **fields: Any) -> dict[str, Any]:
        """Register an endpoint."""
        made = await self.post(HOOKS, {"url": url, **fields})
        assert made.status_code == 201, made.text
        endpoint: dict[str, Any] = made.json()
        return endpoint

    async def give_up(self, endpoint: dict[str, Any]) -> None:
        """Let an endpoint be gone, as its 410 would say."""
        await self.api.world.runtime.database.write(_disable, endpoint["id"])


def _disable(connection: Any, endpoint_id: str) -> None:
    connection.exec_driver_sql(
        "UPDATE webhook_endpoints SET state = 'disabled', disabled_reason = 'gone' "
        f"WHERE id = '{endpoint_id}'"
    )


@dataclass
class Receiver:
    """Somebody on this machine who takes what is sent."""

    url: str = ""
    taken: list[tuple[dict[str, str], str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Keep what came."""
        self.taken.append((dict(request.headers), await request.text()))
        return web.Response(status=204)


@pytest.fixture
async def admin(sqlite_url: str, stand_in_url: str) -> AsyncIterator[Admin]:
    """Give the test an administrator of a deployment that may send to this machine."""
    async with (
        open_world(sqlite_url, stand_in_url, webhook_allow_private=True) as world,
        open_api(world) as api,
    ):
        _, secret = await api.key("operations", "admin")
        yield Admin(api, secret)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Give the test a receiver."""
    opened, app = Receiver(), web.Application()
    app.router.add_post("/hooks", opened.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    opened.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    yield opened
    await runner.cleanup()


async def test_a_secret_is_told_once(admin: Admin) -> None:
    """The secret stands in the answer that made it, which nobody may keep, and in no other."""
    made = await admin.post(HOOKS, {"url": URL, "description": "the shop"})
    endpoint = made.json()
    read = [
        await admin.get(f"{HOOKS}/{endpoint['id']}"),
        await admin.get(HOOKS),
        await admin.post(f"{HOOKS}/{endpoint['id']}/enable"),
        await admin.delete(f"{HOOKS}/{endpoint['id']}"),
    ]

    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert endpoint["secret"].startswith("whsec_")
    assert [answer.status_code for answer in read] == [200] * 4
    assert not any('secret"' in answer.text or "whsec_" in answer.text for answer in read)


async def test_a_lost_answer_is_asked_for_again(admin: Admin) -> None:
    """The same request under the same key gives the same endpoint, with its secret."""
    first = await admin.post(HOOKS, {"url": URL}, idempotency_key="shop-hooks")
    second = await admin.post(HOOKS, {"url": URL}, idempotency_key="shop-hooks")
    listed = await admin.get(HOOKS)

    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.json() == first.json()
    assert len(listed.json()["data"]) == 1


async def test_an_old_secret_is_not_told_again(admin: Admin) -> None:
    """Once an endpoint has a newer secret, a repeat of the create tells none."""
    made = await admin.post(HOOKS, {"url": URL}, idempotency_key="shop-hooks")
    path = f"{HOOKS}/{made.json()['id']}/rotate-secret"
    rotated = await admin.post(path, {"overlap_seconds": 60}, idempotency_key="rotation-1")
    create_again = await admin.post(HOOKS, {"url": URL}, idempotency_key="shop-hooks")
    rotate_again = await admin.post(path, {"overlap_seconds": 60}, idempotency_key="rotation-1")

    assert rotated.json()["secret"] not in (made.json()["secret"], None)
    assert rotated.json()["previous_secret_until"] is not None
    assert rotated.headers["Cache-Control"] == "no-store"
    assert create_again.json()["secret"] is None
    assert rotate_again.json()["secret"] == rotated.json()["secret"]


@pytest.mark.parametrize("scope", ["payments", "audit"])
async def test_it_is_an_administrators_business(admin: Admin, scope: str) -> None:
    """No other key may read, register or replay anything."""
    _, secret = await admin.api.key("shop", scope)
    path = f"{HOOKS}/{(await admin.register())['id']}"
    answers = [
        await admin.api.get(HOOKS, secret=secret),
        await admin.api.get(path, secret=secret),
        await admin.api.get(f"{path}/deliveries", secret=secret),
        await admin.api.post(HOOKS, {"url": URL}, secret=secret),
        await admin.api.post(f"{path}/rotate-secret", {}, secret=secret),
        await admin.api.post(f"{path}/enable", {}, secret=secret),
        await admin.api.post("/v1/events/evt_a_1/replay", {}, secret=secret),
    ]

    assert [answer.status_code for answer in answers] == [403] * len(answers)


@pytest.mark.parametrize(
    "url", ["http://shop.example.com", "https://127.0.0.1/", "https://a@shop.example.com", "shop"]
)
async def test_addresses_are_looked_at(sqlite_api: Api, url: str) -> None:
    """An address that events are not sent to is refused as such, and not repeated."""
    _, secret = await sqlite_api.key("operations", "admin")
    answer = await sqlite_api.post(HOOKS, {"url": url}, secret=secret)

    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["param"]) == ("validation_error", "url")
    assert url not in answer.json()["detail"]


async def test_pages_of_endpoints_join(admin: Admin) -> None:
    """Endpoints are listed newest first, page by page, forwards and back."""
    made = [(await admin.register())["id"] for _ in range(3)]
    first = (await admin.get(f"{HOOKS}?limit=2")).json()
    second = (await admin.get(f"{HOOKS}?limit=2&starting_after={first['data'][-1]['id']}")).json()
    back = (await admin.get(f"{HOOKS}?limit=2&ending_before={second['data'][0]['id']}")).json()

    assert [each["id"] for each in first["data"] + second["data"]] == made[::-1]
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert back["data"] == first["data"]


@pytest.mark.parametrize("path", ["", "/{id}/deliveries"])
async def test_a_cursor_must_be_known(admin: Admin, path: str) -> None:
    """A page that should adjoin what there is not is refused."""
    endpoint = await admin.register()
    kind = "dlv" if path else "we"
    where = HOOKS + path.format(id=endpoint["id"])
    answers = [
        await admin.get(f"{where}?{name}={kind}_nobodys")
        for name in ("starting_after", "ending_before")
    ]
    both = await admin.get(f"{where}?starting_after={kind}_a&ending_before={kind}_b")

    assert [answer.json()["param"] for answer in answers] == ["starting_after", "ending_before"]
    assert [answer.status_code for answer in (*answers, both)] == [422] * 3


async def test_a_deleted_endpoint_is_gone(admin: Admin) -> None:
    """What was deleted is neither listed nor found, rotated nor deleted again."""
    path = f"{HOOKS}/{(await admin.register())['id']}"
    deleted = await admin.delete(path)
    answers = [
        await admin.get(path),
        await admin.delete(path),
        await admin.get(f"{path}/deliveries"),
        await admin.post(f"{path}/rotate-secret"),
        await admin.post(f"{path}/enable"),
    ]

    assert deleted.json()["state"] == "deleted"
    assert [answer.status_code for answer in answers] == [404] * 5
    assert (await admin.get(HOOKS)).json()["data"] == []


async def test_what_was_sent_is_listed(admin: Admin, receiver: Receiver) -> None:
    """Deliveries are told newest first, page by page, each with its event and what became of it."""
    endpoint = await admin.register(receiver.url)
    payment = await admin.api.create()
    await admin.api.confirm(payment)
    await admin.api.world.work()
    path = f"{HOOKS}/{endpoint['id']}/deliveries"
    first = (await admin.get(f"{path}?limit=2")).json()
    second = (await admin.get(f"{path}?limit=2&starting_after={first['data'][-1]['id']}")).json()
    every = first["data"] + second["data"]

    assert {each["event"] for each in every} == {
        f"evt_{payment['id'].removeprefix('pay_')}_{number}" for number in (1, 2, 3)
    }
    assert {(each["state"], each["last_status"], each["tries"]) for each in every} == {
        ("delivered", 204, 1)
    }
    assert (first["has_more"], second["has_more"], first["url"]) == (True, False, path)


async def test_a_replay_comes_once_more(admin: Admin, receiver: Receiver) -> None:
    """A replay is sent again under the same id and signed; under one key it is one replay."""
    endpoint = await admin.register(receiver.url, event_types=["payment.created"])
    payment = await admin.api.create()
    await admin.api.world.work()
    event = f"evt_{payment['id'].removeprefix('pay_')}_1"
    path, body = f"/v1/events/{event}/replay", {"webhook_endpoint": endpoint["id"]}
    first = await admin.post(path, body, idempotency_key="again")
    second = await admin.post(path, body, idempotency_key="again")
    await admin.api.world.work()
    (_, _), (headers, text) = receiver.taken
    (delivery,) = first.json()["data"]

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (delivery["event"], delivery["state"], delivery["replayed_by"]) == (
        event,
        "pending",
        first.headers["Request-Id"],
    )
    assert Webhook(endpoint["secret"]).verify(text, headers)["id"] == event


async def test_a_replay_to_all_goes_to_whom_it_was_for(admin: Admin) -> None:
    """Without a named endpoint an event goes to those of its owner and its type alone."""
    wanted = [await admin.register(), await admin.register(owner="shop")]
    await admin.register(owner="other")
    await admin.register(event_types=["payment.failed"])
    await admin.give_up(await admin.register())
    payment = await admin.api.create()
    await admin.api.world.runtime.worker.run_once()
    answer = await admin.post(f"/v1/events/evt_{payment['id'].removeprefix('pay_')}_1/replay")

    receivers = {each["webhook_endpoint"] for each in answer.json()["data"]}
    assert receivers == {endpoint["id"] for endpoint in wanted}


async def test_a_replay_to_whom_it_cannot_go(admin: Admin) -> None:
    """A disabled endpoint is a conflict with a code of its own; one of others is not found."""
    given_up = await admin.register()
    others = await admin.register(owner="other")
    await admin.give_up(given_up)
    payment = await admin.api.create()
    await admin.api.world.runtime.worker.run_once()
    path = f"/v1/events/evt_{payment['id'].removeprefix('pay_')}_1/replay"

    async def told(endpoint: str) -> tuple[int, str, str]:
        answer = await admin.post(path, {"webhook_endpoint": endpoint})
        return answer.status_code, answer.json()["code"], answer.json()["param"]

    not_found = (404, "not_found", "webhook_endpoint")
    disabled = (409, "webhook_endpoint_disabled", "webhook_endpoint")
    assert await told(given_up["id"]) == disabled
    assert await told(others["id"]) == not_found
    assert await told("we_nobodys") == not_found
    assert (await admin.post("/v1/events/evt_nobodys_1/replay")).status_code == 404


async def test_a_given_up_endpoint_is_put_back(admin: Admin, receiver: Receiver) -> None:
    """Enabled again, an endpoint is sent what happens from then on."""
    endpoint = await admin.register(receiver.url, event_types=["payment.created"])
    await admin.give_up(endpoint)
    await admin.api.create()
    await admin.api.world.work()
    enabled = await admin.post(f"{HOOKS}/{endpoint['id']}/enable")
    await admin.api.create()
    await admin.api.world.work()

    assert (enabled.json()["state"], enabled.json()["disabled_reason"]) == ("enabled", None)
    assert len(receiver.taken) == 1


async def test_both_secrets_sign_after_a_rotation(admin: Admin, receiver: Receiver) -> None:
    """While both secrets are in use a receiver may hold either; at once, none but the new one."""
    endpoint = await admin.register(receiver.url, event_types=["payment.created"])
    path = f"{HOOKS}/{endpoint['id']}/rotate-secret"
    rotated = await admin.post(path, {"overlap_seconds": 60})
    await admin.api.create()
    await admin.api.world.work()
    await admin.post(path, {"overlap_seconds": 0})
    await admin.api.create()
    await admin.api.world.work()
    (both, text), (one, _) = receiver.taken

    for secret in (endpoint["secret"], rotated.json()["secret"]):
        assert Webhook(secret).verify(text, both)
    assert one["webhook-signature"].count("v1,") == 1
