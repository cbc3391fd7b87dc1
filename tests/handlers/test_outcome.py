"""The words handlers are asked and answer in."""

from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.gateway.views import Failure
from orchestrator.handlers import DisableScope, HandlerResult, Outcome, outcome_of
from tests.handlers.builders import blocked, declined, details

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_failure_keeps_every_fact() -> None:
    """No fact Stripe gave about a failure is lost on the way to a handler."""
    failure = Failure(
        code="card_declined",
        decline_code="lost_card",
        advice_code="do_not_try_again",
        network_advice_code="03",
        network_decline_code="41",
        message="Stripe's sentence",
        charge="ch_1",
        payment_method="pm_1",
        outcome_read=True,
        outcome_type="issuer_declined",
        outcome_reason="lost_card",
    )

    assert outcome_of(failure) == Outcome(
        code="card_declined",
        decline_code="lost_card",
        advice_code="do_not_try_again",
        network_advice_code="03",
        network_decline_code="41",
        charge="ch_1",
        payment_method="pm_1",
        outcome_read=True,
        outcome_type="issuer_declined",
        reason="lost_card",
        message="Stripe's sentence",
    )


@pytest.mark.parametrize("value", [Outcome(), details(), HandlerResult(True, True)])
def test_values_are_frozen(value: object) -> None:
    """A handler cannot change what it was asked, nor its answer afterwards."""
    name = fields(value)[0].name  # type: ignore[arg-type]  # each value is a dataclass

    with pytest.raises(FrozenInstanceError):
        setattr(value, name, "changed")


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome(code="card_declined", decline_code="lost_card"), "lost_card"),
        (Outcome(code="incorrect_cvc"), "incorrect_cvc"),
        (Outcome(), None),
    ],
)
def test_cause_is_the_most_telling_code(outcome: Outcome, cause: str | None) -> None:
    """The decline code is the cause; without one, the code is."""
    assert outcome.cause == cause


@pytest.mark.parametrize(
    ("outcome", "is_blocked", "by_issuer"),
    [
        (blocked("rule"), True, False),
        (blocked("rule", outcome_read=False), False, False),
        (declined(), False, True),
        (declined(outcome_read=False), False, False),
    ],
    ids=["blocked", "blocked-unread", "issuer", "issuer-unread"],
)
def test_charge_outcome_counts_only_when_read(
    outcome: Outcome, is_blocked: bool, by_issuer: bool
) -> None:
    """Who declined is a fact only if the charge's outcome was read."""
    assert (outcome.blocked, outcome.issuer_declined) == (is_blocked, by_issuer)


@pytest.mark.parametrize(
    ("fields_given", "moment"),
    [
        ({}, None),
        ({"retry_after_seconds": 60}, NOON + timedelta(minutes=1)),
        ({"retry_after_seconds": 0}, NOON),
        ({"retry_not_before": NOON - timedelta(days=1)}, NOON - timedelta(days=1)),
        ({"retry_not_before": NOON, "retry_after_seconds": 60}, NOON),
    ],
    ids=["none", "delay", "no-delay", "moment", "moment-over-delay"],
)
def test_not_before_reads_moment_or_delay(
    fields_given: dict[str, Any], moment: datetime | None
) -> None:
    """A delay becomes a moment once somebody with a clock asks; a given moment stands."""
    result = HandlerResult(completed=True, requires_retry=True, **fields_given)

    assert result.not_before(NOON) == moment


@pytest.mark.parametrize(
    "fields_given",
    [
        {"completed": "no"},
        {"requires_retry": 1},
        {"disable_card": None},
        {"same_card_allowed": "yes"},
        {"message": None},
        {"reason": 7},
        {"retry_not_before": "tomorrow"},
        {"retry_after_seconds": 1.5},
        {"disable_scope": "fingerprint"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_result_refuses_another_kind(fields_given: dict[str, Any]) -> None:
    """A field of another kind is refused where it is written, not where it is stored."""
    with pytest.raises(TypeError, match=next(iter(fields_given))):
        HandlerResult(**{"completed": True, "requires_retry": True, **fields_given})


@pytest.mark.parametrize(
    "fields_given",
    [
        {"disable_card": True, "same_card_allowed": True},
        {"retry_not_before": datetime(2026, 3, 1)},  # noqa: DTZ001 - refused for having no zone
        {"retry_after_seconds": -1},
        {"retry_after_seconds": 366 * 24 * 3600},
        {"message": "no\0end"},
        {"reason": "half of \ud83d"},
    ],
    ids=["disabled-and-allowed", "no-zone", "negative", "endless", "NUL", "half a pair"],
)
def test_result_refuses_what_cannot_be_kept(fields_given: dict[str, Any]) -> None:
    """Contradictions, impossible moments and text that no database takes are refused."""
    with pytest.raises(ValueError, match=r"card|zone|year|stored"):
        HandlerResult(completed=True, requires_retry=True, **fields_given)


def test_scopes_are_equal_to_their_names() -> None:
    """A scope's member, value and stored string are one."""
    assert [scope.name for scope in DisableScope] == [str(scope) for scope in DisableScope]
