"""Listening addresses: bound before anything else is started, so a busy port is a clear refusal."""

import errno
import socket
from contextlib import closing

from orchestrator.cli.failures import CommandFailed

LOOPBACK = "127.0.0.1"


def listen(host: str, port: int) -> socket.socket:
    """Bind an address; port 0 takes a free one.

    Raises:
        CommandFailed: the port is taken, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as exc:
        raise CommandFailed(_why(exc, host, port)) from exc
    listener.set_inheritable(False)
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the base URL of an address that is bound."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_free(host: str, port: int) -> bool:
    """Tell whether an address could be bound just now."""
    try:
        listener = listen(host, port)
    except CommandFailed:
        return False
    with closing(listener):
        return True


def _why(exc: OSError, host: str, port: int) -> str:
    if exc.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use. Stop what listens there, or choose another: --port"
        )
    if exc.errno == errno.EACCES:
        return f"Port {port} needs rights this process does not have. Choose one above 1023: --port"
    return f"{host}:{port} cannot be listened on ({exc.strerror or exc}). Choose another --host"
