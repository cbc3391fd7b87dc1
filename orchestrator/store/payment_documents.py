"""What a payment's row holds as documents: its settlement memory and its intention to end.

Both are read again as they were written; a document that an older version wrote lacks what came
later, and means what it meant then.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from orchestrator.gateway.views import CardView, ChargeView, Failure
from orchestrator.payment import (
    AbandonedAttempt,
    Actor,
    Intention,
    OpenAttempt,
    PlannedRetry,
    Settling,
    WishedCapture,
)


def settling_to_json(settling: Settling) -> dict[str, Any]:
    """Write the settlement memory as the JSON its column holds."""
    return {
        "open": asdict(settling.open) if settling.open else None,
        "abandoned": [asdict(attempt) for attempt in settling.abandoned],
        "counted": list(settling.counted),
        "held": [asdict(charge) for charge in settling.held],
        "asks": settling.asks,
        "tries": settling.tries,
        "seen_status": settling.seen_status,
        "retry": _retry_to_json(settling.retry),
        "retried": settling.retried,
        "capture": asdict(settling.capture) if settling.capture else None,
        "received": settling.received,
    }


def settling_from_json(value: dict[str, Any]) -> Settling:
    """Read the settlement memory from its column."""
    return Settling(
        open=_open_attempt(value["open"]) if value["open"] else None,
        abandoned=tuple(
            AbandonedAttempt(item["number"], tuple(item["payment_methods"]))
            for item in value["abandoned"]
        ),
        counted=tuple(value["counted"]),
        held=tuple(_charge(item) for item in value["held"]),
        asks=value["asks"],
        tries=value["tries"],
        seen_status=value["seen_status"],
        retry=_retry_from_json(value.get("retry")),
        retried=value.get("retried", 0),
        capture=_wish(value.get("capture")),
        received=value.get("received"),
    )


def intention_to_json(intention: Intention | None) -> dict[str, Any] | None:
    """Write an intention as the JSON its column holds."""
    return asdict(intention) if intention else None


def intention_from_json(value: dict[str, Any] | None) -> Intention | None:
    """Read an intention from its column."""
    return Intention(**{**value, "actor": Actor(**value["actor"])}) if value else None


def _charge(value: dict[str, Any]) -> ChargeView:
    """Read a charge that was written with ``dataclasses.asdict``."""
    return ChargeView(
        **{**value, "card": _card(value["card"]), "failure": _failure(value["failure"])}
    )


def _open_attempt(value: dict[str, Any]) -> OpenAttempt:
    return OpenAttempt(
        number=value["number"],
        payment_methods=tuple(value["payment_methods"]),
        answer=value["answer"],
        charge_before=value["charge_before"],
        undecided=_failure(value["undecided"]),
        # Attempts that an older version opened have none.
        declined_card=value.get("declined_card"),
    )


def _retry_to_json(retry: PlannedRetry | None) -> dict[str, Any] | None:
    return {"attempt": retry.attempt, "at": retry.at.isoformat()} if retry else None


def _retry_from_json(value: dict[str, Any] | None) -> PlannedRetry | None:
    return PlannedRetry(value["attempt"], datetime.fromisoformat(value["at"])) if value else None


def _wish(value: dict[str, Any] | None) -> WishedCapture | None:
    return WishedCapture(**value) if value else None


def _failure(value: dict[str, Any] | None) -> Failure | None:
    return Failure(**{**value, "card": _card(value["card"])}) if value else None


def _card(value: dict[str, Any] | None) -> CardView | None:
    return CardView(**value) if value else None
