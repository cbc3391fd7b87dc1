"""Whoever asks for an answer and takes nothing of it is left, and keeps no process from ending."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from orchestrator.cli import connection
from orchestrator.cli.connection import HttpConnection

# More than the buffers of both sides together.
ANSWER = [b"x" * 1_000_000] * 20


async def tell_much(scope: Any, receive: Any, send: Any) -> None:
    """Answer with more than fits on the way."""
    del scope, receive
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for part in ANSWER:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[uvicorn.Server, int]]:
    """Serve the long answer; gives the server and its port."""
    config = uvicorn.Config(
        tell_much, http=HttpConnection, lifespan="off", ws="none", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110  the server tells nobody
            await asyncio.sleep(0.01)
        yield server, listener.getsockname()[1]
        server.should_exit = True
        async with asyncio.timeout(20):
            await task


async def ask(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Ask for the answer, and read nothing of it yet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    return reader, writer


async def test_who_takes_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that nobody takes is broken off, with all that it holds."""
    monkeypatch.setattr(connection, "TAKE_SECONDS", 0.1)
    async with serving() as (server, port):
        _, writer = await ask(port)
        async with asyncio.timeout(20):
            await until(lambda: bool(server.server_state.connections))
            await until(lambda: not server.server_state.connections)
        writer.close()

    assert server.server_state.connections == set()


async def test_who_takes_nothing_keeps_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is to end does not wait for whoever takes nothing."""
    monkeypatch.setattr(connection, "ENDING_SECONDS", 0.1)
    async with serving() as (server, port):
        _, writer = await ask(port)
        async with asyncio.timeout(20):
            await until(lambda: any(each.flow.write_paused for each in connections(server)))
    writer.close()

    assert server.server_state.connections == set()


async def test_who_is_slow_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes a little at a time is no one who takes nothing."""
    monkeypatch.setattr(connection, "TAKE_SECONDS", 0.2)
    async with serving() as (_, port):
        reader, writer = await ask(port)
        taken = 0
        while part := await reader.read(200_000):
            taken += len(part)
            if part.endswith(b"0\r\n\r\n"):
                break
            await asyncio.sleep(0.001)
        writer.close()

    assert taken > sum(map(len, ANSWER))


def connections(server: uvicorn.Server) -> list[Any]:
    """Return the open connections."""
    return list(server.server_state.connections)


async def until(happened: Any) -> None:
    """Wait until something has happened, of which nobody tells."""
    while not happened():  # noqa: ASYNC110  the server does not
        await asyncio.sleep(0.01)
