"""What is shown of a payment and of its history."""

from __future__ import annotations

from typing import Any

from api.shapes import payment_document, transition_document
from tests.stored_payments import new_payment

OUTCOME = {
    "code": "card_declined",
    "decline_code": "insufficient_funds",
    "advice_code": "try_again_later",
    "handler": "insufficient_funds",
    "completed": True,
    "requires_retry": True,
    "message": "Your card does not have enough funds. Please use another card.",
    "same_card_allowed": True,
    "retry_not_before": "2026-03-02T12:00:00+00:00",
    "automatic_retry": False,
}


def test_moments_are_rfc_3339_in_utc() -> None:
    """Every moment of a payment ends with Z."""
    shown = payment_document(new_payment())

    assert shown["created_at"] == "2026-03-01T12:00:00.000000Z"
    assert shown["expires_at"] == "2026-03-02T12:00:00.000000Z"


def test_the_last_outcome_is_shown_in_full() -> None:
    """The outcome has its documented members; its moment is written like every other."""
    shown = payment_document(new_payment(last_outcome={**OUTCOME, "internal": "secret"}))

    assert shown["last_outcome"] == {**OUTCOME, "retry_not_before": "2026-03-02T12:00:00.000000Z"}


def test_only_what_is_named_is_shown() -> None:
    """Excluded cards show the card and why, and nothing else the row may hold."""
    card = {"payment_method": "pm_1", "reason": "lost_card"}
    payment = new_payment(excluded_cards=({**card, "fingerprint": "f"},))

    assert payment_document(payment)["excluded_cards"] == [card]


def test_no_secret_unless_given() -> None:
    """The client secret stands in a payment only where it was read for this answer."""
    assert "client_secret" not in payment_document(new_payment())
    assert payment_document(new_payment(), "pi_secret")["client_secret"] == "pi_secret"


def test_a_transition_has_exactly_its_fields() -> None:
    """The actor is one object, and no column beyond the documented ones is shown."""
    row: dict[str, Any] = {
        "payment_id": "pay_a",
        "sequence": 1,
        "source": None,
        "event": "create",
        "target": "created",
        "prev_sequence": None,
        "attempt": None,
        "handler": None,
        "handler_error": None,
        "completed": None,
        "requires_retry": None,
        "code": None,
        "decline_code": None,
        "reason": None,
        "actor_kind": "api_key",
        "actor_id": "k1",
        "request_id": "req_1",
        "stripe_request_id": None,
        "stripe_event_id": None,
        "evidence": None,
        "evidence_status": None,
        "facts_hash": "f",
        "machine_version": "m",
        "rules_version": "r",
        "application_version": "a",
        "occurred_at": new_payment().created_at,
        "previous_hash": "0" * 64,
        "hash": "1" * 64,
    }
    shared = {
        name: value
        for name, value in row.items()
        if name
        not in {
            "payment_id",
            "prev_sequence",
            "actor_kind",
            "actor_id",
            "evidence_status",
            "facts_hash",
            "application_version",
        }
    }

    assert transition_document(row) == {
        **shared,
        "object": "transition",
        "payment": "pay_a",
        "actor": {"kind": "api_key", "id": "k1"},
        "occurred_at": "2026-03-01T12:00:00.000000Z",
    }


def test_a_reader_sees_only_what_kind_of_action_is_awaited() -> None:
    """The address of a challenge may carry a secret, so a key that only reads is not given it."""
    action = {"type": "redirect_to_url", "redirect_to_url": {"url": "https://bank.test/?secret=1"}}
    payment = new_payment(next_action=action)

    assert payment_document(payment)["next_action"] == action
    assert payment_document(payment, may_act=False)["next_action"] == {"type": "redirect_to_url"}
