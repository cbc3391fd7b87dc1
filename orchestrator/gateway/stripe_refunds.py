"""What the orchestrator asks of Stripe about refunds and disputes, and how it reads the answers.

Every end of a call is a value of ``views``; it never retries and never decides. What is not about
the refund or the intent that was asked for, or could not be put on record, tells nothing: the end
is then ``unknown``, and no exception.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from orchestrator.gateway.answers import Answer
from orchestrator.gateway.calls import StripeCalls, checked
from orchestrator.gateway.currencies import MAXIMUM_AMOUNT
from orchestrator.gateway.parsing import read_moment
from orchestrator.gateway.views import (
    DisputesReply,
    DisputeView,
    RefundReply,
    RefundsReply,
    RefundView,
    ReplyKind,
)

_PER_PAGE: Final = 100
_MAXIMUM_PAGES: Final = 10
_NOTHING: Final[Mapping[str, Any]] = {}


class StripeRefunds:
    """Refunds and disputes over the same calls as the payments."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    async def create_refund(
        self, parameters: Mapping[str, Any], *, idempotency_key: str
    ) -> RefundReply:
        """Give money back, with exactly these parameters.

        Raises:
            ValueError: a key that cannot be one, or a parameter the SDK keeps for itself.
        """
        answer = await self._calls.post("/v1/refunds", parameters, idempotency_key)
        wanted = parameters.get("amount")
        if not _is_of(answer.body, str(parameters.get("payment_intent"))):
            return _refund_reply(answer, lambda _: False)
        return _refund_reply(answer, lambda refund: wanted in (None, refund.amount))

    async def retrieve_refund(self, refund_id: str) -> RefundReply:
        """Read a refund.

        Raises:
            ValueError: an id that cannot be one.
        """
        answer = await self._calls.get(f"/v1/refunds/{checked(refund_id)}", {})
        return _refund_reply(answer, lambda refund: refund.id == refund_id)

    async def list_refunds(self, intent_id: str) -> RefundsReply:
        """Read all refunds of an intent, newest first; all of them or none.

        Raises:
            ValueError: an id that cannot be one.
        """
        answer, documents = await self._list("/v1/refunds", intent_id)
        refunds = tuple(parse_refund(document) for document in documents or ())
        read = tuple(refund for refund in refunds if refund is not None)
        unreadable = answer.succeeded and (documents is None or len(read) != len(refunds))
        return RefundsReply(
            kind=ReplyKind.unknown if unreadable else answer.kind,
            refunds=() if unreadable else read,
            **_error_of(answer, "The refunds cannot be read." if unreadable else None),
        )

    async def list_disputes(self, intent_id: str) -> DisputesReply:
        """Read all disputes of an intent, newest first; all of them or none.

        Raises:
            ValueError: an id that cannot be one.
        """
        answer, documents = await self._list("/v1/disputes", intent_id)
        disputes = tuple(parse_dispute(document) for document in documents or ())
        read = tuple(dispute for dispute in disputes if dispute is not None)
        unreadable = answer.succeeded and (documents is None or len(read) != len(disputes))
        return DisputesReply(
            kind=ReplyKind.unknown if unreadable else answer.kind,
            disputes=() if unreadable else read,
            **_error_of(answer, "The disputes cannot be read." if unreadable else None),
        )

    async def _list(self, path: str, intent_id: str) -> tuple[Answer, list[object] | None]:
        """Read every page; null where one is no list, is of another intent, or is one too many."""
        parameters: dict[str, Any] = {"payment_intent": checked(intent_id), "limit": _PER_PAGE}
        found: list[object] = []
        for _ in range(_MAXIMUM_PAGES):
            answer = await self._calls.get(path, parameters)
            page = _mapping(answer.body)
            items, more = page.get("data"), page.get("has_more")
            if not answer.succeeded or not isinstance(items, list) or not isinstance(more, bool):
                return answer, None
            if not all(_is_of(item, intent_id) for item in items):
                return answer, None
            found += items
            if not more:
                return answer, found
            last = _id(_mapping(items[-1])) if items else None
            if last is None:
                return answer, None
            parameters["starting_after"] = last
        return answer, None


def parse_refund(document: object) -> RefundView | None:
    """Return the refund, or null where id, status, amount, currency or time is missing or odd."""
    refund = _mapping(document)
    common = _common(refund, least=1)
    if common is None:
        return None
    metadata = _mapping(refund.get("metadata"))
    return RefundView(
        **common,
        failure_reason=_text(refund, "failure_reason"),
        metadata={key: text for key in metadata if (text := _text(metadata, key)) is not None},
    )


def parse_dispute(document: object) -> DisputeView | None:
    """Return the dispute, or null where id, status, amount, currency or time is missing or odd."""
    dispute = _mapping(document)
    common = _common(dispute, least=0)
    if common is None:
        return None
    evidence = _mapping(dispute.get("evidence_details"))
    return DisputeView(**common, evidence_due_by=read_moment(evidence, "due_by"))


def _common(document: Mapping[str, Any], *, least: int) -> dict[str, Any] | None:
    """Return what refunds and disputes both have; null where it could not be stored or asked for.

    A status that nobody knows passes: what becomes of it is decided elsewhere.
    """
    amount = _integer(document, "amount")
    found = {
        "id": _id(document),
        "status": _text(document, "status") or None,
        "amount": amount if amount is not None and least <= amount <= MAXIMUM_AMOUNT else None,
        "currency": _text(document, "currency") or None,
        "created": read_moment(document, "created"),
    }
    if None in found.values():
        return None
    return {**found, "reason": _text(document, "reason")}


def _is_of(document: object, intent_id: str) -> bool:
    """Tell whether an object names this intent, or none."""
    named = _mapping(document).get("payment_intent")
    return (named.get("id") if isinstance(named, dict) else named) in (None, intent_id)


def _refund_reply(answer: Answer, is_it: Callable[[RefundView], bool]) -> RefundReply:
    """Return the answer as one about the refund that was asked for."""
    refund = parse_refund(answer.body) if answer.succeeded else None
    if refund is not None and not is_it(refund):
        refund = None
    unreadable = answer.succeeded and refund is None
    return RefundReply(
        kind=ReplyKind.unknown if unreadable else answer.kind,
        refund=refund,
        **_error_of(answer, "The refund cannot be read." if unreadable else None),
    )


def _error_of(answer: Answer, unreadable: str | None) -> dict[str, Any]:
    return {
        "code": answer.code,
        "message": unreadable or answer.message,
        "param": answer.param,
        "http_status": answer.http_status,
        "request_id": answer.request_id,
    }


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


def _text(document: Mapping[str, Any], key: str) -> str | None:
    """Return a text that can be stored: PostgreSQL keeps no NUL."""
    value = document.get(key)
    return value if isinstance(value, str) and "\0" not in value else None


def _integer(document: Mapping[str, Any], key: str) -> int | None:
    value = document.get(key)
    return value if type(value) is int else None


def _id(document: Mapping[str, Any]) -> str | None:
    """Return an id that can be asked for again."""
    try:
        return checked(_text(document, "id") or "")
    except ValueError:
        return None


__all__ = ["StripeRefunds", "parse_dispute", "parse_refund"]
