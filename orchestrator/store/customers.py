"""Whose a customer is, and which cards are out of use: what is kept of what lives at Stripe."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, literal, select, update

from orchestrator.payment import Actor
from orchestrator.store.requests import KeyUse
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
        select(
            idempotency_keys.c.operation,
            idempotency_keys.c.request_digest,
            idempotency_keys.c.payment_id,
            idempotency_keys.c.attempt,
            idempotency_keys.c.resource,
        ).where(idempotency_keys.c.owner == owner, idempotency_keys.c.key == key)
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


def keep_resource_key(connection: Connection, key: Row) -> None:
    """Let an Idempotency-Key stand for a request about a card."""
    connection.execute(insert(idempotency_keys), key)


def find_customer_owner(connection: Connection, customer: str) -> str | None:
    """Read whose a customer is; null for one that was made elsewhere."""
    owner: str | None = connection.execute(
        select(customers.c.owner).where(customers.c.id == customer)
    ).scalar_one_or_none()
    return owner


def find_card_owners(connection: Connection, payment_method: str) -> list[str]:
    """Read who has tried a card, in the order of their names."""
    query = select(cards.c.owner).where(cards.c.payment_method == payment_method)
    return list(connection.execute(query.order_by(cards.c.owner)).scalars())


def find_disablements(
    connection: Connection, owner: str, scope_keys: list[str]
) -> list[Disablement]:
    """Read which of these scopes are out of use, the longest disabled first."""
    query = (
        select(
            card_disablements.c.scope_key,
            card_disablements.c.reason,
            card_disablements.c.disabled_at,
        )
        .where(
            card_disablements.c.owner == owner,
            card_disablements.c.enabled_at.is_(None),
            card_disablements.c.scope_key.in_(scope_keys),
        )
        .order_by(card_disablements.c.disabled_at, card_disablements.c.scope_key)
    )
    return [Disablement(*row) for row in connection.execute(query)]


def disable_by_hand(connection: Connection, rows: list[Row], key: Row | None) -> None:
    """Take cards out of use, each unless it is; and keep the key that stands for it."""
    for row in rows:
        if not find_disablements(connection, row["owner"], [row["scope_key"]]):
            connection.execute(insert(card_disablements), row)
    if key is not None:
        connection.execute(insert(idempotency_keys), key)


def enable_by_hand(
    connection: Connection,
    owners: list[str],
    scope_keys: list[str],
    enabling: "Enabling",
    key: Row | None,
) -> None:
    """End whatever keeps a card out of use; nothing to end is no error."""
    connection.execute(
        update(card_disablements)
        .where(
            card_disablements.c.owner.in_(owners),
            card_disablements.c.enabled_at.is_(None),
            card_disablements.c.scope_key.in_(scope_keys),
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


class Enabling(NamedTuple):
    """Who puts a card back into use, and why."""

    at: datetime
    reason: str
    actor: Actor
    request_id: str
