"""How far a card is out of use: the scopes, what names them, and the rows that say so. Pure.

A card is known by its fingerprint, under every id it comes by; a scope may add its expiry date or
its customer, or be one id alone. Each is one string, so that the database can keep it unique.
"""

from datetime import datetime
from typing import Any, Final

from orchestrator.gateway.views import CardView
from orchestrator.payment import Actor, Payment

Row = dict[str, Any]

# Whom a disablement reaches that is no one owner's: a card whose customer was made elsewhere may be
# tried by any of them, and by owners to come. No API key can have this name.
EVERYBODY: Final = ""
# Why a card is out of use that its customer no longer keeps.
DETACHED: Final = "detached"


def scope_key(scope: str, card: CardView, customer_or_payment: str) -> str:
    """Name what a disablement covers, in one string that can be unique.

    A card without a fingerprint is known by its payment method id alone.
    """
    identity = card.fingerprint or card.payment_method
    if scope == "payment_method":
        return f"{scope}:{card.payment_method}"
    if scope == "fingerprint_and_expiry":
        return f"{scope}:{identity}:{card.exp_month}:{card.exp_year}"
    if scope == "customer_and_fingerprint":
        return f"{scope}:{customer_or_payment}:{identity}"
    return f"fingerprint:{identity}"


def scope_keys(card: CardView, customer: str | None, payment_id: str) -> tuple[str, ...]:
    """List every key under which a card could be out of use for this payment."""
    return (
        scope_key("payment_method", card, payment_id),
        scope_key("fingerprint", CardView(card.payment_method), payment_id),
        scope_key("fingerprint", card, payment_id),
        scope_key("fingerprint_and_expiry", card, payment_id),
        scope_key("customer_and_fingerprint", card, customer or payment_id),
    )


def single_payments(card: CardView) -> str:
    """Return what matches, by ``LIKE … ESCAPE '/'``, each scope of a card that is one payment's."""
    key = scope_key("customer_and_fingerprint", card, "pay_")
    for sign in "/%_":
        key = key.replace(sign, f"/{sign}")
    return key.replace("pay/_", "pay/_%", 1)


def disablement_row(
    payment: Payment, card: CardView, scope: str, reason: str, now: datetime
) -> Row:
    """Return the row by which a payment takes a card out of use, as far as the rule reaches."""
    return {
        "owner": payment.owner,
        "scope_key": scope_key(scope, card, payment.customer or payment.id),
        "scope": scope,
        "payment_method": card.payment_method,
        "payment_id": payment.id,
        "reason": reason,
        "disabled_at": now,
    }


def disabled_by(
    actor: Actor,
    card: CardView,
    owner: str | None,
    scope: str,
    reason: str,
    now: datetime,
    *,
    request_id: str | None = None,
) -> Row:
    """Return the row by which somebody takes a card out of use; no owner is everybody."""
    whose = EVERYBODY if owner is None else owner
    return {
        "owner": whose,
        "scope_key": scope_key(scope, card, whose),
        "scope": scope,
        "payment_method": card.payment_method,
        "payment_id": None,
        "reason": reason,
        "disabled_at": now,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "request_id": request_id,
    }


__all__ = [
    "DETACHED",
    "EVERYBODY",
    "disabled_by",
    "disablement_row",
    "scope_key",
    "scope_keys",
    "single_payments",
]
