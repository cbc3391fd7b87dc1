"""What a handler is asked about, and what it may answer.

Plain frozen values in our own words: nothing here knows a rule, and nothing can be changed by the
handler that reads it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType, NoneType
from typing import Final

from orchestrator.gateway.views import Failure

LONGEST_DELAY_SECONDS: Final = 365 * 24 * 3600


class DisableScope(StrEnum):
    """How far taking a card out of use reaches, always within one owner."""

    fingerprint = "fingerprint"  # the card, whatever its expiry date
    fingerprint_and_expiry = "fingerprint_and_expiry"  # a renewed card keeps its fingerprint
    customer_and_fingerprint = "customer_and_fingerprint"  # the card, for this customer only


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended, or what it waits for.

    ``status`` is set for whatever is not a failure (``succeeded``, ``requires_action``,
    ``processing``, ``requires_capture``, ``requires_confirmation``); a failure has codes instead.
    ``outcome_type`` and ``reason`` are the charge's outcome and facts only if ``outcome_read``.
    ``http_status`` is that of a refused request; a decline needs none. ``message`` is Stripe's.
    """

    code: str | None = None
    decline_code: str | None = None
    advice_code: str | None = None
    network_advice_code: str | None = None
    network_decline_code: str | None = None
    status: str | None = None
    charge: str | None = None
    payment_method: str | None = None
    outcome_read: bool = False
    outcome_type: str | None = None
    reason: str | None = None
    message: str | None = None
    http_status: int | None = None

    @property
    def cause(self) -> str | None:
        """Return the most telling code; some arrive as ``code`` with no ``decline_code``."""
        return self.decline_code or self.code

    @property
    def blocked(self) -> bool:
        """Whether Stripe itself stopped the payment, so that no issuer was asked."""
        return self.outcome_read and self.outcome_type == "blocked"

    @property
    def issuer_declined(self) -> bool:
        """Whether it is known to be the issuer who declined."""
        return self.outcome_read and self.outcome_type == "issuer_declined"


@dataclass(frozen=True, slots=True)
class PaymentDetails:
    """What a handler may know of the payment. ``attempts_left`` no longer counts this attempt."""

    customer: str | None
    transaction_id: str | None
    amount: int
    currency: str
    item_ids: tuple[str, ...]
    attempts_left: int


@dataclass(frozen=True, slots=True)
class HandlerResult:
    """What a handler decided.

    ``message`` is safe to show the customer, ``reason`` is for the record. When the same card may
    be presented again is either a moment (``retry_not_before``) or a delay
    (``retry_after_seconds``), which needs no clock; ``not_before`` reads both.

    Raises:
        TypeError: a field is of another kind, so that ``"no"`` cannot pass for yes.
        ValueError: the fields contradict each other, or a delay or moment cannot be kept.
    """

    completed: bool
    requires_retry: bool
    disable_card: bool = False
    same_card_allowed: bool = False
    retry_not_before: datetime | None = None
    message: str = ""
    reason: str | None = None
    retry_after_seconds: int | None = None
    disable_scope: DisableScope | None = None

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"HandlerResult.{name} cannot be {getattr(self, name)!r}")
        for text in (self.message, self.reason or ""):
            if "\0" in text or not _encodable(text):
                raise ValueError(
                    "HandlerResult takes text that can be stored: no NUL, no half pair"
                )
        if self.disable_card and self.same_card_allowed:
            raise ValueError("a card cannot be disabled and allowed again in one result")
        if self.retry_not_before is not None and self.retry_not_before.utcoffset() is None:
            raise ValueError("HandlerResult.retry_not_before needs a time zone")
        if not 0 <= (self.retry_after_seconds or 0) <= LONGEST_DELAY_SECONDS:
            raise ValueError("HandlerResult.retry_after_seconds must be between 0 and a year")

    def not_before(self, now: datetime) -> datetime | None:
        """Return when the same card may be presented again, if there is a wait."""
        if self.retry_not_before is not None or self.retry_after_seconds is None:
            return self.retry_not_before
        return now + timedelta(seconds=self.retry_after_seconds)


_KINDS: Final[Mapping[str, tuple[type, ...]]] = MappingProxyType(
    {
        "completed": (bool,),
        "requires_retry": (bool,),
        "disable_card": (bool,),
        "same_card_allowed": (bool,),
        "retry_not_before": (datetime, NoneType),
        "message": (str,),
        "reason": (str, NoneType),
        "retry_after_seconds": (int, NoneType),
        "disable_scope": (DisableScope, NoneType),
    }
)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


Handler = Callable[[Outcome, PaymentDetails], HandlerResult]


def outcome_of(failure: Failure) -> Outcome:
    """Put Stripe's failure in our words."""
    return Outcome(
        code=failure.code,
        decline_code=failure.decline_code,
        advice_code=failure.advice_code,
        network_advice_code=failure.network_advice_code,
        network_decline_code=failure.network_decline_code,
        charge=failure.charge,
        payment_method=failure.payment_method,
        outcome_read=failure.outcome_read,
        outcome_type=failure.outcome_type,
        reason=failure.outcome_reason,
        message=failure.message,
    )
