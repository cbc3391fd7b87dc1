"""The feed as it happens: lines of a stream become events, and a lost stream is gone on with. Pure.

The clients differ only in how they read and wait. A stream never ends by itself: whoever has heard
enough stops reading.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.client.calls import Call
from orchestrator.client.errors import UnreadableAnswer
from orchestrator.client.exchange import Exchange, Wait
from orchestrator.client.retries import Retries
from orchestrator.client.values import Event, Page, read

# The service says something every fifteen seconds; what is silent for longer is lost.
SILENCE_SECONDS: Final = 45.0
MEDIA_TYPE: Final = "text/event-stream"


@dataclass(slots=True)
class Following:
    """A stream that is asked for as often as it takes, each time from the last event heard.

    ``tries`` counts those since a stream last began.
    """

    call: Call[Page[Event]]
    retries: Retries
    last_event: str | None = None
    tries: int = 0
    wait_seconds: float = 0.0
    _rest: bytes = b""
    _data: list[str] = field(default_factory=list)

    def request(self) -> dict[str, Any]:
        """Return what is to be sent to go on."""
        self.tries += 1
        self._rest, self._data = b"", []
        headers = {"Accept": MEDIA_TYPE}
        if self.last_event is not None:
            headers["Last-Event-ID"] = self.last_event
        query = dict(self.call.query) or None
        return {"method": "GET", "url": self.call.path, "headers": headers, "params": query}

    def begun(self, headers: Mapping[str, str]) -> None:
        """Take it that an answer has begun.

        Raises:
            UnreadableAnswer: it is no stream.
        """
        if not headers.get("Content-Type", "").startswith(MEDIA_TYPE):
            raise UnreadableAnswer("The answer is no stream of events.")

    def take(self, chunk: bytes) -> Iterator[Event]:
        """Take a piece of the stream; gives the events that are complete with it.

        Raises:
            UnreadableAnswer: what it tells is no event.
        """
        # Only these end a line here; a text may hold what others take for the end of one.
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            yield from self._take_line(line.removesuffix(b"\r").decode(errors="replace"))

    def refused(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        """Take a refusal, and wait where coming back may help.

        Raises:
            ApiError: it would not help, or was tried often enough.
        """
        step = Exchange(self.call, self.retries, self.tries).answered(status, headers, content)
        assert isinstance(step, Wait), "what is refused gives no value"
        self.wait_seconds = step.seconds

    def lost(self, error: Exception) -> None:
        """Take it that no answer came, or that the stream has ended or broken off.

        Raises:
            Unreachable: it was tried often enough since a stream last began.
        """
        if self.tries:
            step = Exchange(self.call, self.retries, self.tries).lost(error)
            self.wait_seconds = step.seconds

    def _take_line(self, line: str) -> Iterator[Event]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "" and self._data:
            yield self._event()
        elif name == "data":
            self._data.append(value)
        elif name == "retry" and value.isdecimal():
            # It has begun: what failed before is forgotten.
            self.tries, self.wait_seconds = 0, int(value) / 1000

    def _event(self) -> Event:
        text, self._data = "\n".join(self._data), []
        try:
            event = read(Event, json.loads(text))
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise UnreadableAnswer("What came is no event of the API's.") from exc
        self.last_event = event.id
        return event


__all__ = ["MEDIA_TYPE", "SILENCE_SECONDS", "Following"]
