"""When a payment is looked at next: the delays, as data and one formula."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.payment import Payment

LONGEST_DELAY_SECONDS = 300

# Stripe keeps an idempotency key for at least 24 hours and may forget it after
# (docs.stripe.com/api/idempotent_requests). We stop well before.
RESEND_LIMIT = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Timing:
    """A deployment's times, all in seconds."""

    stripe_timeout_seconds: float = 30.0
    confirm_deadline_seconds: float = 3600.0


def backoff_seconds(tries: int) -> int:
    """Return the delay after ``tries`` vain looks: 1, 2, 4, 8 … 300 seconds."""
    return min(1 << min(tries, 16), LONGEST_DELAY_SECONDS)


def next_look(now: datetime, tries: int) -> datetime:
    """Return when to look again after ``tries`` vain looks."""
    return now + timedelta(seconds=backoff_seconds(tries))


def wakes_at(payment: Payment) -> datetime:
    """Return when a waiting payment is due if nothing happens to it before."""
    retry = payment.settling.retry
    return retry.at if retry is not None else payment.expires_at


def own_answer_due(now: datetime, timing: Timing) -> datetime:
    """Return when somebody else may ask for an answer its own sender has not brought."""
    return now + timedelta(seconds=timing.stripe_timeout_seconds + 2)
