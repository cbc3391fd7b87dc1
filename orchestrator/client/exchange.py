"""One call on its way: what is sent each time, and what each answer leads to. Pure.

The clients differ only in how they send and wait; what is decided is decided here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from orchestrator.client.calls import Call
from orchestrator.client.errors import Problem, Unreachable, UnreadableAnswer, error_of
from orchestrator.client.retries import Retries
from orchestrator.client.values import Answer

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Wait:
    """Send the same request again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Done(Generic[Value]):
    """The call has given its value."""

    value: Value


@dataclass(slots=True)
class Exchange(Generic[Value]):
    """A call and how often it has been sent."""

    call: Call[Value]
    retries: Retries
    tries: int = 0

    def request(self) -> dict[str, Any]:
        """Return what is to be sent, the same each time."""
        self.tries += 1
        headers = {"Accept": "application/json"}
        if self.call.idempotency_key is not None:
            headers["Idempotency-Key"] = self.call.idempotency_key
        sent: dict[str, Any] = {
            "method": self.call.method,
            "url": self.call.path,
            "headers": headers,
            "params": dict(self.call.query) or None,
        }
        if self.call.body is not None:
            headers["Content-Type"] = "application/json"
            sent["content"] = json.dumps(self.call.body).encode()
        return sent

    def answered(
        self, status: int, headers: Mapping[str, str], content: bytes
    ) -> Wait | Done[Value]:
        """Take an answer.

        Raises:
            ApiError: the API refused, and sending again would not help.
            UnreadableAnswer: it is no answer of the API's.
        """
        document = _parse(content)
        if 200 <= status < 300:
            return Done(self._read(document, status, headers))
        problem = _problem(status, headers, document)
        wait = self.retries.wait_after_answer(self.tries, status, problem.code, problem.retry_after)
        if wait is not None:
            return Wait(wait)
        raise error_of(problem, self.call.idempotency_key)

    def lost(self, error: Exception) -> Wait:
        """Take it that no answer came.

        Raises:
            Unreachable: it was tried often enough.
        """
        wait = self.retries.wait_after_silence(self.tries)
        if wait is not None:
            return Wait(wait)
        raise Unreachable(
            f"No answer after {self.tries} tries ({type(error).__name__}). Send the same request "
            "with the same Idempotency-Key again.",
            self.call.idempotency_key,
        ) from error

    def _read(self, document: Any, status: int, headers: Mapping[str, str]) -> Value:
        replayed = headers.get("Idempotent-Replayed") == "true"
        answer = Answer(status, headers.get("Request-Id"), replayed)
        try:
            return self.call.read(document, answer)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise UnreadableAnswer(
                f"The answer with status {status} is none of the API's.",
                self.call.idempotency_key,
            ) from exc


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _problem(status: int, headers: Mapping[str, str], document: Any) -> Problem:
    """Read a refusal; what is not the API's own, such as a proxy's page, has a status at least."""
    told = document if isinstance(document, dict) else {}
    events = told.get("allowed_events")
    return Problem(
        status=status,
        code=str(told.get("code", "error")),
        detail=str(told.get("detail", f"The service answered with status {status}.")),
        param=told.get("param"),
        request_id=told.get("request_id") or headers.get("Request-Id"),
        state=told.get("state"),
        allowed_events=tuple(events) if isinstance(events, list) else None,
        stripe_code=told.get("stripe_code"),
        retry_after=_seconds(headers.get("Retry-After")),
    )


def _seconds(text: str | None) -> float | None:
    """Read a Retry-After in seconds; a date is passed over."""
    return float(text) if text is not None and text.isdecimal() else None
