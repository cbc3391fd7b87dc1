"""What a request needs to know before it may move anything, each in one round trip."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, case, false, func, insert, literal, or_, select

from orchestrator.card_scopes import EVERYBODY
from orchestrator.gateway.views import CardView
from orchestrator.payment import Payment
from orchestrator.store.one_row import Row, one_row
from orchestrator.store.rows import payment_columns, payment_from_row
from orchestrator.store.schema import (
    card_disablements,
    card_outcomes,
    cards,
    idempotency_keys,
    payments,
)


class KeyUse(NamedTuple):
    """What an Idempotency-Key stands for: a request about a payment, or about a ``resource``."""

    operation: str
    request_digest: str
    payment_id: str | None
    attempt: int | None
    resource: str | None = None


class ConfirmView(NamedTuple):
    """What a confirm is decided on. ``card`` is null while this owner has not used the card.

    ``declines`` are those of the card since a moment, in every payment.
    """

    payment: Payment
    key: KeyUse | None
    card: CardView | None
    disabled_reason: str | None
    declines: int


KEY_COLUMNS = (
    idempotency_keys.c.operation,
    idempotency_keys.c.request_digest,
    idempotency_keys.c.payment_id,
    idempotency_keys.c.attempt,
    idempotency_keys.c.resource,
)


_identity = func.coalesce(cards.c.fingerprint, cards.c.payment_method)
_holder = func.coalesce(payments.c.customer, payments.c.id)
_disabled_reason = (
    select(card_disablements.c.reason)
    .where(
        card_disablements.c.owner.in_((payments.c.owner, literal(EVERYBODY))),
        card_disablements.c.enabled_at.is_(None),
        or_(
            card_disablements.c.scope_key == literal("fingerprint:") + _identity,
            card_disablements.c.scope_key == literal("fingerprint:") + cards.c.payment_method,
            card_disablements.c.scope_key == literal("payment_method:") + cards.c.payment_method,
            card_disablements.c.scope_key
            == literal("fingerprint_and_expiry:")
            + _identity
            + ":"
            + func.coalesce(cards.c.exp_month.cast(payments.c.id.type), "None")
            + ":"
            + func.coalesce(cards.c.exp_year.cast(payments.c.id.type), "None"),
            card_disablements.c.scope_key
            == literal("customer_and_fingerprint:") + _holder + ":" + _identity,
        ),
    )
    .limit(1)
    .scalar_subquery()
)

_disabled_by_id = (
    select(card_disablements.c.reason)
    .where(
        card_disablements.c.owner.in_((payments.c.owner, literal(EVERYBODY))),
        card_disablements.c.enabled_at.is_(None),
        card_disablements.c.payment_method == bindparam("payment_method"),
    )
    .limit(1)
    .scalar_subquery()
)

_declines = (
    select(func.count())
    .select_from(card_outcomes)
    .where(
        card_outcomes.c.fingerprint == cards.c.fingerprint,
        card_outcomes.c.noted_at > bindparam("declined_since", type_=card_outcomes.c.noted_at.type),
        card_outcomes.c.approved.is_(false()),
    )
    .scalar_subquery()
)

_CONFIRM_VIEW = (
    select(
        *payment_columns(),
        *KEY_COLUMNS,
        cards.c.payment_method,
        cards.c.fingerprint,
        cards.c.brand,
        cards.c.last4,
        cards.c.exp_month,
        cards.c.exp_year,
        cards.c.customer.label("card_customer"),
        # Of a card that this owner has not used, what is on record of its very id.
        case((cards.c.payment_method.is_(None), _disabled_by_id), else_=_disabled_reason).label(
            "disabled_reason"
        ),
        _declines.label("declines"),
    )
    .select_from(payments)
    .outerjoin(
        idempotency_keys,
        and_(
            idempotency_keys.c.owner == payments.c.owner,
            idempotency_keys.c.key == bindparam("key"),
        ),
    )
    .outerjoin(
        cards,
        and_(
            cards.c.owner == payments.c.owner,
            cards.c.payment_method == bindparam("payment_method"),
        ),
    )
    .where(payments.c.id == bindparam("payment_id"), payments.c.owner == bindparam("owner"))
)

_REPLAYED = (
    select(*payment_columns(), *KEY_COLUMNS)
    .select_from(idempotency_keys)
    .outerjoin(payments, payments.c.id == idempotency_keys.c.payment_id)
    .where(
        idempotency_keys.c.owner == bindparam("owner"), idempotency_keys.c.key == bindparam("key")
    )
)


@one_row(_REPLAYED, "owner", "key")
def find_replayed(row: Row | None) -> tuple[Payment | None, KeyUse] | None:
    """Read what an owner's Idempotency-Key stands for; null for the payment where it is none."""
    if row is None:
        return None
    use = KeyUse(*row[-5:])
    return (payment_from_row(row) if use.payment_id is not None else None, use)


@one_row(_CONFIRM_VIEW, "owner", "payment_id", "key", "payment_method", "declined_since")
def view_confirm(row: Row | None) -> ConfirmView | None:
    """Read everything a confirm is decided on; null where the owner has no such payment."""
    if row is None:
        return None
    tail: Any = row[-14:]
    return ConfirmView(
        payment=payment_from_row(row),
        key=KeyUse(*tail[:5]) if tail[0] is not None else None,
        card=CardView(*tail[5:12]) if tail[5] is not None else None,
        disabled_reason=tail[12],
        declines=tail[13],
    )


def keep_key(connection: Connection, row: dict[str, Any]) -> None:
    """Let an Idempotency-Key stand for a request that wrote nothing else."""
    connection.execute(insert(idempotency_keys), row)


def refresh_card(connection: Connection, owner: str, card: CardView, now: datetime) -> None:
    """Keep a card as Stripe has it now: account updaters renew it in place, customers keep it."""
    connection.execute(
        cards.update()
        .where(cards.c.owner == owner, cards.c.payment_method == card.payment_method)
        .values(
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            customer=card.customer,
            seen_at=now,
        )
    )
