"""A connection to the API that its other side must keep taking from.

A server alone waits for ever: what was not taken holds memory and a socket as long as the other
side is there, and a process that is to end holds on to it until it is out of time.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# How long the other side may take nothing of what is sent, and how long once the process ends.
TAKE_SECONDS: Final = 30.0
ENDING_SECONDS: Final = 3.0


class HttpConnection(HttpToolsProtocol):
    """uvicorn's own, broken off where nothing is taken."""

    _look: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """Begin to look whether what was sent is taken: there is much of it now."""
        super().pause_writing()
        self._look_in(TAKE_SECONDS)

    def shutdown(self) -> None:
        """Finish what is under way, as the process is to end, and look more often."""
        super().shutdown()
        self._look_in(ENDING_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def _look_in(self, seconds: float) -> None:
        if self._look is not None:
            self._look.cancel()
        waiting = self.transport.get_write_buffer_size()
        self._look = self.loop.call_later(seconds, self._leave_if_stuck, seconds, waiting)

    def _leave_if_stuck(self, seconds: float, before: int) -> None:
        """Break off where as much waits as before; nothing is added meanwhile, but by an answer
        that is let on, and that one has been taken from.
        """
        waiting = self.transport.get_write_buffer_size()
        ending = seconds == ENDING_SECONDS
        held_up = self.flow.write_paused or ending or self.transport.is_closing()
        if held_up and 0 < before <= waiting:
            self.transport.abort()
        elif waiting or ending:
            self._look_in(seconds)
