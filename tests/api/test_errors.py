"""Each refusal has one status, and one shape."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from api import errors as api_errors
from api.errors import PROBLEM_TYPE, STATUSES, problem
from orchestrator import errors as core_errors
from orchestrator.handlers import InvalidHandlers
from orchestrator.states import TransitionRefused

CONTRACT = {
    "validation_error": 422,
    "card_number_refused": 422,
    "idempotency_key_reused": 422,
    "card_unknown": 422,
    "idempotency_key_missing": 400,
    "malformed_json": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "illegal_transition": 409,
    "payment_handled": 409,
    "attempt_in_progress": 409,
    "payment_ending": 409,
    "card_disabled": 409,
    "idempotency_key_in_use": 409,
    "stripe_refused": 422,
    "payload_too_large": 413,
    "stripe_unavailable": 503,
    "database_unavailable": 503,
}

# Bases are never raised; a deployment that cannot start answers nobody.
WITHOUT_STATUS = {
    core_errors.NotFound,
    core_errors.OrchestratorError,
    core_errors.Refused,
    core_errors.Misconfigured,
    InvalidHandlers,
    TransitionRefused,
    api_errors.RequestRefused,
}

# A command's own failure ends the command, be it of the audit or of the seals; the console says
# its own in its pages.
_MET_BY_NO_CALL = (
    "orchestrator.cli.",
    "orchestrator.audit.",
    "orchestrator.seals.",
    "api.console.",
)


def descendants(kind: type[Exception]) -> Iterator[type[Exception]]:
    """Yield a class and everything below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from descendants(below)


def test_every_error_has_a_status() -> None:
    """No error of ours reaches a client without somebody having chosen its status."""
    roots = (core_errors.OrchestratorError, api_errors.RequestRefused)
    every = {
        kind
        for root in roots
        for kind in descendants(root)
        if kind.__module__.startswith(("orchestrator.", "api."))
        and not kind.__module__.startswith(_MET_BY_NO_CALL)
    }

    assert every - WITHOUT_STATUS == set(STATUSES)


@pytest.mark.parametrize(("code", "status"), CONTRACT.items())
def test_documented_statuses(code: str, status: int) -> None:
    """Each documented code has its documented status, and only that."""
    assert {found for kind, found in STATUSES.items() if getattr(kind, "code", "") == code} == {
        status
    }


def test_problem_shape() -> None:
    """An error has exactly the documented members, and the media type of RFC 9457."""
    answer = problem(422, "validation_error", "amount is required.", "req_1", param="amount")

    assert answer.media_type == "application/problem+json"
    assert orjson.loads(answer.body) == {
        "type": PROBLEM_TYPE + "validation_error",
        "title": "Validation error",
        "status": 422,
        "detail": "amount is required.",
        "code": "validation_error",
        "param": "amount",
        "request_id": "req_1",
    }
