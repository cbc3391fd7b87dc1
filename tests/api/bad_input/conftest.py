"""A deployment with something of every kind in it, and everything of it that must not move."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection, select

from orchestrator.outgoing.feed import Dispatcher
from orchestrator.reconcile import Difference, DifferenceKind
from orchestrator.reconcile.record import record_differences
from orchestrator.store.schema import metadata
from tests.api.bad_input.routes import ROUTES, SCOPES, Route
from tests.api.conftest import UNSET, Api
from tests.databases import POSTGRESQL_WHEN_THOROUGH

Expected = tuple[int, str, str | None]
# What the stand-in calls an operation that changes nothing ends like this.
_LOOKING = (".retrieve", ".list")


@dataclass
class Ground:
    """The API, with a payment, a customer and a card of the shop's, and a key of each scope."""

    api: Api
    ids: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    async def lay(self) -> None:
        """Make a key of each scope, a payment, a customer and a card of his."""
        self.secrets["payments"] = self.api.secret
        for scope in ("audit", "admin"):
            _, self.secrets[scope] = await self.api.key("shop", scope)
        self.ids["payment"] = (await self.api.create())["id"]
        self.ids["held"] = await self.held()
        self.ids["paid"] = await self.paid()
        self.ids["rule"] = "do_not_honor"
        await self.call("change rule")
        self.ids["refund"] = (await self.call("refund")).json()["id"]
        self.ids["customer"] = (await self.api.post("/v1/customers", {})).json()["id"]
        attached = await self.call("attach")
        self.ids["card"] = attached.json()["id"]
        self.ids["webhook_endpoint"] = (await self.call("create endpoint")).json()["id"]
        self.ids["anomaly"] = await self.anomaly()
        await Dispatcher(self.api.world.runtime.database).run_once("bad input")
        self.ids["event"] = (await self.call("list events")).json()["data"][0]["id"]

    async def call(
        self,
        name: str,
        *,
        on: str | None = None,
        body: Any = UNSET,
        content: bytes | None = None,
        secret: str | None = None,
        key: bytes | None = UNSET,
        headers: list[tuple[bytes, bytes]] | None = None,
        query: str = "",
    ) -> httpx2.Response:
        """Call a route as it wants to be called, but for what is given."""
        route = ROUTES[name]
        path = route.path.replace(
            "{id}", on if on is not None else self.ids.get(str(route.standing or route.on), "")
        )
        if content is None and route.body is not None:
            content = _json(route.body if body is UNSET else body)
        sent = list(headers or [])
        if secret is None and not any(each == b"authorization" for each, _ in sent):
            secret = self.secrets[_least(route)]
        if secret:
            sent.append((b"authorization", f"Bearer {secret}".encode()))
        if key is UNSET and route.body is not None:
            key = f"key-{next(self.api.numbers)}".encode()
        if key is not None and key is not UNSET:
            sent.append((b"idempotency-key", key))
        return await self.api.client.request(
            route.method, path + query, content=content, headers=sent
        )

    async def anew(self, name: str) -> str | None:
        """Return the id of something new, where a request of this route uses it up."""
        made = None
        if name in ("confirm", "cancel", "resolve"):
            made = await self.call("create")
        elif name == "refund":
            return await self.paid()
        elif name == "capture":
            return await self.held()
        elif name == "detach":
            made = await self.call("attach")
        elif name in ("assign anomaly", "resolve anomaly"):
            return await self.anomaly()
        elif name == "delete endpoint":
            made = await self.call("create endpoint")
        return made.json()["id"] if made is not None else None

    async def anomaly(self) -> str:
        """Return an anomaly about an intent of nobody's."""
        intent = f"pi_{next(self.api.numbers)}"
        found = Difference(DifferenceKind.unknown_intent, None, intent, None, "500 usd succeeded")
        world = self.api.world
        await record_differences(world.runtime.database, [found], world.clock)
        return str((await self.call("list anomalies", query="?limit=1")).json()["data"][0]["id"])

    async def held(self) -> str:
        """Return a payment whose money is held, 10.00 USD of it."""
        payment = await self.api.create(capture_method="manual")
        await self.api.confirm(payment)
        return str(payment["id"])

    async def paid(self) -> str:
        """Return a payment that has succeeded, over 10.00 USD."""
        payment = await self.api.create()
        await self.api.confirm(payment)
        return str(payment["id"])

    async def stands(self, *, done: bool = False) -> tuple[dict[str, list[Any]], list[str]]:
        """Return all that is stored, and what Stripe was asked to change, to compare with later.

        With ``done`` only what Stripe did change: where it is for Stripe to refuse.
        """
        stored = await self.api.world.runtime.database.read(_read_everything)
        return stored, [
            request["operation"]
            for request in await self._journal()
            if not request["operation"].endswith(_LOOKING)
            and not (done and request["status"] in range(400, 500))
        ]

    async def asked(self) -> list[str]:
        """Name every request that reached Stripe."""
        return [request["operation"] for request in await self._journal()]

    async def _journal(self) -> list[dict[str, Any]]:
        journal = await self.api.world.control("GET", "/requests")
        requests: list[dict[str, Any]] = journal["requests"]
        return requests


def _least(route: Route) -> str:
    """Name the scope of the weakest key that may ask."""
    return next(scope for scope in SCOPES if scope in route.scopes or not route.scopes)


def _json(document: Any) -> bytes:
    # Not orjson, which refuses what an attacker would not.
    return json.dumps(document, ensure_ascii=False).encode()


def _read_everything(connection: Connection) -> dict[str, list[Any]]:
    return {
        table.name: sorted(map(repr, connection.execute(select(table))))
        for table in metadata.tables.values()
    }


def told(answer: httpx2.Response) -> Expected:
    """Return what a refusal tells; the shape must be the documented one."""
    document = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    assert document["status"] == answer.status_code
    assert document["request_id"] == answer.headers["Request-Id"]
    return answer.status_code, document["code"], document["param"]


@pytest.fixture(params=POSTGRESQL_WHEN_THOROUGH)
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the test a fresh migrated database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def ground(api: Api) -> Ground:
    """Give the test a deployment on each kind of database."""
    laid = Ground(api)
    await laid.lay()
    return laid


@pytest.fixture
async def sqlite_ground(sqlite_api: Api) -> Ground:
    """Give the test a deployment on SQLite, where the kind of database makes no difference."""
    laid = Ground(sqlite_api)
    await laid.lay()
    return laid
