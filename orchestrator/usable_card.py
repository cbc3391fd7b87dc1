"""Which cards may be tried: known to Stripe, a card at all, neither out of use nor worn out."""

from dataclasses import replace

from orchestrator.card_caps import LONGEST_WINDOW
from orchestrator.card_scopes import scope_keys
from orchestrator.driver import Driver
from orchestrator.errors import CardAttemptsExhausted, CardDisabled, CardUnknown
from orchestrator.gateway.views import CardReply, CardView, ReplyKind
from orchestrator.payment import Payment
from orchestrator.refusals import allowed_events
from orchestrator.store.card_outcomes import find_declines
from orchestrator.store.customers import find_disablements
from orchestrator.store.requests import ConfirmView, refresh_card


async def usable_card(driver: Driver, view: ConfirmView, payment_method: str) -> CardView | None:
    """Return the card to remember, or null when it is known; refuse one that may not be used.

    A card that is out of use, or another customer's, is looked up again first: it may have been
    renewed at Stripe since, or given away. Where Stripe cannot be asked, an unseen card is tried
    all the same, unless its very id is out of use, and Stripe refuses it if it must.

    Raises:
        CardUnknown: Stripe does not know the id, or it is no card, or another customer's.
        CardDisabled: the card is out of use.
    """
    if view.card is not None and view.disabled_reason is None and _fits(view.card, view.payment):
        return None
    card = card_of(await driver.gateway.retrieve_card(payment_method), payment_method)
    known = card or view.card
    if known is None and view.disabled_reason is None:
        return None
    # Where nothing more is known, what is on record of the very id counts.
    reason = (
        await _disabled_reason(driver, view.payment, known)
        if known is not None
        else view.disabled_reason
    )
    if reason is not None:
        raise CardDisabled(
            f"The card is out of use ({reason}). Fetch the customer's cards again and ask "
            "for another one.",
            state=view.payment.state,
            allowed_events=allowed_events(view.payment),
            param="payment_method",
        )
    if known is not None and not _fits(known, view.payment):
        raise CardUnknown(
            "The card is kept by a customer who is not the payment's, and Stripe would not take "
            "it. Create the payment with that customer, or try another card.",
            param="payment_method",
        )
    if view.card is not None and card is not None:
        now = driver.clock()
        await driver.database.write(refresh_card, view.payment.owner, card, now)
    return card


async def declined_card(
    driver: Driver, view: ConfirmView, looked_up: CardView | None
) -> str | None:
    """Return the card's fingerprint where declines of it are counted; refuse one with too many.

    What is in flight is not counted: of several confirms of one card at the same moment, as many
    may be too many.

    Raises:
        CardAttemptsExhausted: it has been declined too often since its last approval.
    """
    card = looked_up or view.card
    if card is None or card.fingerprint is None or (looked_up is None and not view.declines):
        return None
    few = driver.caps.smallest is None or view.declines < driver.caps.smallest
    if looked_up is None and few:
        return card.fingerprint
    now = driver.clock()
    declines = await driver.database.read(
        find_declines, card.fingerprint, now - LONGEST_WINDOW, driver.caps.largest
    )
    free_from = driver.caps.free_from(declines, now)
    if free_from is not None:
        raise CardAttemptsExhausted(
            free_from,
            now,
            state=view.payment.state,
            allowed_events=allowed_events(view.payment),
            param="payment_method",
        )
    return card.fingerprint if declines else None


def _fits(card: CardView, payment: Payment) -> bool:
    """Tell whether the payment may take the card: it is nobody's, or the payment's customer's."""
    return card.customer is None or card.customer == payment.customer


async def _disabled_reason(driver: Driver, payment: Payment, card: CardView) -> str | None:
    keys = list(scope_keys(card, payment.customer, payment.id))
    found = await driver.database.read(find_disablements, payment.owner, keys)
    return found[0].reason if found else None


def card_of(reply: CardReply, payment_method: str) -> CardView | None:
    """Read the reply to a card's look-up; null where Stripe could not be asked.

    Raises:
        CardUnknown: Stripe does not know the id, or it is no card.
    """
    if reply.kind is ReplyKind.refused:
        raise unknown_card()
    if reply.kind is not ReplyKind.answered or reply.card is None:
        return None
    refuse_other_kinds(reply.card)
    return replace(reply.card, payment_method=payment_method)


def unknown_card() -> CardUnknown:
    """Return the refusal of an id that Stripe does not know, or that is another owner's."""
    return CardUnknown(
        "Stripe knows no such payment method. Check the id, and that it was made with the "
        "same Stripe account and mode.",
        param="payment_method",
    )


def refuse_other_kinds(card: CardView) -> None:
    """Refuse a payment method of another kind.

    Raises:
        CardUnknown: it is no card.
    """
    if card.type != "card":
        raise CardUnknown(
            f"The payment method is a {card.type}; only cards are taken.",
            param="payment_method",
        )
