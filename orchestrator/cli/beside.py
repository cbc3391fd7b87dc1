"""The API with a worker, and the stand-in, in threads of this process: for tests, and nobody else.

Refuses what ``run`` and ``serve`` take care of: signals, ports of one's choice, logs of its own.
Listens on loopback alone, on free ports.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from api.app import create_app
from orchestrator.cli.addresses import LOOPBACK, listen, url_of
from orchestrator.cli.failures import CommandFailed
from orchestrator.sandbox import create_app as create_stand_in
from orchestrator.settings import Settings

STOP_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.01


@contextmanager
def stand_in_beside() -> Iterator[str]:
    """Run the stand-in beside the block; gives its address.

    Raises:
        CommandFailed: it does not start, or does not end.
    """
    with _serving(create_stand_in(), "stand-in") as url:
        yield url


@contextmanager
def api_beside(settings: Settings) -> Iterator[str]:
    """Run the API, with a worker, beside the block; gives its address.

    Raises:
        CommandFailed: it does not start, or does not end.
    """
    with _serving(create_app(settings=settings, with_worker=True), "API") as url:
        yield url


@contextmanager
def _serving(app: Any, name: str) -> Iterator[str]:
    config = uvicorn.Config(app, ws="none", log_config=None, access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    with listen(LOOPBACK, 0) as listener:
        thread = threading.Thread(
            target=server.run, args=([listener],), name=f"orchestrator {name}", daemon=True
        )
        thread.start()
        try:
            _wait_until_started(server, thread, name)
            yield url_of(listener)
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)
            if thread.is_alive():
                raise CommandFailed(f"The {name} did not end within {STOP_SECONDS:g} seconds.")


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread, name: str) -> None:
    while not server.started:
        if not thread.is_alive():
            raise CommandFailed(f"The {name} did not start; the log says why.")
        time.sleep(_LOOK_SECONDS)
