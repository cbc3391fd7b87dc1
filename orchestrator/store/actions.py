"""The actions in the database: recorded with what they are of, listed newest first, read in order.

Whoever records one holds the head of the chain until the transaction ends: record it last.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, insert, select

from orchestrator.actions import Action, action_row
from orchestrator.store.lists import DEFAULT_LIMIT
from orchestrator.store.schema import action_head, actions

Row = dict[str, Any]

_HEAD: Final = select(action_head.c.number, action_head.c.hash)
# On SQLite there is one writer; on PostgreSQL the next one waits here.
_LOCKED_HEAD: Final = _HEAD.with_for_update()


@dataclass(frozen=True, slots=True)
class ListActions:
    """Which actions to list; what is null does not restrict.

    At most one of ``starting_after`` (what is older than that number) and ``ending_before`` (what
    is newer) is set.
    """

    action: str | None = None
    actor: str | None = None
    subject: str | None = None
    limit: int = DEFAULT_LIMIT
    starting_after: int | None = None
    ending_before: int | None = None


class ActionPage(NamedTuple):
    """Actions, newest first, and whether there are more in the direction that was asked."""

    actions: tuple[Row, ...]
    has_more: bool


class ActionHead(NamedTuple):
    """Where the chain ends: the last number and hash."""

    number: int
    hash: str


def record_action(connection: Connection, action: Action) -> Row:
    """Put an action on record at the end of the chain, in the transaction of what it is of."""
    number, digest = connection.execute(_LOCKED_HEAD).one()
    row = action_row(action, number + 1, digest)
    connection.execute(insert(actions), row)
    return row


def read_action_head(connection: Connection) -> ActionHead | None:
    """Read where the chain ends; null where somebody took that away."""
    row = connection.execute(_HEAD).one_or_none()
    return ActionHead(*row) if row is not None else None


def read_action_at(connection: Connection, number: int) -> ActionHead | None:
    """Read where the chain ended when it had so many actions; null where it has fewer."""
    query = select(actions.c.number, actions.c.hash).where(actions.c.number == number)
    row = connection.execute(query).one_or_none()
    return ActionHead(*row) if row is not None else None


def read_actions(connection: Connection, wanted: ListActions) -> ActionPage:
    """Read one page of actions, newest first."""
    newer = wanted.ending_before is not None
    rows = [dict(row) for row in connection.execute(_page(wanted, newer=newer)).mappings()]
    shown = rows[: wanted.limit]
    return ActionPage(tuple(shown[::-1] if newer else shown), len(rows) > wanted.limit)


def read_actions_from(connection: Connection, number: int, how_many: int) -> Sequence[Row]:
    """Read actions in the order of the chain, from the one after ``number``."""
    query = select(actions).where(actions.c.number > number)
    query = query.order_by(actions.c.number).limit(how_many)
    return [dict(row) for row in connection.execute(query).mappings()]


def _page(wanted: ListActions, *, newer: bool) -> Select[Any]:
    """Return the statement of one page; one row more than it shows."""
    query = select(actions)
    for column, value in (
        (actions.c.action, wanted.action),
        (actions.c.actor_id, wanted.actor),
        (actions.c.subject_id, wanted.subject),
    ):
        if value is not None:
            query = query.where(column == value)
    place = wanted.ending_before if newer else wanted.starting_after
    if place is not None:
        compare = operator.gt if newer else operator.lt
        query = query.where(compare(actions.c.number, place))
    order = actions.c.number.asc() if newer else actions.c.number.desc()
    return query.order_by(order).limit(wanted.limit + 1)
