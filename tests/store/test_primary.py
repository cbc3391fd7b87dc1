"""Of several hosts the one that takes writes is found, whatever is the matter with the others."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from orchestrator.store.connections import open_database
from orchestrator.store.faults import Fault, classify
from orchestrator.store.keys import find_api_key
from orchestrator.store.limits import Limits
from orchestrator.store.primary import Primary
from tests.postgres_server import PostgresServer

STANDBY = asyncpg.exceptions.TargetServerAttributeNotMatched("it is a standby")
STARTING = asyncpg.CannotConnectNowError("the database system is starting up")
WRONG_PASSWORD = asyncpg.InvalidPasswordError("password authentication failed")
HOSTS = {"host": ["one", "two"], "port": [1, 2]}


class Network:
    """Hosts that each do as they are told."""

    def __init__(self, **hosts: Any) -> None:
        self.hosts = hosts
        self.asked: list[str] = []
        self.parameters: dict[str, Any] = {}

    async def connect(self, **parameters: Any) -> str:
        """Connect to the host named, or fail as it does; a silent one takes all the time."""
        host: str = parameters["host"]
        self.asked.append(host)
        self.parameters = parameters
        state = self.hosts[host]
        if state == "silent":
            await asyncio.sleep(parameters["timeout"])
            raise TimeoutError
        if isinstance(state, Exception):
            raise state
        return host


@pytest.mark.parametrize(
    "failure", [ConnectionRefusedError(), STANDBY, STARTING, "silent", OSError()], ids=repr
)
async def test_other_host_is_asked(failure: Any) -> None:
    """A host that is down, silent, starting or a standby is passed over."""
    network = Network(one=failure, two="up")

    assert await Primary(0.01, network.connect)(**HOSTS) == "two"


async def test_host_that_answered_is_asked_first() -> None:
    """Once another host has taken over, the first is not waited for each time."""
    network = Network(one=STANDBY, two="up")
    primary = Primary(1, network.connect)
    await primary(**HOSTS)
    await primary(**HOSTS)

    assert network.asked == ["one", "two", "two"]


async def test_fail_over_goes_round() -> None:
    """After the second host has gone as well the first is asked again."""
    network = Network(one=STANDBY, two="up")
    primary = Primary(1, network.connect)
    await primary(**HOSTS)
    network.hosts = {"one": "up", "two": ConnectionResetError()}

    assert await primary(**HOSTS) == "one"


async def test_refusal_is_not_gone_round_with() -> None:
    """A wrong password is wrong on every host."""
    network = Network(one=WRONG_PASSWORD, two="up")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await Primary(1, network.connect)(**HOSTS)

    assert network.asked == ["one"]


async def test_no_host_takes_writes() -> None:
    """Where none does, the last one's reason is told."""
    network = Network(one=ConnectionRefusedError(), two=STANDBY)
    with pytest.raises(asyncpg.exceptions.TargetServerAttributeNotMatched):
        await Primary(1, network.connect)(**HOSTS)


@pytest.mark.parametrize(
    ("given", "asked"), [({}, "read-write"), ({"target_session_attrs": "any"}, "any")]
)
async def test_writes_are_asked_for_unless_told_otherwise(given: Any, asked: str) -> None:
    """A standby is refused, but for an address that says it will do."""
    network = Network(one="up")
    await Primary(3, network.connect)(host="one", **given)

    assert network.parameters == {"host": "one", "target_session_attrs": asked, "timeout": 3}


async def test_address_with_several_hosts(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    """An address names hosts one after another; the first of these is not there."""
    there = f"host={postgres_server.directory}"
    several = postgres_url.replace(there, f"host=/nowhere:5432&{there}:5432")
    database = open_database(several)

    assert await database.read(find_api_key, "nobody") is None
    await database.close()


async def test_read_only_server_is_refused(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    """A server that takes no writes is not connected to."""
    name = postgres_url.split("/")[3].split("?")[0]
    postgres_server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    database = open_database(postgres_url, limits=Limits(connect_seconds=2))
    with pytest.raises(DBAPIError, match="read-write") as refused:
        await database.read(find_api_key, "nobody")
    await database.close()

    assert classify(refused.value) is Fault.retry
