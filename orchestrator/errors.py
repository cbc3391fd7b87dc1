"""Every error a caller may want to catch, each writing its own sentence.

    OrchestratorError
    ├── NotFound                    no such thing, or another owner's
    │   ├── PaymentNotFound
    │   ├── CustomerNotFound
    │   ├── CardNotFound
    │   ├── RefundNotFound
    │   ├── AnomalyNotFound
    │   ├── EventNotFound
    │   ├── RuleNotFound
    │   └── EndpointNotFound
    ├── Refused                     the request cannot be done in this state; nothing moved
    │   ├── PaymentHandled
    │   ├── AttemptInProgress
    │   ├── PaymentEnding
    │   ├── NotCapturable
    │   ├── NotRefundable
    │   ├── RefundTooLarge
    │   ├── AnomalyAssigned
    │   ├── AnomalyResolved
    │   ├── RuleDecided
    │   ├── CardDisabled
    │   ├── CardAttemptsExhausted
    │   ├── CardUnknown
    │   ├── IdempotencyKeyReused
    │   └── IdempotencyKeyInUse
    ├── RuleRefused                 a decline rule may not be changed so
    ├── SecondPersonNeeded          whoever proposed a rule does not approve it
    ├── AddressNotAllowed           events are not sent to such an address
    ├── EndpointDisabled            nothing is sent to an endpoint that was given up
    ├── TooManyEndpoints            there are as many endpoints as there may be
    ├── ExpiryPassed                a card cannot be given an expiry date that is over
    ├── ExpiryNotLater              nor, once disabled for its expiry, one that is no later
    ├── CaptureTooLarge             more than the payment's amount cannot be taken
    ├── StripeRefused               Stripe called the request invalid
    ├── StripeUnavailable           nothing was written; the same request may be sent again
    ├── DatabaseUnavailable         our database does not answer; the same request may be sent again
    ├── WriteConflict               another writer was first; decide again from a fresh read
    └── Misconfigured               the deployment's settings or database cannot work together

The HTTP status of each stands in ``api/errors.py`` and nowhere else.
"""

from datetime import UTC, datetime
from math import ceil
from typing import Any


class OrchestratorError(Exception):
    """Anything the orchestrator refuses or cannot do, with a stable ``code``."""

    code = "error"


class NotFound(OrchestratorError):
    """Nothing of this owner has the id; ``param`` names the field it came in, if it was one."""

    code = "not_found"
    what = "thing"

    def __init__(self, id: str, *, param: str | None = None) -> None:
        self.id = id
        self.param = param
        super().__init__(f"No such {self.what}. Check the id, and that the API key is its owner's.")


class PaymentNotFound(NotFound):
    """No payment of this owner has the id."""

    what = "payment"


class CustomerNotFound(NotFound):
    """Stripe knows no such customer, or it is another owner's."""

    what = "customer"


class CardNotFound(NotFound):
    """Stripe knows no such card, or it is another owner's."""

    what = "card"


class RefundNotFound(NotFound):
    """No refund of this owner's payments has the id."""

    what = "refund"


class AnomalyNotFound(NotFound):
    """No anomaly has the id."""

    what = "anomaly"


class EventNotFound(NotFound):
    """No event of this owner has the id, or it has no place in the feed yet."""

    what = "event"


class RuleNotFound(NotFound):
    """No decline rule has the code, or the rule no such version."""

    what = "decline rule"


class EndpointNotFound(NotFound):
    """No webhook endpoint has the id, or it was deleted, or is not sent what it should be."""

    what = "webhook endpoint"


class Refused(OrchestratorError):
    """The payment, as it stands, does not allow the request; nothing moved.

    ``state`` is the payment's state and ``allowed_events`` what may happen next, where they help.
    """

    def __init__(
        self,
        sentence: str,
        *,
        state: str | None = None,
        allowed_events: tuple[str, ...] | None = None,
        param: str | None = None,
    ) -> None:
        self.state = state
        self.allowed_events = allowed_events
        self.param = param
        super().__init__(sentence)


class PaymentHandled(Refused):
    """The payment is succeeded or failed, and stays so."""

    code = "payment_handled"


class AttemptInProgress(Refused):
    """A confirmation is open; its outcome comes first."""

    code = "attempt_in_progress"


class PaymentEnding(Refused):
    """The payment is being ended; no new confirmation is accepted."""

    code = "payment_ending"


class NotCapturable(Refused):
    """No money is held that could be taken now."""

    code = "illegal_transition"


class NotRefundable(Refused):
    """Only a payment that has succeeded can be refunded."""

    code = "illegal_transition"


class RefundTooLarge(Refused):
    """There is less left to give back, of what was received, than was asked for."""

    code = "refund_too_large"


class AnomalyAssigned(Refused):
    """The anomaly is somebody's, and the request does not say that it takes it from them."""

    code = "anomaly_assigned"


class AnomalyResolved(Refused):
    """The anomaly is resolved, and stays as it was resolved."""

    code = "anomaly_resolved"


class RuleDecided(Refused):
    """A version of a decline rule is no proposal: it is approved or rejected, and stays so."""

    code = "illegal_transition"


class CardDisabled(Refused):
    """The card may not be used again."""

    code = "card_disabled"


class CardAttemptsExhausted(Refused):
    """The card has been declined too often; ``retry_after_seconds`` says how long it rests."""

    code = "card_attempts_exhausted"

    def __init__(self, free_from: datetime, now: datetime, **facts: Any) -> None:
        self.retry_after_seconds = ceil((free_from - now).total_seconds())
        super().__init__(
            "The card has been declined too often, in this payment or in others. It may be tried "
            f"again from {free_from.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC on, another card at "
            "any time.",
            **facts,
        )


class CardUnknown(Refused):
    """Stripe does not know the card, or it is no card."""

    code = "card_unknown"


class IdempotencyKeyReused(Refused):
    """The Idempotency-Key stands for another request."""

    code = "idempotency_key_reused"


class IdempotencyKeyInUse(Refused):
    """The first request with this Idempotency-Key is still being carried out."""

    code = "idempotency_key_in_use"


class RuleRefused(OrchestratorError):
    """A decline rule may not be changed so; ``param`` names the field that is wrong."""

    code = "validation_error"

    def __init__(self, param: str, what_is_wrong: str) -> None:
        self.param = param
        super().__init__(f"{param} {what_is_wrong}.")


class SecondPersonNeeded(OrchestratorError):
    """Whoever proposed a rule does not approve it."""

    code = "forbidden"

    def __init__(self) -> None:
        super().__init__("This needs a key of another name than the one that proposed the rule.")


class AddressNotAllowed(OrchestratorError):
    """Events are not sent to such an address."""

    code = "validation_error"
    param = "url"

    def __init__(self, what_it_must: str) -> None:
        super().__init__(f"url {what_it_must}.")


class EndpointDisabled(OrchestratorError):
    """The endpoint was given up, and is sent nothing until somebody puts it back into use."""

    code = "webhook_endpoint_disabled"
    param = "webhook_endpoint"

    def __init__(self) -> None:
        super().__init__(
            "The webhook endpoint is disabled and is sent nothing. Enable it first, or leave "
            "webhook_endpoint out to send to all others."
        )


class TooManyEndpoints(OrchestratorError):
    """There are as many endpoints as there may be."""

    code = "too_many_webhook_endpoints"

    def __init__(self, most: int) -> None:
        super().__init__(f"There are {most} webhook endpoints, and no more may be. Delete one.")


class ExpiryPassed(OrchestratorError):
    """A card's new expiry date is over already; ``param`` names the field that makes it so."""

    code = "validation_error"

    def __init__(self, param: str) -> None:
        self.param = param
        super().__init__(f"{param}: the card would have expired already.")


class ExpiryNotLater(OrchestratorError):
    """A card disabled for its expiry is not renewed by this date; ``param`` names the field."""

    code = "validation_error"

    def __init__(self, param: str) -> None:
        self.param = param
        super().__init__(
            f"{param}: the card is out of use for its expiry; only a later date helps."
        )


class CaptureTooLarge(OrchestratorError):
    """No more can be taken than the payment is over."""

    code = "validation_error"
    param = "amount_to_capture"

    def __init__(self, amount: int) -> None:
        super().__init__(f"{self.param}: the payment is over {amount}; no more can be taken.")


class StripeRefused(OrchestratorError):
    """Stripe called a request invalid; ``stripe_code`` and ``param`` are Stripe's."""

    code = "stripe_refused"

    def __init__(self, stripe_code: str | None, message: str | None, param: str | None) -> None:
        self.stripe_code = stripe_code
        self.param = param
        super().__init__(
            f"Stripe refused the request: {message or stripe_code or 'no reason given'}"
        )


class StripeUnavailable(OrchestratorError):
    """Stripe gave no usable answer and nothing was written."""

    code = "stripe_unavailable"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Stripe could not be asked to {what}; nothing was written. "
            "Send the same request again, a POST with the same Idempotency-Key."
        )


class DatabaseUnavailable(OrchestratorError):
    """Our database does not answer: nothing is written, or what is was not acknowledged."""

    code = "database_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "The database does not answer. Send the same request again, a POST with the same "
            "Idempotency-Key: it is carried out once."
        )


class WriteConflict(OrchestratorError):
    """Another writer changed the thing first; ``what`` says what it is."""

    code = "write_conflict"

    def __init__(self, id: str, *, what: str = "payment") -> None:
        self.id = id
        super().__init__(f"The {what} {id} was changed by another writer; read it again.")


class Misconfigured(OrchestratorError):
    """The settings, the database and the Stripe key do not fit together."""

    code = "misconfigured"
