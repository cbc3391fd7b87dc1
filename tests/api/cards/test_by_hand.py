"""Cards taken out of use by an administrator, and put back: on record, and done once."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from tests.api.cards.wallet import EXPIRED, REVOKED, STOLEN, Wallet, told


async def test_a_card_is_disabled_by_hand(wallet: Wallet) -> None:
    """An administrator takes a shop's card out of use: it is not listed and not tried."""
    card = await wallet.keep("pm_card_visa")
    answer = await wallet.by_hand("disable", card, "reported by phone")
    refused = await wallet.api.confirm(await wallet.api.create(), card)

    assert answer.status_code == 200
    assert (answer.json()["usable"], answer.json()["disabled_reason"]) == (
        False,
        "reported by phone",
    )
    assert await wallet.ids() == []
    assert told(refused) == (409, "card_disabled")


async def test_a_card_is_enabled_by_hand(wallet: Wallet) -> None:
    """An administrator puts a card back that a payment disabled, and it pays."""
    card = await wallet.keep("pm_card_visa")
    await wallet.by_hand("disable", card, "a mistake")
    answer = await wallet.by_hand("enable", card, "it was a mistake")
    paid = await wallet.pay(card)

    assert (answer.status_code, answer.json()["usable"]) == (200, True)
    assert await wallet.ids() == [card]
    assert paid["state"] == "succeeded"


async def test_what_a_payment_disabled_is_enabled_by_hand(wallet: Wallet) -> None:
    """Whatever the scope of its disablement, the card is usable again."""
    for kind in (STOLEN, EXPIRED, REVOKED):
        card = await wallet.keep(kind)
        await wallet.pay(card)
        answer = await wallet.by_hand("enable", card, "the issuer says it is fine")

        assert answer.json()["usable"] is True, kind


async def test_both_are_on_record(wallet: Wallet) -> None:
    """Who took a card out of use and who put it back stands with the reason and the request."""
    card = await wallet.keep("pm_card_visa")
    disabled = await wallet.by_hand("disable", card, "reported")
    enabled = await wallet.by_hand("enable", card, "found again")
    (row,) = await wallet.record()

    assert (row["owner"], row["reason"], row["enabled_reason"]) == (
        "shop",
        "reported",
        "found again",
    )
    assert (row["actor_kind"], row["enabled_actor_kind"]) == ("api_key", "api_key")
    assert row["actor_id"] == row["enabled_actor_id"] != ""
    assert row["request_id"] == disabled.headers["Request-Id"]
    assert row["enabled_request_id"] == enabled.headers["Request-Id"]
    assert row["payment_id"] is None


async def test_again_is_no_news(wallet: Wallet) -> None:
    """Disabling a disabled card and enabling a usable one change nothing."""
    card = await wallet.keep("pm_card_visa")
    first = await wallet.by_hand("disable", card, "one")
    second = await wallet.by_hand("disable", card, "two")
    for _ in range(2):
        usable = await wallet.by_hand("enable", card, "three")

    assert second.json() == first.json()
    assert usable.json()["usable"] is True
    assert len(await wallet.record()) == 1


async def test_ten_at_once_disable_once(wallet: Wallet) -> None:
    """Ten administrators at the same moment leave one row on record, and all are told so."""
    card = await wallet.keep("pm_card_visa")
    answers = await asyncio.gather(
        *(wallet.by_hand("disable", card, f"reason {number}") for number in range(10))
    )

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["disabled_reason"] for answer in answers}) == 1
    assert len(await wallet.record()) == 1


async def test_the_same_request_is_done_once(wallet: Wallet) -> None:
    """Sent again after the card was enabled, a disable does not disable it again."""
    card = await wallet.keep("pm_card_visa")
    await wallet.by_hand("disable", card, "reported", idempotency_key="d")
    await wallet.by_hand("enable", card, "found again")
    again = await wallet.by_hand("disable", card, "reported", idempotency_key="d")

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["usable"] is True


async def test_what_is_out_of_use_is_so_while_it_cannot_be_looked_up(wallet: Wallet) -> None:
    """Stripe does not show the card, and its very id is on record: it is not tried."""
    card = await wallet.keep("pm_card_visa")
    await wallet.by_hand("disable", card, "reported")
    payment = await wallet.api.create(customer=wallet.customer)
    await wallet.api.world.fault("rate_limit_429", "payment_methods.retrieve")
    refused = await wallet.api.confirm(payment, card)

    assert told(refused) == (409, "card_disabled")


async def test_enabling_does_not_bring_back_a_detached_card(wallet: Wallet) -> None:
    """Stripe does not take a detached card again, whatever an administrator says."""
    card = await wallet.keep("pm_card_visa")
    await wallet.by_hand("disable", card, "reported")
    await wallet.detach(card)
    answer = await wallet.by_hand("enable", card, "found again")
    refused = await wallet.api.confirm(await wallet.api.create(), card)

    assert (answer.json()["usable"], answer.json()["disabled_reason"]) == (False, "detached")
    assert told(refused) == (409, "card_disabled")


async def test_the_log_tells_what_was_done_by_hand(wallet: Wallet) -> None:
    """Each change is one line with who, why and in which request; nothing changed, no line."""
    card = await wallet.keep("pm_card_visa")
    with capture_logs() as lines:
        for verb in ("disable", "disable", "enable", "enable"):
            await wallet.by_hand(verb, card, "reported")
        for _ in range(2):
            await wallet.detach(card)
    by_hand = [line for line in lines if line.get("payment_method") == card]

    assert [line["event"] for line in by_hand] == [
        "card_disabled_by_hand",
        "card_enabled_by_hand",
        "card_detached",
    ]
    assert {line["owner"] for line in by_hand} == {"shop"}
    assert all(line["actor"] and line["request_id"] for line in by_hand)


@pytest.mark.parametrize("verb", ["disable", "enable"])
async def test_only_an_administrator_may(wallet: Wallet, verb: str) -> None:
    """Other keys may not, whoever's card it is."""
    card = await wallet.keep("pm_card_visa")
    _, audit = await wallet.api.key("shop", "audit")
    answers = [
        await wallet.by_hand(verb, card, "x", secret=secret)
        for secret in (wallet.api.secret, audit)
    ]

    assert [told(answer) for answer in answers] == [(403, "forbidden")] * 2
    assert await wallet.record() == []


@pytest.mark.parametrize("verb", ["disable", "enable"])
async def test_an_unknown_card_is_not_found(wallet: Wallet, verb: str) -> None:
    """What Stripe does not know cannot be taken out of use."""
    assert told(await wallet.by_hand(verb, "pm_nobody", "x")) == (404, "not_found")
