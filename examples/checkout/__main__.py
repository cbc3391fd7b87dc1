"""Open the shop: ``python -m examples.checkout``."""

import argparse
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from examples.checkout.everything import NotStarted, everything
from examples.checkout.settings import Settings, SettingsIncomplete
from examples.checkout.shop import create_app

HOST = "127.0.0.1"
DEFAULT_PORT = 4242
DESCRIPTION = (
    "Open the example shop. Without SHOP_* settings, an orchestrator and the Stripe stand-in are "
    "started beside it; nothing else is needed."
)


def main() -> None:
    """Serve the shop until it is stopped; the address is printed once it answers."""
    parser = argparse.ArgumentParser(prog="examples.checkout", description=DESCRIPTION)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    port = parser.parse_args().port
    try:
        with socket.create_server((HOST, port)) as listener, _settings() as settings:
            _serve(listener, settings)
    except OSError as exc:
        sys.exit(
            f"error: {HOST}:{port} cannot be listened on ({exc.strerror}). Choose another --port"
        )
    except KeyboardInterrupt:
        sys.exit("Stopped before it was open.")
    except (SettingsIncomplete, NotStarted) as exc:
        sys.exit(f"error: {exc}")


@contextmanager
def _settings() -> Iterator[Settings]:
    given = Settings.read()
    if given is not None:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="checkout-"))
    try:
        with everything(folder) as settings:
            yield settings
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(listener: socket.socket, settings: Settings) -> None:
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    sys.stdout.write(f"The shop is open at {address} (stop with Ctrl-C)\n")
    sys.stdout.flush()
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn stops gracefully and then raises the signal again for whoever had it before: a
        # stop that was asked for is no failure.
        signal.signal(number, lambda *_: None)
    config = uvicorn.Config(create_app(settings), log_level="warning", server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
