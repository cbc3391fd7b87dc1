"""Explanations over HTTP, of payments that really went that way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api

FIELDS = [
    "object",
    "payment",
    "state",
    "handled",
    "summary",
    "rule",
    "allowed_events",
    "attempts_left",
    "max_attempts",
    "deadline",
    "deadline_effect",
    "excluded_cards",
    "next_steps",
]


async def explain(api: Api, payment: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Ask why a payment is where it is."""
    answer = await api.get(f"/v1/payments/{payment['id']}/explain", **more)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_a_new_payment(api: Api) -> None:
    """A new payment is explained with every documented field, and no rule yet."""
    payment = await api.create()

    document = await explain(api, payment)

    assert list(document) == FIELDS
    assert (document["object"], document["payment"]) == ("explanation", payment["id"])
    assert (document["state"], document["handled"], document["rule"]) == ("created", False, None)
    assert document["allowed_events"] == ["confirm", "cancel", "expire"]
    assert document["deadline"] == payment["expires_at"]


async def test_a_disabled_card(api: Api) -> None:
    """A decline is explained with the row that decided it and the card that is out of use."""
    payment = await api.create()
    declined = (await api.confirm(payment, "pm_card_visa_chargeDeclinedLostCard")).json()
    last = (await api.get(f"/v1/payments/{payment['id']}/history")).json()["data"][-1]

    document = await explain(api, payment)

    assert document["rule"] == {
        "code": "card_declined",
        "decline_code": "lost_card",
        "handler": "disable_card",
        "meaning": "reported lost",
        "completed": True,
        "requires_retry": True,
        "event": "disable_card",
        "rules_version": last["rules_version"],
        "version": None,
    }
    assert document["excluded_cards"] == declined["excluded_cards"] != []
    assert (document["attempts_left"], document["max_attempts"]) == (3, 4)
    assert any("Do not tell the customer" in step for step in document["next_steps"])


async def test_a_challenge(api: Api) -> None:
    """A challenge is explained without the address it is answered at, which holds a secret."""
    payment = await api.create()
    body = {
        "payment_method": "pm_card_threeDSecure2Required",
        "return_url": "https://shop.example/back",
    }
    confirmed = await api.post(f"/v1/payments/{payment['id']}/confirm", body)
    address = confirmed.json()["next_action"]["redirect_to_url"]["url"]

    answer = await api.get(f"/v1/payments/{payment['id']}/explain")

    assert "(redirect_to_url)" in " ".join(answer.json()["next_steps"])
    assert address not in answer.text
    assert payment["client_secret"] not in answer.text


async def test_a_challenge_that_was_passed_meanwhile(api: Api) -> None:
    """Until Stripe is asked again nothing is claimed of a challenge: it may be passed and paid."""
    payment = await api.create()
    await api.confirm(payment, "pm_card_threeDSecure2Required")
    before = await explain(api, payment)
    await api.world.authenticate(await api.world.payments.get(payment["id"], None), "succeed")
    paid = await explain(api, payment)
    await api.post(f"/v1/payments/{payment['id']}/refresh")
    known = await explain(api, payment)

    assert before["summary"] == paid["summary"]
    assert "Whether the card has been charged since is not known" in paid["summary"]
    assert any("Do not charge the customer in another way" in step for step in paid["next_steps"])
    assert any("You can refresh" in step for step in paid["next_steps"])
    assert "The payment is paid" in known["summary"]


@pytest.mark.parametrize("object", ["payment", "explanation"])
async def test_excluded_cards_are_told_to_be_of_then(api: Api, object: str) -> None:
    """The document says that a card may stand otherwise by now, and what tells how it stands."""
    document = (await api.get("/openapi.json")).json()
    shown = document["components"]["schemas"][object]["properties"]["excluded_cards"]

    assert "took out of use when they were declined" in shown["description"]
    assert "How a card stands now" in shown["description"]


async def test_an_unknown_outcome(api: Api) -> None:
    """While Stripe has not answered nothing is claimed; the deadline says how it is settled."""
    payment = await api.create()
    await api.world.fault("drop_before")
    await api.confirm(payment)

    document = await explain(api, payment)

    assert "not known" in document["summary"]
    assert document["deadline"] is not None
    assert "canceled at Stripe to settle it" in document["deadline_effect"]


async def test_a_cancellation_that_cannot_be_yet(api: Api) -> None:
    """While a wish to end stands, it is what is explained."""
    payment = await api.create()
    await api.world.fault("drop_before", "payment_intents.cancel", times=None)
    await api.post(f"/v1/payments/{payment['id']}/cancel", {"reason": "abandoned"})

    document = await explain(api, payment)

    assert (document["state"], document["deadline"]) == ("created", None)
    assert "is being ended" in document["summary"]
    assert "abandoned" in document["summary"]


async def test_a_payment_past_its_time(api: Api) -> None:
    """A payment that nobody has ended yet, though its time is over, says so; then it is failed."""
    payment = await api.create()
    api.world.clock.advance(86400)
    over = await explain(api, payment)
    await api.world.work()
    ended = await explain(api, payment)

    assert "time was over" in over["summary"]
    assert (ended["state"], ended["rule"], ended["deadline"]) == ("failed", None, None)
    assert "its time was over before a card was known to be accepted" in ended["summary"]


@pytest.mark.parametrize("event", ["succeed", "fail"])
async def test_a_handled_payment(api: Api, event: str) -> None:
    """A handled payment is explained by what ended it, and nothing is allowed any more."""
    payment = await api.create(max_attempts=1)
    declined = "pm_card_visa_chargeDeclinedInsufficientFunds"
    await api.confirm(payment, "pm_card_visa" if event == "succeed" else declined)

    document = await explain(api, payment)

    assert (document["handled"], document["allowed_events"]) == (True, [])
    assert (document["rule"]["event"], document["deadline"]) == (event, None)


@pytest.mark.parametrize(
    ("name", "scope", "status"),
    [
        ("shop", "payments", 200),
        ("other", "payments", 404),
        ("auditor", "audit", 200),
        ("other", "admin", 200),
    ],
)
async def test_who_may_ask(api: Api, name: str, scope: str, status: int) -> None:
    """The owner may ask, and whoever reads everything; for others there is no such payment."""
    payment = await api.create()
    _, secret = await api.key(name, scope)

    answer = await api.get(f"/v1/payments/{payment['id']}/explain", secret=secret)

    assert answer.status_code == status
