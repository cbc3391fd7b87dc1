"""One HTTP answer of Stripe's, made into the reply of the call that asked for it. Pure.

An answer about another object than the one asked for, or one that cannot be read, tells nothing
and becomes ``unknown``, whatever its status was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.gateway.parsing import (
    parse_customer,
    parse_error,
    parse_intent,
    parse_payment_method,
)
from orchestrator.gateway.views import (
    CardReply,
    CardsReply,
    CardView,
    ChargesReply,
    ChargeView,
    CustomerReply,
    Reply,
    ReplyKind,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of one call: a 2xx with its ``body``, or an ``error`` object, or neither."""

    kind: ReplyKind
    succeeded: bool = False
    body: object = field(default=None, repr=False)
    error: Mapping[str, Any] = field(default_factory=dict, repr=False)
    code: str | None = None
    message: str | None = None
    http_status: int | None = None
    request_id: str | None = None
    replayed: bool = False

    @property
    def param(self) -> str | None:
        """The parameter that an error is about."""
        param = self.error.get("param")
        return param if isinstance(param, str) else None


def intent_reply(answer: Answer, intent_id: str | None = None) -> Reply:
    """Return the answer as one about this intent (any, where it is only being created)."""
    source = answer.body if answer.succeeded else answer.error.get("payment_intent")
    intent = parse_intent(source)
    if intent is not None and intent_id is not None and intent.id != intent_id:
        intent = None
    unreadable = answer.succeeded and intent is None
    failed = answer.kind is ReplyKind.answered and not answer.succeeded
    failure = parse_error(answer.error) if failed else None
    return Reply(
        kind=ReplyKind.unknown if unreadable else answer.kind,
        intent=intent,
        failure=failure,
        code=answer.code,
        decline_code=failure.decline_code if failure else None,
        message="The intent cannot be read." if unreadable else answer.message,
        param=answer.param,
        http_status=answer.http_status,
        request_id=answer.request_id,
        replayed=answer.replayed,
    )


def card_reply(answer: Answer) -> CardReply:
    """Return the answer as one about a payment method.

    Its id may be another than was asked for: Stripe makes a new card of a shared test id such as
    ``pm_card_visa`` at every use.
    """
    card = parse_payment_method(answer.body) if answer.succeeded else None
    unreadable = answer.succeeded and card is None
    return CardReply(
        kind=ReplyKind.unknown if unreadable else answer.kind,
        card=card,
        code=answer.code,
        message="The payment method cannot be read." if unreadable else answer.message,
        param=answer.param,
        http_status=answer.http_status,
        request_id=answer.request_id,
    )


def customer_reply(answer: Answer) -> CustomerReply:
    """Return the answer as one about a customer."""
    customer = parse_customer(answer.body) if answer.succeeded else None
    deleted = isinstance(answer.body, dict) and answer.body.get("deleted") is True
    unreadable = answer.succeeded and customer is None and not deleted
    return CustomerReply(
        kind=ReplyKind.unknown if unreadable else answer.kind,
        customer=customer,
        code=answer.code,
        message="The customer cannot be read." if unreadable else answer.message,
        param=answer.param,
        http_status=answer.http_status,
        request_id=answer.request_id,
    )


def cards_reply(
    answer: Answer, cards: tuple[CardView, ...] = (), unreadable: str | None = None
) -> CardsReply:
    """Return the list that ended with this answer, or why it is not known."""
    return CardsReply(
        kind=ReplyKind.unknown if unreadable else answer.kind,
        cards=cards,
        code=answer.code,
        message=unreadable or answer.message,
        param=answer.param,
        http_status=answer.http_status,
        request_id=answer.request_id,
    )


def all_charges(answer: Answer, charges: tuple[ChargeView, ...]) -> ChargesReply:
    """Return the complete list that ended with this answer."""
    return ChargesReply(
        kind=ReplyKind.answered,
        charges=charges,
        http_status=answer.http_status,
        request_id=answer.request_id,
    )


def no_charges(answer: Answer, unreadable: str | None = None) -> ChargesReply:
    """Return why the list is not known: the answer's own error, or a 2xx that is no full list."""
    return ChargesReply(
        kind=ReplyKind.unknown if unreadable else answer.kind,
        code=answer.code,
        message=unreadable or answer.message,
        http_status=answer.http_status,
        request_id=answer.request_id,
    )


__all__ = [
    "Answer",
    "all_charges",
    "card_reply",
    "cards_reply",
    "customer_reply",
    "intent_reply",
    "no_charges",
]
