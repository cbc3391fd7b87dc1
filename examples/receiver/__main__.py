"""Run the receiver: ``WEBHOOK_SECRETS=whsec_… python -m examples.receiver``."""

import argparse
import os
import signal
import socket
import sys
from typing import Any

import uvicorn

from examples.receiver.inbox import Inbox
from examples.receiver.receiver import create_app

HOST = "127.0.0.1"


def main() -> None:
    """Receive events until stopped; the address is printed once it answers."""
    parser = argparse.ArgumentParser(prog="examples.receiver", description=__doc__)
    parser.add_argument("--port", type=int, default=4243, help="0 takes a free one")
    parser.add_argument("--file", default="receiver.db", help="where taken events are remembered")
    given = parser.parse_args()
    secrets = [each for each in os.environ.get("WEBHOOK_SECRETS", "").split(",") if each]
    if not secrets:
        sys.exit("error: set WEBHOOK_SECRETS to the secret of your endpoint: whsec_…")
    inbox = Inbox(given.file)
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn stops gracefully and then raises the signal again for whoever had it before.
        signal.signal(number, lambda *_: None)
    try:
        with socket.create_server((HOST, given.port)) as listener:
            say(f"Receiving at http://{HOST}:{listener.getsockname()[1]}/webhooks/payments")
            config = uvicorn.Config(create_app(secrets, inbox, tell), log_level="warning")
            uvicorn.Server(config).run(sockets=[listener])
    except OSError as exc:
        sys.exit(f"error: {HOST}:{given.port} cannot be listened on ({exc.strerror})")
    finally:
        inbox.close()


def tell(event: dict[str, Any]) -> None:
    """Print what happened. Yours would mark the order paid, or ask for another card."""
    payment = event["data"]["payment"]
    say(f"{event['id']} {event['type']}: payment {payment['id']} is {payment['state']} now")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
