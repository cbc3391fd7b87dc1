"""A tiny HTTP server on loopback that gives scripted answers and remembers what it was sent."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import orjson


@dataclass(frozen=True)
class Answer:
    """One scripted answer; ``body`` is sent as JSON unless it is bytes already."""

    status: int = 200
    body: object = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    after_requests: int = 0  # answer only once so many requests have arrived
    body_delay_seconds: float = 0.0
    hang_up: bool = False  # close instead of answering
    missing_bytes: int = 0  # promise more than is sent, then close

    def head_and_content(self) -> tuple[bytes, bytes]:
        """Return the bytes on the wire."""
        content = self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)
        length = len(content) + self.missing_bytes
        lines = [f"HTTP/1.1 {self.status} Scripted", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode(), content


@dataclass(frozen=True)
class Request:
    """One request as it arrived; header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]


class ScriptedServer:
    """Answers in the order of ``script``; when it runs out, the last one is repeated."""

    def __init__(self, *script: Answer) -> None:
        """Take the script."""
        self.script = list(script)
        self.requests: list[Request] = []
        self.base = ""
        self.port = 0
        self._arrival = asyncio.Condition()

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator["ScriptedServer"]:
        """Listen on the port, or on a free one, while the block runs."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await _read_request(reader)
        position = min(len(self.requests), len(self.script) - 1)
        self.requests.append(request)
        answer = self.script[position]
        await asyncio.sleep(answer.delay_seconds)
        async with self._arrival:
            self._arrival.notify_all()
            await self._arrival.wait_for(lambda: len(self.requests) >= answer.after_requests)
        if answer.hang_up:
            return False
        head, content = answer.head_and_content()
        writer.write(head)
        await asyncio.sleep(answer.body_delay_seconds)
        writer.write(content)
        await writer.drain()
        return not answer.missing_bytes


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    content = await reader.readexactly(int(headers.get("content-length", "0")))
    url = urlsplit(target)
    return Request(
        method=method,
        path=url.path,
        query=dict(parse_qsl(url.query)),
        form=dict(parse_qsl(content.decode(), keep_blank_values=True)),
        headers=headers,
    )
