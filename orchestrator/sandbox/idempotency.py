"""Stripe's idempotency layer: first answers by key, replayed for a day. Runs no endpoint."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sandbox.clock import Clock
from orchestrator.sandbox.errors import RequestInvalid, key_in_use, key_reused

KEPT_SECONDS = 24 * 3600  # docs.stripe.com/api/idempotent_requests: "at least 24 hours"
KEY_LENGTH_LIMIT = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer: what is sent, and what is sent again."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class _Record:
    path: str
    params: Mapping[str, Any]
    answer: Answer
    stored_at: float


class IdempotencyStore:
    """The answers of one account by idempotency key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: dict[str, _Record] = {}
        self._running: set[str] = set()

    def replay(self, key: str, path: str, params: Mapping[str, Any]) -> Answer | None:
        """Return the answer stored for ``key``, or null if there is none.

        Raises:
            RequestInvalid: the key is too long.
            ApiError: the key's first request still runs, or was another request.
        """
        if len(key) > KEY_LENGTH_LIMIT:
            raise RequestInvalid(
                f"Idempotency keys must be {KEY_LENGTH_LIMIT} characters or fewer."
            )
        if key in self._running:
            raise key_in_use(key)
        record = self._records.get(key)
        if record is None or self._clock.now() - record.stored_at >= KEPT_SECONDS:
            self._records.pop(key, None)
            return None
        _refuse_other_request(key, record, path, params)
        return record.answer

    @contextmanager
    def running(self, key: str) -> Iterator[None]:
        """Hold ``key`` while its request runs, so that a second one is refused."""
        self._running.add(key)
        try:
            yield
        finally:
            self._running.discard(key)

    def store(self, key: str, path: str, params: Mapping[str, Any], answer: Answer) -> None:
        """Keep ``answer`` as what ``key`` will be answered from now on."""
        self._records[key] = _Record(path, params, answer, self._clock.now())


def _refuse_other_request(key: str, record: _Record, path: str, params: Mapping[str, Any]) -> None:
    advice = f"Try using a key other than '{key}' if you meant to execute a different request."
    if record.path != path:
        raise key_reused(
            "Keys for idempotent requests can only be used for the same endpoint they were "
            f"first used for ('{path}' vs '{record.path}'). {advice}"
        )
    if record.params != params:
        raise key_reused(
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. {advice}"
        )
