"""Idempotency keys: what is answered again, and what a key may not be used for."""

from typing import Any

import stripe

from tests.conformance.sides import Side, headers_of, refusal, with_key

FORM: Any = {"amount": 1000, "currency": "usd", "payment_method_types": ["card"]}


def test_a_create_is_answered_again(side: Side, key: str) -> None:
    """The same key and parameters give the first answer again, and say so."""
    create = side.v1.payment_intents.create
    first = create(FORM, with_key(key))
    again = create(FORM, with_key(key))

    assert again.id == first.id
    assert "idempotent-replayed" not in headers_of(first)
    assert headers_of(again)["idempotent-replayed"] == "true"
    assert headers_of(again)["original-request"] == headers_of(first)["request-id"]


def test_a_confirm_is_carried_out_once(side: Side, key: str) -> None:
    """A confirm sent twice charges once."""
    intent = side.intent()
    first = side.confirm(intent.id, "pm_card_visa", key=key)
    again = side.confirm(intent.id, "pm_card_visa", key=key)
    charges = side.v1.charges.list({"payment_intent": intent.id})

    assert again.latest_charge == first.latest_charge
    assert headers_of(again)["idempotent-replayed"] == "true"
    assert len(charges.data) == 1


def test_a_decline_is_answered_again(side: Side, key: str) -> None:
    """A 402 is kept under its key, and the card is not tried again."""
    intent = side.intent()
    card = "pm_card_visa_chargeDeclined"
    first = side.refused_confirm(intent.id, card, key=key)
    again = side.refused_confirm(intent.id, card, key=key)

    assert (again.status, again.error.charge) == (402, first.error.charge)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(side.v1.charges.list({"payment_intent": intent.id}).data) == 1


def test_a_new_key_tries_again(side: Side, key: str) -> None:
    """The same confirm under another key is another try."""
    intent = side.intent()
    card = "pm_card_visa_chargeDeclined"
    first = side.refused_confirm(intent.id, card, key=key)
    second = side.refused_confirm(intent.id, card, key=f"{key}-2")

    assert second.error.charge != first.error.charge
    assert "idempotent-replayed" not in second.headers


def test_a_key_means_its_parameters(side: Side, key: str) -> None:
    """The same key with other parameters is an idempotency error."""
    create = side.v1.payment_intents.create
    create(FORM, with_key(key))
    other: Any = {**FORM, "amount": 2000}
    refused = refusal(lambda: create(other, with_key(key)))

    assert isinstance(refused.raised, stripe.IdempotencyError)
    assert (refused.status, refused.error.type) == (400, "idempotency_error")


def test_a_key_means_its_endpoint(side: Side, key: str) -> None:
    """The same key at another endpoint is an idempotency error."""
    intent = side.intent()
    side.confirm(intent.id, "pm_card_visa", key=key)
    refused = refusal(lambda: side.v1.payment_intents.cancel(intent.id, {}, with_key(key)))

    assert isinstance(refused.raised, stripe.IdempotencyError)
    assert refused.status == 400


def test_a_bad_request_does_not_use_its_key_up(side: Side, key: str) -> None:
    """A request that failed validation leaves its key to the corrected one."""
    create = side.v1.payment_intents.create
    incomplete: Any = {"amount": 1000}
    refused = refusal(lambda: create(incomplete, with_key(key)))
    made = create(FORM, with_key(key))

    assert refused.error.code == "parameter_missing"
    assert made.status == "requires_payment_method"
    assert "idempotent-replayed" not in headers_of(made)
