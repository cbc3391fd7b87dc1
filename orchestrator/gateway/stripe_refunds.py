"""What the orchestrator asks of Stripe about refunds and disputes, and how it reads the answers.

Every end of a call is a value of ``views``; it never retries and never decides.
"""

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.gateway.answers import Answer
from orchestrator.gateway.calls import StripeCalls, checked
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
        return _refund_reply(await self._calls.post("/v1/refunds", parameters, idempotency_key))

    async def retrieve_refund(self, refund_id: str) -> RefundReply:
        """Read a refund.

        Raises:
            ValueError: an id that cannot be one.
        """
        return _refund_reply(await self._calls.get(f"/v1/refunds/{checked(refund_id)}", {}))

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
        """Read every page; null for the documents where they are no list, or too many."""
        parameters: dict[str, Any] = {"payment_intent": checked(intent_id), "limit": _PER_PAGE}
        found: list[object] = []
        for _ in range(_MAXIMUM_PAGES):
            answer = await self._calls.get(path, parameters)
            page = _mapping(answer.body)
            items = page.get("data")
            if not answer.succeeded or not isinstance(items, list):
                return answer, None
            found += items
            last = _text(_mapping(items[-1]), "id") if items else None
            if page.get("has_more") is not True or last is None:
                return answer, found
            parameters["starting_after"] = last
        return answer, None


def parse_refund(document: object) -> RefundView | None:
    """Return the refund, or null where id, status, amount, currency or time is missing."""
    refund = _mapping(document)
    refund_id, status = _text(refund, "id"), _text(refund, "status")
    amount, currency = _integer(refund, "amount"), _text(refund, "currency")
    created = _integer(refund, "created")
    if not refund_id or not status or amount is None or not currency or created is None:
        return None
    metadata = _mapping(refund.get("metadata"))
    return RefundView(
        id=refund_id,
        status=status,
        amount=amount,
        currency=currency,
        created=created,
        reason=_text(refund, "reason"),
        failure_reason=_text(refund, "failure_reason"),
        metadata={key: value for key, value in metadata.items() if isinstance(value, str)},
    )


def parse_dispute(document: object) -> DisputeView | None:
    """Return the dispute, or null where id, status, amount, currency or time is missing."""
    dispute = _mapping(document)
    dispute_id, status = _text(dispute, "id"), _text(dispute, "status")
    amount, currency = _integer(dispute, "amount"), _text(dispute, "currency")
    created = _integer(dispute, "created")
    if not dispute_id or not status or amount is None or not currency or created is None:
        return None
    return DisputeView(
        id=dispute_id,
        status=status,
        amount=amount,
        currency=currency,
        created=created,
        reason=_text(dispute, "reason"),
        evidence_due_by=_integer(_mapping(dispute.get("evidence_details")), "due_by"),
    )


def _refund_reply(answer: Answer) -> RefundReply:
    refund = parse_refund(answer.body) if answer.succeeded else None
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
    value = document.get(key)
    return value if isinstance(value, str) else None


def _integer(document: Mapping[str, Any], key: str) -> int | None:
    value = document.get(key)
    return value if type(value) is int else None


__all__ = ["StripeRefunds", "parse_dispute", "parse_refund"]
