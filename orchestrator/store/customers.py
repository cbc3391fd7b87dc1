"""Whose a customer is, and which cards are out of use: what is kept of what lives at Stripe."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, insert, literal, or_, select, union, update

from orchestrator.actions import Action
from orchestrator.card_scopes import EVERYBODY
from orchestrator.payment import Actor
from orchestrator.store.actions import record_action
from orchestrator.store.requests import KEY_COLUMNS, KeyUse
from orchestrator.store.schema import card_disablements, cards, customers, idempotency_keys

Row = dict[str, Any]


class Disablement(NamedTuple):
    """Why a card is out of use, and since when."""

    scope_key: str
    reason: str
    disabled_at: datetime


def find_key(connection: Connection, owner: str, key: str) -> KeyUse | None:
    """Read what an owner's Idempotency-Key stands for."""
    row = connection.execute(
        select(*KEY_COLUMNS).where(idempotency_keys.c.owner == owner, idempotency_keys.c.key == key)
    ).one_or_none()
    return KeyUse(*row) if row is not None else None


def keep_customer(
    connection: Connection, customer: str, owner: str, now: datetime, key: Row | None
) -> None:
    """Remember whose a customer is, with the Idempotency-Key that stands for it.

    A customer that is known stays as it is: Stripe gave the same one for the same request.
    """
    known = select(literal(1)).where(customers.c.id == customer)
    if connection.execute(known).one_or_none() is None:
        connection.execute(insert(customers), {"id": customer, "owner": owner, "created_at": now})
    if key is not None:
        connection.execute(insert(idempotency_keys), key)


def find_customer_owner(connection: Connection, customer: str) -> str | None:
    """Read whose a customer is; null for one that was made elsewhere."""
    owner: str | None = connection.execute(
        select(customers.c.owner).where(customers.c.id == customer)
    ).scalar_one_or_none()
    return owner


def find_card_owners(connection: Connection, payment_method: str) -> list[str]:
    """Read who knows a card that no customer keeps: who tried it, and who took it out of use."""
    tried = select(cards.c.owner).where(cards.c.payment_method == payment_method)
    disabled = select(card_disablements.c.owner).where(
        card_disablements.c.payment_method == payment_method,
        card_disablements.c.owner != EVERYBODY,
    )
    return list(connection.execute(union(tried, disabled)).scalars())


def find_disablements(
    connection: Connection, owner: str | None, scope_keys: list[str]
) -> list[Disablement]:
    """Read which of these scopes are out of use, the longest disabled first.

    An owner of null reads every owner's.
    """
    query = (
        select(
            card_disablements.c.scope_key,
            card_disablements.c.reason,
            card_disablements.c.disabled_at,
        )
        .where(
            *reaching(owner),
            card_disablements.c.enabled_at.is_(None),
            card_disablements.c.scope_key.in_(scope_keys),
        )
        .order_by(card_disablements.c.disabled_at, card_disablements.c.scope_key)
    )
    return [Disablement(*row) for row in connection.execute(query)]


def find_expired_scopes(connection: Connection, owner: str | None, prefix: str) -> list[str]:
    """Read the scopes, all of one card, that are out of use for their expiry dates."""
    query = select(card_disablements.c.scope_key).where(
        *reaching(owner),
        card_disablements.c.enabled_at.is_(None),
        card_disablements.c.scope_key.startswith(prefix, autoescape=True),
    )
    return list(connection.execute(query).scalars())


def reaching(owner: str | None) -> tuple[ColumnElement[bool], ...]:
    """Say whose disablements count for an owner: its own, and those that reach everybody."""
    if owner is None:
        return ()
    return (card_disablements.c.owner.in_((owner, EVERYBODY)),)


def disable_by_hand(
    connection: Connection, row: Row, key: Row | None, action: Action | None = None
) -> bool:
    """Take a card out of use unless it is, and keep the key that stands for it; tell which.

    Only what was done is on record.
    """
    active = find_disablements(connection, row["owner"], [row["scope_key"]])
    if not active:
        connection.execute(insert(card_disablements), row)
    if key is not None:
        connection.execute(insert(idempotency_keys), key)
    if action is not None and not active:
        record_action(connection, action)
    return not active


def enable_by_hand(
    connection: Connection,
    owner: str | None,
    payment_method: str,
    scope_keys: list[str],
    pattern: str,
    enabling: "Enabling",
    key: Row | None,
    action: Action | None = None,
) -> int:
    """End whatever keeps a card out of use for an owner, or for all; return how much that was.

    For an owner that is its own, and what reaches everybody under this very id: another card's may
    be the same card in other hands. The pattern finds what reached single payments only. That a
    card was detached does not end: Stripe does not take it again.
    """
    ended = connection.execute(
        update(card_disablements)
        .where(
            *_ended_for(owner, payment_method),
            card_disablements.c.enabled_at.is_(None),
            card_disablements.c.scope != "payment_method",
            or_(
                card_disablements.c.scope_key.in_(scope_keys),
                card_disablements.c.scope_key.like(pattern, escape="/"),
            ),
        )
        .values(
            enabled_at=enabling.at,
            enabled_reason=enabling.reason,
            enabled_actor_kind=enabling.actor.kind,
            enabled_actor_id=enabling.actor.id,
            enabled_request_id=enabling.request_id,
        )
    )
    if key is not None:
        connection.execute(insert(idempotency_keys), key)
    if action is not None and ended.rowcount:
        record_action(connection, action)
    return ended.rowcount


def _ended_for(owner: str | None, payment_method: str) -> tuple[ColumnElement[bool], ...]:
    if owner is None:
        return ()
    everybody = and_(
        card_disablements.c.owner == EVERYBODY,
        card_disablements.c.payment_method == payment_method,
    )
    return (or_(card_disablements.c.owner == owner, everybody),)


class Enabling(NamedTuple):
    """Who puts a card back into use, and why."""

    at: datetime
    reason: str
    actor: Actor
    request_id: str
