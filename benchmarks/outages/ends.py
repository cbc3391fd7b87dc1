"""What must be true after processes were killed: payments, money, inbox, deliveries and leases.

Payments may wait here where their story ends so; what Stripe holds has to wait with them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from orchestrator.demo.checks import Check, Finished
from orchestrator.demo.shop import Json
from orchestrator.store.inbox import count_events
from orchestrator.store.schema import metadata

HANDLED: Final = frozenset({"succeeded", "failed"})
AT_STRIPE: Final = {
    "succeeded": "succeeded",
    "failed": "canceled",
    "created": "requires_payment_method",
    "requires_new_card": "requires_payment_method",
    "card_disabled": "requires_payment_method",
    "confirming": "requires_action",
}


@dataclass(frozen=True, slots=True)
class Left:
    """What a database still has to do."""

    events: dict[str, int]
    leased: dict[str, int]
    due: dict[str, int]

    @property
    def nothing(self) -> bool:
        """Whether nothing is left."""
        return not (any(self.events.values()) or self.leased or self.due)


def what_is_left(connection: Connection, now: datetime) -> Left:
    """Count the events that wait, the rows somebody has leased, and those that are due."""
    leased: dict[str, int] = {}
    due: dict[str, int] = {}
    for name, table in metadata.tables.items():
        if "lease_until" not in table.c:
            continue
        timed = table.c.due_at
        questions = (
            (leased, timed.is_not(None) & (table.c.lease_until > now)),
            (due, timed <= now),
        )
        for found, condition in questions:
            query = select(func.count()).select_from(table).where(condition)
            if number := connection.execute(query).scalar_one():
                found[name] = number
    return Left(count_events(connection), leased, due)


def ended_as_planned(finished: Sequence[Finished]) -> Check:
    """Every payment took its path to the end, handled or waiting."""
    against = [f"{one.scenario.title}: {each}" for one in finished for each in _differences(one)]
    waiting = sum(one.scenario.path[-1] not in HANDLED for one in finished)
    return Check(
        f"all {len(finished)} payments took the path they had to; {waiting} wait as planned",
        tuple(against),
    )


def _differences(one: Finished) -> list[str]:
    if one.error is not None:
        return [one.error]
    last, wanted = one.history[-1], one.scenario.path
    compared: tuple[tuple[str, object, object], ...] = (
        ("path", one.path, wanted),
        ("state", one.payment["state"], wanted[-1]),
        ("handled", one.payment["handled"], wanted[-1] in HANDLED),
        ("attempts_used", one.payment["attempts_used"], wanted.count("confirming")),
    )
    different = [f"{name} is {is_}, expected {must}" for name, is_, must in compared if is_ != must]
    if one.scenario.because not in {last["code"], last["decline_code"], last["reason"], None}:
        different.append(f"its end says {last['reason']}, expected {one.scenario.because}")
    return different


def ledger_agrees(finished: Sequence[Finished], ledger: Json) -> Check:
    """Compare each payment with its intent and its charges at Stripe, and leave none over."""
    charges: dict[str, list[tuple[int, str]]] = {}
    for charge in ledger["charges"]:
        money = (charge["amount"], charge["currency"])
        charges.setdefault(charge["payment_intent"], []).append(money)
    status = {intent["id"]: intent["status"] for intent in ledger["intents"]}
    against = []
    for one in finished:
        if not one.payment:
            continue
        payment, intent = one.payment, one.payment["payment_intent"]
        owed = (payment["amount"], payment["currency"])
        paid = [owed] if payment["state"] == "succeeded" else []
        found, there = charges.pop(intent, []), status.pop(intent, None)
        if found != paid or there != AT_STRIPE[payment["state"]]:
            against.append(f"{payment['id']} is {payment['state']}, at Stripe {there}: {found}")
    against += [f"{intent} was charged and is nobody's" for intent in charges]
    against += [f"{intent} ({how}) is nobody's" for intent, how in status.items()]
    claim = f"each payment is at Stripe what it is here: {len(ledger['charges'])} charges"
    return Check(claim, tuple(against))


def all_delivered(deliveries: Json) -> Check:
    """Every event of Stripe's was taken by every endpoint."""
    against = [
        f"{one['type']} to {one['url']} is {heading} ({one['response_status']}, {one['error']})"
        for heading in ("pending", "failed", "dropped")
        for one in deliveries[heading]
    ]
    tries = Counter(one["tries"] > 1 for one in deliveries["delivered"])
    claim = f"all {sum(tries.values())} webhooks were taken, {tries[True]} of them not at once"
    return Check(claim, tuple(against))


def nothing_left(left: Left) -> Check:
    """Nothing waits in the inbox, and nobody who is dead holds a row."""
    against = () if left.nothing else (f"{left}",)
    return Check("the inbox is settled, and no row is leased or overdue", against)


__all__ = [
    "Left",
    "all_delivered",
    "ended_as_planned",
    "ledger_agrees",
    "nothing_left",
    "what_is_left",
]
