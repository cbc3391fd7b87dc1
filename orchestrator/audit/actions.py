"""What must hold of the chain of actions: numbers without gaps, each link and hash, and its end.

Reads it a page at a time, so that memory stays flat. Accuses the first row that does not fit; what
follows a gap is not looked at, as each later row would only say the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from orchestrator.actions import action_hash
from orchestrator.audit.records import Problem, Row
from orchestrator.audit.unreadable import UNREADABLE
from orchestrator.chain import GENESIS
from orchestrator.store.actions import ActionHead, read_action_head, read_actions_from
from orchestrator.store.connections import Database

PAGE: Final = 500
TABLE: Final = "actions"

# Where no row says where the chain ends, no row is its end.
_NOWHERE: Final = ActionHead(-1, "")


@dataclass(slots=True)
class ChainReport:
    """How many actions were checked, and what was found."""

    actions: int = 0
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class _Place:
    """How far the chain has been followed."""

    number: int = 0
    hash: str = GENESIS
    broken: bool = False


async def verify_actions(database: Database) -> ChainReport:
    """Check every action, and that the chain ends where it says.

    The end is read first: what is recorded meanwhile is there, but need not be looked at.
    """
    report, place = ChainReport(), _Place()
    head = await database.read(read_action_head) or _NOWHERE
    while not place.broken:
        try:
            rows = await database.read(read_actions_from, place.number, PAGE)
        except UNREADABLE as exc:
            report.problems.append(await database.read(_unreadable, place.number, exc))
            return report
        if not rows:
            break
        report.actions += len(rows)
        report.problems.extend(follow(rows, place))
        report.problems.extend(_passes_end(rows, place, head))
    if not place.broken and not place.number >= head.number >= 0:
        ends = f"with row {head.number}" if head.number >= 0 else "nowhere"
        sentence = f"The chain says that it ends {ends}; {place.number} is the last."
        report.problems.append(_problem(place.number, "action_head", sentence))
    return report


def follow(rows: Sequence[Row], place: _Place) -> Iterator[Problem]:
    """Follow the chain over some rows, from where it was left."""
    for row in rows:
        number = row["number"]
        if number != place.number + 1:
            sentence = f"Row {place.number + 1} is expected here; rows are missing or were added."
            yield _problem(number, "number_without_gaps", sentence)
            place.broken = True
            return
        if row["previous_hash"] != place.hash:
            yield _problem(number, "previous_hash", "It does not carry the hash of the row before.")
        if action_hash(row) != row["hash"]:
            yield _problem(
                number, "hash", "Its content is not what was hashed when it was written."
            )
        place.number, place.hash = number, row["hash"]


def _passes_end(rows: Sequence[Row], place: _Place, head: ActionHead) -> Iterator[Problem]:
    """Find, on the page that holds it, that the row at the chain's end is another one."""
    if not place.broken and rows[0]["number"] <= head.number <= place.number:
        last = rows[head.number - rows[0]["number"]]
        if last["hash"] != head.hash:
            yield _problem(head.number, "action_head", "The chain ended with another row.")


def _unreadable(connection: Connection, number: int, exc: Exception) -> Problem:
    """Name the first row after a number that cannot be read."""
    try:
        while found := read_actions_from(connection, number, 1):
            number = found[0]["number"]
    except UNREADABLE:
        number += 1
    return _problem(number, "readable", f"A column holds what cannot be read: {exc}")


def _problem(number: int, rule: str, sentence: str) -> Problem:
    return Problem("-", TABLE, number, rule, sentence)
