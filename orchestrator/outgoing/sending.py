"""One sending: an HTTP POST to an address that was looked at, and what was answered.

The address is checked again, its name is resolved here, and the connection goes to exactly what was
resolved and found public, under the name's own Host and certificate. Refuses to follow a redirect,
to go through a proxy, and to read more than a little of an answer.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection

from orchestrator import __version__
from orchestrator.outgoing.addresses import AddressRefused, check_url, is_public

TIMEOUT_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 5.0
# Nothing of an answer is kept; so much is read that a short one lets the connection end well.
READ_BYTES: Final = 4096
# Answers before the answer (100 Continue, 103 Early Hints) that are passed over.
MOST_INTERIM: Final = 10
# Looking up a name holds a thread, for as long as its servers are silent.
LOOK_UPS_AT_ONCE: Final = 40
USER_AGENT: Final = f"payment-orchestrator/{__version__}"

Read = TypeVar("Read")


class Answer(NamedTuple):
    """What a receiver answered; ``error`` is a word for what went wrong, null where nothing did."""

    status: int | None
    error: str | None
    retry_after: str | None = None

    @property
    def taken(self) -> bool:
        """Tell whether the receiver has the event."""
        return self.error is None


class NotPublic(OSError):
    """A name leads to an address that events are not sent to."""


class CheckedResolver(AbstractResolver):
    """Resolves names, and refuses those of which any address is none of the public internet."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        # Its own, so that names that nobody answers for hold up nothing else of the process.
        self._threads = ThreadPoolExecutor(LOOK_UPS_AT_ONCE, "webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name; the connection is made to one of these.

        Raises:
            NotPublic: one of them is private or reserved.
        """
        loop = asyncio.get_running_loop()
        look_up = partial(socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM)
        found = await loop.run_in_executor(self._threads, look_up)
        addresses = {str(entry[4][0]): entry for entry in found}
        if not self._allow_private and not all(map(is_public, addresses)):
            raise NotPublic("the name leads to a private or reserved address")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=entry[0],
                proto=entry[2],
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address, entry in addresses.items()
        ]

    async def close(self) -> None:
        """Let go of the threads; what is still being looked up ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class BoundedResponse(aiohttp.ClientResponse):
    """An answer that a few others may go before (1xx): aiohttp alone passes over any number.

    It does so without letting anything else of the process have its turn.
    """

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Read the beginning of an answer."""
        assert connection.protocol is not None, "a connection that was just made"
        connection.protocol.read = a_few(connection.protocol.read)  # type: ignore[method-assign]  # the one way in
        return await super().start(connection)


def a_few(read: Callable[[], Awaitable[Read]]) -> Callable[[], Coroutine[Any, Any, Read]]:
    """Return what reads as often as there may be answers, and refuses to go on then."""
    left = MOST_INTERIM + 1

    async def bounded() -> Read:
        nonlocal left
        left -= 1
        if left < 0:
            raise aiohttp.ClientPayloadError("too many interim answers")
        return await read()

    return bounded


@dataclass(slots=True)
class Sender:
    """Sends to many receivers; each sending resolves anew and has a connection of its own."""

    allow_private: bool = False
    timeout_seconds: float = TIMEOUT_SECONDS
    # For a test's own certificate authority.
    ssl: Any = True
    _session: aiohttp.ClientSession | None = field(default=None, repr=False)
    _resolver: CheckedResolver | None = field(default=None, repr=False)

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post a body, once."""
        try:
            check_url(url, allow_private=self.allow_private)
        except AddressRefused:
            return Answer(None, "address_refused")
        try:
            return await self._post(url, body, headers)
        except NotPublic:
            return Answer(None, "address_refused")
        except TimeoutError:
            return Answer(None, "timeout")
        except aiohttp.ClientConnectorError as exc:
            refused = isinstance(exc.os_error, NotPublic)
            return Answer(None, "address_refused" if refused else "connection_failed")
        except (aiohttp.ClientError, OSError, ValueError):
            return Answer(None, "connection_failed")

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()
        if self._resolver is not None:
            await self._resolver.close()

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        async with self._opened().post(
            url, data=body, headers=dict(headers), allow_redirects=False, ssl=self.ssl
        ) as answer:
            # Its status is the answer, however the rest of it ends.
            with suppress(TimeoutError, aiohttp.ClientError, OSError):
                await answer.content.read(READ_BYTES)
            if 200 <= answer.status < 300:
                return Answer(answer.status, None)
            word = "redirect" if 300 <= answer.status < 400 else "status"
            return Answer(answer.status, word, answer.headers.get("Retry-After"))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._resolver = CheckedResolver(allow_private=self.allow_private)
            connector = aiohttp.TCPConnector(
                resolver=self._resolver,
                use_dns_cache=False,
                force_close=True,
                limit=0,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                response_class=BoundedResponse,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": USER_AGENT, "Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(
                    total=self.timeout_seconds, sock_connect=CONNECT_SECONDS
                ),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session
