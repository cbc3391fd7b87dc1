"""Tries a declined card again by itself, when its time has come and nothing happened meanwhile.

The retry is a confirm like any other: it passes the same refusals, spends an attempt, and is sent
under that attempt's own key. The caller's wishes come first: whoever moves the payment meanwhile
ends the plan, and of two at the same moment the database takes one.
"""

from datetime import datetime
from typing import Any

import structlog

from orchestrator.card_caps import LONGEST_WINDOW
from orchestrator.driver import Driver
from orchestrator.errors import Refused, WriteConflict
from orchestrator.gateway.views import IntentStatus, Reply
from orchestrator.payment import Actor, Payment, PlannedRetry
from orchestrator.refusals import refuse_confirm
from orchestrator.requests import card_row
from orchestrator.settle import Source, drop_retry, open_attempt
from orchestrator.store.claims import find_parameters
from orchestrator.store.requests import ConfirmView, view_confirm
from orchestrator.usable_card import declined_card, usable_card

log = structlog.get_logger("orchestrator.automatic_retry")


def retry_is_due(payment: Payment, now: datetime) -> bool:
    """Tell whether a payment's card is to be tried again now."""
    planned = payment.settling.retry
    free = payment.waiting and payment.intention is None and now < payment.expires_at
    return free and planned is not None and now >= planned.at


async def retry_card(driver: Driver, payment: Payment, actor: Actor) -> Payment:
    """Try the card of the planned attempt again, unless its time is past after all.

    The intent is read first: what a browser did with it meanwhile is settled, and while a customer
    is at it there the retry waits.
    """
    planned = payment.settling.retry
    assert planned is not None, "only a planned retry is made"
    reply = await driver.gateway.read_intent(payment.payment_intent)
    payment = await driver.settle_read(payment, reply, None, actor, None)
    if not _untouched(reply) or payment.settling.retry != planned:
        return payment
    parameters = await driver.database.read(find_parameters, payment.id, planned.attempt)
    try:
        payment = await _open(driver, payment, planned, parameters, actor)
    except WriteConflict:
        # Somebody moved the payment; the plan ended with that.
        return await driver.load(payment.id)
    if payment.settling.open is None:
        return payment
    key = f"{payment.id}:confirm:{payment.attempts_used}"
    return await driver.send(payment, key, parameters, source=Source.answer, actor=actor)


def _untouched(reply: Reply) -> bool:
    """Tell whether nobody is at the intent: it wants a payment method, as after a decline."""
    status = reply.intent.status if reply.intent is not None else None
    return status == IntentStatus.requires_payment_method


async def _open(
    driver: Driver,
    payment: Payment,
    planned: PlannedRetry,
    parameters: dict[str, Any],
    actor: Actor,
) -> Payment:
    """Spend the attempt, or give the plan up where the card may not be tried now.

    Raises:
        WriteConflict: another writer was first.
    """
    card_id: str = parameters["payment_method"]
    since = driver.clock() - LONGEST_WINDOW
    view = await driver.database.read(view_confirm, payment.owner, payment.id, "", card_id, since)
    assert view is not None, "a payment does not go away"
    if view.payment.settling.retry != planned:
        raise WriteConflict(payment.id)
    if view.payment.settling.retried >= driver.rules.auto_retries:
        return await _give_up(driver, view, "switched_off", actor)
    try:
        refuse_confirm(view.payment, driver.clock())
        card = await usable_card(driver, view, card_id)
        declined = await declined_card(driver, view, card)
    except Refused as refusal:
        return await _give_up(driver, view, refusal.code, actor)
    now = driver.clock()
    change = open_attempt(
        view.payment,
        parameters=parameters,
        now=now,
        timing=driver.timing,
        actor=actor,
        request_id=None,
        rules_version=driver.rules.rules_version,
        cards=(card_row(payment.owner, card, now),) if card else (),
        declined_card=declined,
        automatic=True,
    )
    return await driver.write(change)


async def _give_up(driver: Driver, view: ConfirmView, why: str, actor: Actor) -> Payment:
    log.info("automatic_retry_given_up", payment=view.payment.id, reason=why)
    return await driver.write(
        drop_retry(
            view.payment,
            actor=actor,
            now=driver.clock(),
            rules_version=driver.rules.rules_version,
        )
    )
