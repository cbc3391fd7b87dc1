"""Finds the server that takes writes among those that the address names, and connects to it.

The driver would spend the whole time allowed on a first host that is silent, and never ask the
next: here each host has its own. Refuses a standby.
"""

from collections.abc import Callable
from typing import Any, Final

import asyncpg

from orchestrator.store.faults import Fault, classify

# A server that is in recovery, or takes no writes, is passed over (``target_session_attrs``).
ROLE: Final = "read-write"


class Primary:
    """Connects to whichever host takes writes; the one that did last is asked first."""

    def __init__(self, seconds: float, connect: Callable[..., Any] = asyncpg.connect) -> None:
        """Allow each host ``seconds`` to take the connection."""
        self._seconds = seconds
        self._connect = connect
        self._last = 0

    async def __call__(self, **parameters: Any) -> Any:
        """Connect as the driver does, with its parameters.

        Raises:
            OSError, asyncpg.PostgresError, asyncpg.InternalClientError: what the last host said.
        """
        parameters = {"target_session_attrs": ROLE, **parameters, "timeout": self._seconds}
        hosts, ports = parameters.pop("host", None), parameters.pop("port", None)
        if not isinstance(hosts, list):
            # An absent host or port is the driver's own to find.
            given = {"host": hosts, "port": ports}
            named = {name: value for name, value in given.items() if value is not None}
            return await self._connect(**parameters, **named)
        order = [*range(self._last, len(hosts)), *range(self._last)]
        for turn, index in enumerate(order, start=1):
            try:
                connected = await self._connect(**parameters, host=hosts[index], port=ports[index])
            except Exception as exc:
                # A wrong password is wrong everywhere; who is down, or a standby, is not the last.
                if classify(exc) is not Fault.retry or turn == len(order):
                    raise
            else:
                self._last = index
                return connected
        raise AssertionError("there is at least one host")


__all__ = ["ROLE", "Primary"]
