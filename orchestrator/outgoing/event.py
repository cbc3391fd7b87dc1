"""Events: what they are called, and which history row each one is. Pure.

An event is a history row with a place in the feed. Its id is made of the row's key, so that it is
the same wherever and whenever it is told, and leads back to the row.
"""

import re
from typing import Final, NamedTuple

from orchestrator.states import PaymentState

EVENT_ID: Final = r"evt_[A-Za-z0-9]{1,64}_[1-9][0-9]{0,2}"
# One type for each state that a payment can have come to.
EVENT_TYPES: Final = tuple(f"payment.{state.value}" for state in PaymentState)

_PARTS: Final = re.compile(r"evt_([A-Za-z0-9]{1,64})_([1-9][0-9]{0,2})")


class EventKey(NamedTuple):
    """The history row that an event is."""

    payment_id: str
    sequence: int


def event_id(payment_id: str, sequence: int) -> str:
    """Name the event of a history row."""
    return f"evt_{payment_id.removeprefix('pay_')}_{sequence}"


def event_key(id: str) -> EventKey | None:
    """Return the history row of an event's id; null where it is shaped like none."""
    found = _PARTS.fullmatch(id)
    return EventKey(f"pay_{found[1]}", int(found[2])) if found is not None else None


def event_type(target: str) -> str:
    """Return what an event is called whose payment came to this state."""
    return f"payment.{target}"
