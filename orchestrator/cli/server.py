"""The server process: what it needs to start, and how it runs and stops.

Loads the whole application, so only a command that serves may import it.
"""

import asyncio
import gc
import json
import math
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import uvicorn
from sqlalchemy import Connection, select

from orchestrator.cli.addresses import LOOPBACK, is_free, url_of
from orchestrator.cli.children import start_stand_in, stop
from orchestrator.cli.connection import HttpConnection
from orchestrator.cli.failures import CommandFailed
from orchestrator.cli.storage import refuse_unknown_kind
from orchestrator.settings import Settings
from orchestrator.stopping import Stop
from orchestrator.store.connections import open_database
from orchestrator.store.migrate import current, upgrade
from orchestrator.store.schema import deployment

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

STAND_IN_PORT = 12111
# Shaped like Stripe's, and known to nobody else's account.
STAND_IN_KEY = "sk_test_sandbox"
STAND_IN_WEBHOOK_SECRET = "whsec_sandbox"  # noqa: S105, RUF100  it guards nothing

# Collections walk what is alive. After start that is mostly modules, which never die: they are
# frozen, and the young generation is let grow to what a burst of requests makes.
GC_THRESHOLDS = (50_000, 20, 50)

Started = Callable[[str], None]


@contextmanager
def stand_in(settings: Settings, listener: socket.socket) -> Iterator[Settings]:
    """Run the stand-in beside the block and give the settings that lead to it.

    It tells its events to whoever serves on ``listener``.

    Raises:
        CommandFailed: the Stripe key is a live one, or the stand-in does not start.
    """
    if settings.live:
        raise CommandFailed(
            "ORCHESTRATOR_STRIPE_API_KEY is a live key, and the stand-in must never meet real "
            "payments. Unset the key to use the stand-in."
        )
    preferred = STAND_IN_PORT if is_free(LOOPBACK, STAND_IN_PORT) else 0
    child, address = start_stand_in(preferred)
    try:
        _tell_events_to(address, listener)
        yield Settings(
            stripe_api_key=STAND_IN_KEY,  # type: ignore[arg-type]  # pydantic wraps it
            stripe_api_base=address,
            stripe_webhook_secrets=STAND_IN_WEBHOOK_SECRET,  # type: ignore[arg-type]  # likewise
        )
    finally:
        stop(child)


def _tell_events_to(stand_in_address: str, listener: socket.socket) -> None:
    """Register our webhook at the stand-in, as an operator does at Stripe."""
    here = "[::1]" if listener.family is socket.AF_INET6 else LOOPBACK
    endpoint = {
        "url": f"http://{here}:{listener.getsockname()[1]}/v1/webhooks/stripe",
        "secret": STAND_IN_WEBHOOK_SECRET,
    }
    request = urllib.request.Request(
        f"{stand_in_address}/_sandbox/webhook_endpoints",
        data=json.dumps(endpoint).encode(),
        headers={
            "Authorization": f"Bearer {STAND_IN_KEY}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=10):
        return


def refuse_incomplete(settings: Settings) -> None:
    """Refuse to serve without what Stripe needs.

    Raises:
        CommandFailed: the key or the webhook secret is not set.
    """
    missing = [
        f"ORCHESTRATOR_{name.upper()}"
        for name in ("stripe_api_key", "stripe_webhook_secrets")
        if not getattr(settings, name)
    ]
    if missing:
        raise CommandFailed(
            f"{' and '.join(missing)} must be set to serve payments. To try everything without "
            "Stripe, run: orchestrator serve --sandbox"
        )


def migrate_for_trying(settings: Settings) -> None:
    """Bring a database that is no live one to the newest schema.

    Raises:
        CommandFailed: it holds live payments; nothing was changed.
    """
    url = settings.migration_database_url or settings.database_url
    refuse_unknown_kind(url)
    if asyncio.run(_is_live(settings)):
        raise CommandFailed(
            "ORCHESTRATOR_DATABASE_URL names a database of live payments, which the stand-in must "
            "never meet. Unset it to use a file of its own."
        )
    upgrade(url)


async def _is_live(settings: Settings) -> bool:
    database = open_database(settings.database_url, pool_size=1)
    try:
        return await database.read(_mode) == "live"
    finally:
        await database.close()


def _mode(connection: Connection) -> str | None:
    """Read which mode a database is bound to; null for one without a schema."""
    if current(connection) is None:
        return None
    return connection.execute(select(deployment.c.mode)).scalar_one_or_none()


def serve_until_stopped(
    listener: socket.socket, settings: Settings, *, worker: bool, started: Started
) -> None:
    """Serve on a bound address; ``started`` hears the base URL once requests are answered.

    Raises:
        Misconfigured: the settings, the Stripe key and the database do not fit together.
    """
    for number in STOP_SIGNALS:
        # Before and after uvicorn listens to them: a stop that was asked for is no failure.
        signal.signal(number, lambda *_: None)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(listener, settings, worker=worker, started=started))


async def _serve(
    listener: socket.socket, settings: Settings, *, worker: bool, started: Started
) -> None:
    from api.app import create_app
    from orchestrator.runtime import Runtime

    runtime = await Runtime.open(settings)
    try:
        app = create_app(runtime, with_worker=worker)
        config = uvicorn.Config(
            app,
            http=HttpConnection,
            ws="none",
            log_config=None,  # its lines go the way of ours
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=math.ceil(settings.shutdown_timeout),
        )
        server = _Server(config, lambda: started(url_of(listener)), app.state.stop)
        server.delay_seconds = settings.shutdown_delay
        _tune_collection()
        await server.serve(sockets=[listener])
    finally:
        await runtime.close()


class _Server(uvicorn.Server):
    """uvicorn, telling when it is ready, and ending in three steps.

    Told to end it says at once that it is not ready, goes on for a while so that whoever sends
    requests here can hear of it, then takes no more and answers those under way. Told again it
    ends where it stands.
    """

    def __init__(self, config: uvicorn.Config, started: Callable[[], None], stop: Stop) -> None:
        super().__init__(config)
        self._tell = started
        self._stop = stop
        self._told: float | None = None
        self.delay_seconds = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take note of a signal; it is acted upon within a tenth of a second."""
        if self._told is not None:
            end_at_once(sig)
        self._told = time.monotonic()

    async def on_tick(self, counter: int) -> bool:
        """Begin to end when told to, and take no more requests once the delay is over."""
        if self._told is not None:
            self._stop.begin(self.delay_seconds)
            self.should_exit = time.monotonic() >= self._told + self.delay_seconds
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell."""
        await super().startup(sockets)
        if not self.should_exit:
            self._tell()


def end_at_once(number: int) -> NoReturn:
    """End without finishing anything: somebody is in a hurry, and nothing is lost by it."""
    os._exit(128 + number)


def _tune_collection() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:  # not made for Windows
        return None
    return uvloop.new_event_loop
