"""Whom events are sent to: registered, looked at, rotated, put back into use, deleted.

An administrator's business alone, each act on record. Refuses addresses that lead into a private
network.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy.exc import IntegrityError

from orchestrator.actions import Action, ActionName, endpoint_changed, event_replayed
from orchestrator.customers.once import done_meanwhile, find_done, key_of_resource
from orchestrator.driver import Driver
from orchestrator.errors import (
    AddressNotAllowed,
    EndpointDisabled,
    EndpointNotFound,
    EventNotFound,
    WriteConflict,
)
from orchestrator.outgoing.addresses import AddressRefused, check_url
from orchestrator.outgoing.event import EVENT_TYPES, EventKey, event_id, event_key
from orchestrator.outgoing.signing import new_secret
from orchestrator.requests import Caller
from orchestrator.store.deliveries import DeliveryPage, deliver_again, read_deliveries, read_replay
from orchestrator.store.feed import read_event
from orchestrator.store.webhook_endpoints import (
    EndpointPage,
    delete_endpoint,
    enable_endpoint,
    enabled_endpoints,
    find_endpoint,
    insert_endpoint,
    read_endpoints,
    rotate_secret,
)

Row = dict[str, Any]

ENDPOINT_ID: Final = r"we_[A-Za-z0-9]{1,64}"
DEFAULT_OVERLAP_SECONDS: Final = 24 * 3600
LONGEST_OVERLAP_SECONDS: Final = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class CreateEndpoint:
    """An endpoint to be registered. Without types it gets every event."""

    url: str
    description: str | None = None
    event_types: tuple[str, ...] = ()
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointResult:
    """An endpoint as it is now; ``secret`` only where this very request made it."""

    endpoint: Row
    replayed: bool = False
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The deliveries that a replay asked for."""

    deliveries: list[Row]
    replayed: bool = False


@dataclass(slots=True)
class Endpoints:
    """The use cases about endpoints."""

    driver: Driver
    allow_private: bool = False

    async def create(self, request: CreateEndpoint, caller: Caller) -> EndpointResult:
        """Register an endpoint; its secret is told now and never again.

        Raises:
            AddressNotAllowed: events are not sent to such an address.
            TooManyEndpoints: there are as many as there may be.
            IdempotencyKeyReused, IdempotencyKeyInUse: the key is another request's, or in use.
        """
        operation = "create_webhook_endpoint"
        done = await find_done(self.driver, caller, operation)
        if done is not None:
            return await self._made(done, version=1)
        try:
            target = check_url(request.url, allow_private=self.allow_private)
        except AddressRefused as exc:
            raise AddressNotAllowed(str(exc)) from exc
        row = self._new_row(request, caller)
        key = key_of_resource(self.driver, caller, operation, row["id"])
        # The host alone: a path may hold what only its receiver knows, and a record is for ever.
        details = {
            "host": target.host,
            "owner": row["owner"],
            "event_types": row["event_types"],
        }
        name = ActionName.webhook_endpoint_created
        action = changed(name, row["id"], caller, row["created_at"], details)
        try:
            await self.driver.database.write(insert_endpoint, row, key, action)
        except IntegrityError:
            return await self._made(await done_meanwhile(self.driver, caller, operation), version=1)
        return EndpointResult(await self.get(row["id"]), secret=row["secret"])

    async def get(self, endpoint_id: str) -> Row:
        """Return an endpoint.

        Raises:
            EndpointNotFound: there is none, or none any more.
        """
        found = await self.driver.database.read(find_endpoint, endpoint_id)
        if found is None:
            raise EndpointNotFound(endpoint_id)
        return found

    async def page(self, limit: int, after: str | None, before: str | None) -> EndpointPage:
        """Return a page of endpoints, newest first.

        Raises:
            EndpointNotFound: there is none of the id that the page should adjoin.
        """
        page = await self.driver.database.read(read_endpoints, limit, after, before)
        if page is None:
            raise EndpointNotFound(after or before or "")
        return page

    async def delete(self, endpoint_id: str, caller: Caller) -> Row:
        """Delete an endpoint, and end what is on its way there; return it as it was.

        Raises:
            EndpointNotFound: there is none, or none any more.
        """
        found = await self.get(endpoint_id)
        now = self.driver.clock()
        action = changed(ActionName.webhook_endpoint_deleted, endpoint_id, caller, now)
        if not await self.driver.database.write(delete_endpoint, endpoint_id, now, action):
            raise EndpointNotFound(endpoint_id)
        return found

    async def enable(self, endpoint_id: str, caller: Caller) -> EndpointResult:
        """Send an endpoint events again; what came meanwhile stands in the feed.

        Raises:
            EndpointNotFound: there is none, or none any more.
        """
        operation = "enable_webhook_endpoint"
        replayed = await find_done(self.driver, caller, operation) is not None
        await self.get(endpoint_id)
        if not replayed:
            key = key_of_resource(self.driver, caller, operation, endpoint_id)
            now = self.driver.clock()
            action = changed(ActionName.webhook_endpoint_enabled, endpoint_id, caller, now)
            try:
                await self.driver.database.write(enable_endpoint, endpoint_id, now, key, action)
            except IntegrityError:
                await done_meanwhile(self.driver, caller, operation)
                replayed = True
        return EndpointResult(await self.get(endpoint_id), replayed)

    async def rotate(self, endpoint_id: str, seconds: int, caller: Caller) -> EndpointResult:
        """Give an endpoint a new secret; the one before signs too for so many seconds more.

        Raises:
            EndpointNotFound: there is none, or none any more.
            WriteConflict: another request rotated it at the same moment.
        """
        operation = "rotate_secret"
        done = await find_done(self.driver, caller, operation)
        if done is not None:
            id, _, version = done.partition("#")
            return await self._made(id, version=int(version))
        found = await self.get(endpoint_id)
        version, secret, now = found["secret_version"] + 1, new_secret(), self.driver.clock()
        key = key_of_resource(self.driver, caller, operation, f"{endpoint_id}#{version}")
        until = now + timedelta(seconds=seconds)
        details = {"secret_version": version, "overlap_seconds": seconds}
        action = changed(ActionName.webhook_secret_rotated, endpoint_id, caller, now, details)
        try:
            rotated = await self.driver.database.write(
                rotate_secret, endpoint_id, version - 1, secret, until, now, key, action
            )
        except IntegrityError:
            rotated = False
        if not rotated:
            raise WriteConflict(endpoint_id, what="webhook endpoint")
        return EndpointResult(await self.get(endpoint_id), secret=secret)

    async def deliveries(
        self, endpoint_id: str, limit: int, after: str | None, before: str | None
    ) -> DeliveryPage | None:
        """Return a page of an endpoint's deliveries, newest first; null for an unknown cursor.

        Raises:
            EndpointNotFound: there is none, or none any more.
        """
        await self.get(endpoint_id)
        return await self.driver.database.read(read_deliveries, endpoint_id, limit, after, before)

    async def replay(self, id: str, endpoint_id: str | None, caller: Caller) -> ReplayResult:
        """Send an event once more: to one endpoint, or to all that it was for.

        Raises:
            EventNotFound: there is no such event.
            EndpointNotFound: there is no such endpoint, or it gets another owner's events.
            EndpointDisabled: it is sent nothing now.
        """
        operation = "replay_event"
        done = await find_done(self.driver, caller, operation)
        if done is not None:
            return ReplayResult(await self.driver.database.read(read_replay, done), replayed=True)
        key = event_key(id)
        event = await self.driver.database.read(read_event, key, None) if key else None
        if event is None or key is None:
            raise EventNotFound(id)
        receivers = await self._receivers(event.type, event.payment.owner, endpoint_id)
        return await self._replay(key, receivers, caller, operation)

    async def _replay(
        self, event: EventKey, receivers: list[str], caller: Caller, operation: str
    ) -> ReplayResult:
        name = caller.request_id
        kept = key_of_resource(self.driver, caller, operation, name)
        now = self.driver.clock()
        action = event_replayed(
            event_id(*event),
            caller.actor,
            now,
            webhook_endpoints=receivers,
            request_id=caller.request_id,
        )
        replayed = False
        try:
            await self.driver.database.write(
                deliver_again, receivers, *event, name, now, kept, action
            )
        except IntegrityError:
            name = await done_meanwhile(self.driver, caller, operation)
            replayed = True
        return ReplayResult(await self.driver.database.read(read_replay, name), replayed)

    async def _receivers(self, type: str, owner: str, endpoint_id: str | None) -> list[str]:
        if endpoint_id is not None:
            endpoint = await self.driver.database.read(find_endpoint, endpoint_id)
            if endpoint is None or endpoint["owner"] not in (None, owner):
                raise EndpointNotFound(endpoint_id, param="webhook_endpoint")
            if endpoint["state"] != "enabled":
                raise EndpointDisabled
            return [endpoint_id]
        enabled = await self.driver.database.read(enabled_endpoints)
        return [
            row["id"]
            for row in enabled
            if type in row["event_types"] and row["owner"] in (None, owner)
        ]

    async def _made(self, endpoint_id: str, *, version: int) -> EndpointResult:
        """Return what the same request made before, with its secret while that is the newest."""
        endpoint = await self.get(endpoint_id)
        newest = endpoint["secret_version"] == version
        return EndpointResult(endpoint, True, endpoint["secret"] if newest else None)

    def _new_row(self, request: CreateEndpoint, caller: Caller) -> Row:
        now = self.driver.clock()
        return {
            "id": f"we_{uuid4().hex}",
            "owner": request.owner,
            "url": request.url,
            "description": request.description,
            "event_types": list(request.event_types or EVENT_TYPES),
            "secret": new_secret(),
            "secret_version": 1,
            "state": "enabled",
            "failures": 0,
            "created_by": caller.key_id,
            "created_at": now,
            "updated_at": now,
        }


def changed(
    name: ActionName,
    endpoint_id: str,
    caller: Caller,
    at: datetime,
    details: Row | None = None,
) -> Action:
    """Say for the record what a caller did to an endpoint."""
    return endpoint_changed(
        name, endpoint_id, caller.actor, at, request_id=caller.request_id, details=details or {}
    )
