"""What the shop does with one payment, and what must be so meanwhile; one play each."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from orchestrator.demo.processes import Deployment
from orchestrator.demo.shop import POLL_SECONDS, Json, Shop, StandIn, expect


@dataclass(frozen=True, slots=True)
class Stage:
    """What a scenario acts on."""

    shop: Shop
    stand_in: StandIn
    deployment: Deployment


Play = Callable[[Stage], Awaitable[Json]]


def cards(*tried: str, **fields: Any) -> Play:
    """Try cards in turn on one payment."""

    async def play(stage: Stage) -> Json:
        payment = await stage.shop.create(**fields)
        for card in tried:
            payment = await stage.shop.pay(payment, card)
        return payment

    return play


async def cancel_untried(stage: Stage) -> Json:
    """Cancel before any card was tried."""
    return await stage.shop.cancel(await stage.shop.create())


async def cancel_after_decline(stage: Stage) -> Json:
    """Cancel while the customer looks for another card."""
    declined = await cards("pm_sim_card_velocity_exceeded__1")(stage)
    return await stage.shop.cancel(declined)


async def correct_the_code(stage: Stage) -> Json:
    """Be told that the same card may be tried again, with its details corrected."""
    payment = await cards("pm_sim_incorrect_cvc__1")(stage)
    outcome = payment["last_outcome"]
    expect(outcome["same_card_allowed"], f"the same card should be allowed: {outcome}")
    return await stage.shop.pay(payment, "pm_card_visa")


async def try_later(stage: Stage) -> Json:
    """Be told when the same card may be tried again."""
    payment = await cards("pm_sim_issuer_not_available__1")(stage)
    outcome = payment["last_outcome"]
    allowed = outcome["same_card_allowed"] and outcome["retry_not_before"]
    expect(bool(allowed), f"the same card should be allowed, later: {outcome}")
    return await stage.shop.pay(payment, "pm_card_mastercard")


async def refuse_disabled_card(stage: Stage) -> Json:
    """Offer an expired card a second time: it is refused before Stripe is asked."""
    card = "pm_sim_expired_card__1"
    payment = await cards(card)(stage)
    again = await stage.shop.confirm(payment, card)
    refusal = (again.status, again.body.get("code"))
    expect(refusal == (409, "card_disabled"), f"the card should be refused: {again.body}")
    return await stage.shop.pay(payment, "pm_card_visa")


def challenged(outcome: str, *then: str) -> Play:
    """Be asked for 3-D Secure, and pass or fail it."""

    async def play(stage: Stage) -> Json:
        payment = await cards(f"pm_sim_requires_action__{outcome}")(stage)
        expect(bool(payment["next_action"]), f"3-D Secure should be asked for: {payment}")
        await stage.stand_in.authenticate(payment, outcome)
        payment = await stage.shop.refresh(payment)
        for card in then:
            payment = await stage.shop.pay(payment, card)
        return payment

    return play


async def abandon_challenge(stage: Stage) -> Json:
    """Leave 3-D Secure open and take another card instead."""
    payment = await cards("pm_sim_requires_action__left")(stage)
    return await stage.shop.pay(payment, "pm_card_visa")


async def come_back(stage: Stage) -> Json:
    """Charge without the customer; the bank wants to see him, who comes and uses the same card."""
    card = "pm_card_authenticationRequired"
    payment = await stage.shop.create()
    answer = await stage.shop.confirm(payment, card, off_session=True)
    payment = await stage.shop.settled(answer.body)
    outcome = payment["last_outcome"]
    expect(outcome["same_card_allowed"], f"the same card should be allowed: {outcome}")
    payment = await stage.shop.pay(payment, card)
    await stage.stand_in.authenticate(payment, "succeed")
    return await stage.shop.refresh(payment)


async def leave_the_challenge(stage: Stage) -> Json:
    """Be asked for 3-D Secure, and never come back."""
    return await cards("pm_sim_requires_action__forgotten")(stage)


async def send_everything_twice(stage: Stage) -> Json:
    """Repeat both requests under their keys, as after a timeout of the shop's own."""
    create_key, confirm_key = stage.shop.new_key(), stage.shop.new_key()
    payment = await stage.shop.create(key=create_key)
    again = await stage.shop.create(key=create_key)
    expect(payment["id"] == again["id"], "a repeated create made another payment")
    first = await stage.shop.confirm(payment, "pm_card_visa", key=confirm_key)
    second = await stage.shop.confirm(payment, "pm_card_visa", key=confirm_key)
    expect((first.replayed, second.replayed) == (False, True), "a repeat was not told as one")
    return second.body


async def confirm_twice_at_once(stage: Stage) -> Json:
    """Press the button twice: one confirmation is sent, the other refused."""
    payment = await stage.shop.create()
    await stage.stand_in.break_confirm(payment, "latency", seconds=0.5)
    answers = await asyncio.gather(*(stage.shop.confirm(payment, "pm_card_visa") for _ in range(2)))
    refused = sorted(answer.status for answer in answers)[1]
    expect(refused == 409, f"one of two confirmations should be refused: {answers}")
    return await stage.shop.settled(await stage.shop.get(f"/v1/payments/{payment['id']}"))


async def pay_in_browser(stage: Stage) -> Json:
    """Pay on the shop's page with the client secret; the orchestrator hears of it afterwards."""
    payment = await stage.shop.create()
    await stage.stand_in.pay_in_browser(payment, "pm_card_visa")
    return await stage.shop.refresh(payment)


async def hear_of_it(stage: Stage) -> Json:
    """Pay on the shop's page and ask nothing: Stripe's webhook tells, and the history cites it."""
    payment = await stage.shop.create()
    await stage.stand_in.pay_in_browser(payment, "pm_card_visa")
    payment = await stage.shop.ended(payment)
    rows = (await stage.shop.get(f"/v1/payments/{payment['id']}/history"))["data"]
    expect(bool(rows[-1]["stripe_event_id"]), f"no event is cited: {rows[-1]}")
    return payment


def lose_the_answer(kind: str, **details: Any) -> Play:
    """Have Stripe's answer lost: the outcome is unknown until a worker has found it out."""

    async def play(stage: Stage) -> Json:
        payment = await stage.shop.create()
        await stage.stand_in.break_confirm(payment, kind, **details)
        answer = await stage.shop.confirm(payment, "pm_card_visa")
        known = (answer.status, answer.body["state"])
        expect(known == (202, "confirming"), f"the outcome should be unknown: {known}")
        return await stage.shop.settled(answer.body)

    return play


async def find_a_decline(stage: Stage) -> Json:
    """Have the answer to a decline lost: it is found out, and counted once."""
    payment = await stage.shop.create()
    await stage.stand_in.break_confirm(payment, "drop_after")
    payment = await stage.shop.pay(payment, "pm_sim_stolen_card__1")
    return await stage.shop.pay(payment, "pm_card_visa")


async def leave_it(stage: Stage) -> Json:
    """Create a payment and never come back: it expires."""
    return await stage.shop.create()


async def kill_the_server(stage: Stage) -> Json:
    """Kill the API between Stripe's charge and its answer, and start it again.

    The caller goes on while a worker finds out what became of the charge.
    """
    payment = await stage.shop.create()
    await stage.stand_in.break_confirm(payment, "latency", seconds=5, when="after")
    confirming = asyncio.create_task(stage.shop.confirm(payment, "pm_card_visa"))
    while not await stage.stand_in.charged(payment):
        expect(not confirming.done(), "the confirmation ended before the server was killed")
        await asyncio.sleep(POLL_SECONDS)
    stage.deployment.kill_server()
    lost = await asyncio.gather(confirming, return_exceptions=True)
    expect(isinstance(lost[0], aiohttp.ClientError), f"the shop should hear nothing: {lost}")
    await stage.deployment.start_server()
    return payment


async def choose_among_saved_cards(stage: Stage) -> Json:
    """Try a customer's saved card that has expired, fetch the cards again, and take another."""
    shop = stage.shop
    customer = await shop.create_customer()
    good = await shop.save_card(customer, "pm_card_visa")
    expired = await shop.save_card(customer, "pm_sim_expired_card__2")
    offered = await shop.cards(customer)
    expect(offered == [expired, good], f"both cards should be offered: {offered}")
    payment = await shop.pay(await shop.create(customer=customer["id"]), expired)
    offered = await shop.cards(customer)
    expect(offered == [good], f"the disabled card should be gone: {offered}")
    return await shop.pay(payment, offered[0])


async def renew_a_saved_card(stage: Stage) -> Json:
    """Give a card that is out of use for its expiry a new date, and pay with it."""
    shop = stage.shop
    customer = await shop.create_customer()
    card = await shop.save_card(customer, "pm_sim_expired_card__3")
    payment = await shop.pay(await shop.create(customer=customer["id"]), card)
    expect(await shop.cards(customer) == [], "the expired card should be gone")
    renewed = await shop.post(f"/v1/cards/{card}", {"exp_year": 2040})
    expect(renewed.status == 200, f"the update answered {renewed.status}: {renewed.body}")
    expect(await shop.cards(customer) == [card], "the renewed card should be back")
    return await shop.pay(payment, card)


async def give_part_back(stage: Stage) -> Json:
    """Give a part back; more than is left is refused, and the payment stays as it is."""
    payment = await cards("pm_card_visa")(stage)
    path = f"/v1/payments/{payment['id']}"
    refund = await stage.shop.post(f"{path}/refunds", {"amount": 500})
    done = (refund.status, refund.body.get("state"))
    expect(done == (201, "succeeded"), f"the refund should be made: {refund.body}")
    more = await stage.shop.post(f"{path}/refunds", {"amount": 1501})
    refusal = (more.status, more.body.get("code"))
    expect(refusal == (409, "refund_too_large"), f"no more than is left goes back: {more.body}")
    payment = await stage.shop.get(path)
    expect(payment["amount_refunded"] == 500, f"the payment should show it: {payment}")
    return payment


async def take_part_later(stage: Stage) -> Json:
    """Hold the money, and take a part of it once the order is packed."""
    payment = await stage.shop.create(capture_method="manual")
    held = (await stage.shop.confirm(payment, "pm_card_visa")).body
    expect(held["awaits_capture"], f"the money should be held: {held}")
    taken = await stage.shop.post(
        f"/v1/payments/{payment['id']}/capture", {"amount_to_capture": 1500}
    )
    expect(taken.status == 200, f"the capture answered {taken.status}: {taken.body}")
    return taken.body
