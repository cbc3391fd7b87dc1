"""Erases what callers wrote about a payment in their own words; no hash was ever over it.

The database's rules let it leave from a handled payment and from a refund that is not under way,
and let nothing come in its place. What is hashed (ids, amounts, the path) stays as it is.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, literal_column, select, update

from orchestrator.actions import payment_erased
from orchestrator.payment import Actor
from orchestrator.refund import RefundState
from orchestrator.states import handled
from orchestrator.store.actions import record_action
from orchestrator.store.schema import payments, refunds

# A refund keeps what it was sent with, but for what the caller wrote.
_WITHOUT_METADATA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sqlite": "json_remove(parameters, '$.metadata')",
        "postgresql": "parameters - 'metadata'",
    }
)


class Erasure(NamedTuple):
    """What became of an erasure; ``refunds_under_way`` kept what they say."""

    state: str
    erased: bool
    refunds: int = 0
    refunds_under_way: int = 0


def erase_words(
    connection: Connection, payment_id: str, actor: Actor, reason: str, now: datetime
) -> Erasure | None:
    """Erase a payment's description and metadata, and its refunds'; null where there is none.

    A payment that is not handled is left as it is. An erasure is on record as an action.
    """
    query = select(payments.c.state).where(payments.c.id == payment_id)
    state = connection.execute(query).scalar_one_or_none()
    if state is None or not handled(state):
        return Erasure(state, erased=False) if state is not None else None
    connection.execute(
        update(payments)
        .where(payments.c.id == payment_id)
        .values({payments.c.description: None, payments.c.metadata: {}})
    )
    theirs = refunds.c.payment_id == payment_id
    under_way = refunds.c.state == RefundState.pending
    erased = connection.execute(
        update(refunds)
        .where(theirs, ~under_way)
        .values(
            {
                refunds.c.metadata: {},
                refunds.c.parameters: literal_column(_WITHOUT_METADATA[connection.dialect.name]),
            }
        )
    )
    waiting = connection.execute(select(func.count()).where(theirs, under_way)).scalar_one()
    action = payment_erased(payment_id, actor, reason, now, refunds=erased.rowcount)
    record_action(connection, action)
    return Erasure(state, erased=True, refunds=erased.rowcount, refunds_under_way=waiting)
