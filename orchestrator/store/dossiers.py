"""All that is stored about one payment, read in one snapshot, each table by an index of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Connection, Select, Table, func, select

from orchestrator.anomaly import Anomaly
from orchestrator.kept_rules import KeptRules
from orchestrator.payment import Payment
from orchestrator.seals.seal import Leaf, SignedSeal
from orchestrator.store.anomalies import ListAnomalies, read_anomalies
from orchestrator.store.history import (
    Row,
    read_attempts,
    read_evidence,
    read_history,
    read_payment_of,
)
from orchestrator.store.rules import read_rule_sets
from orchestrator.store.schema import (
    api_keys,
    cards,
    disputes,
    events,
    refunds,
    seals,
    stripe_events,
    webhook_deliveries,
    webhook_endpoints,
)
from orchestrator.store.seals import PlacedLeaf, read_leaves_of, read_seal
from orchestrator.store.snapshots import snapshot

# More than anybody reads on one page; endpoints times steps, and what was sent again.
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Dossier:
    """A payment and every row that belongs to it, oldest first.

    ``cards`` are those tried, by their id; ``keys`` the names of the keys that acted, by theirs.
    ``rule_sets`` are those that decided, by their versions, as far as they are kept. ``leaf`` is
    how far the payment had come at the newest seal that holds it.
    """

    payment: Payment
    history: list[Row]
    evidence: list[Row]
    attempts: list[Row]
    cards: dict[str, Row]
    keys: dict[str, str]
    rule_sets: dict[str, KeptRules]
    refunds: list[Row]
    disputes: list[Row]
    anomalies: tuple[Anomaly, ...]
    stripe_events: list[Row]
    events: list[Row]
    deliveries: list[Row]
    seal: SignedSeal | None
    leaf: Leaf | None


def read_dossier(connection: Connection, payment_id: str) -> Dossier | None:
    """Read everything about a payment; null where there is none.

    Raises:
        ValueError, TypeError, KeyError: a column holds what this program did not write.
    """
    with snapshot(connection):
        payment = read_payment_of(connection, payment_id, None)
        if payment is None:
            return None
        history = read_history(connection, payment_id)
        tried = read_attempts(connection, payment_id)
        given_back = _rows(connection, _of(refunds, payment_id, refunds.c.created_at))
        leaf = _newest_leaf(connection, payment_id)
        return Dossier(
            payment=payment,
            history=history,
            evidence=read_evidence(connection, payment_id),
            attempts=tried,
            cards=_cards(connection, payment.owner, tried),
            keys=_keys(connection, [*history, *given_back]),
            rule_sets=read_rule_sets(connection, _versions(payment, history)),
            refunds=given_back,
            disputes=_rows(connection, _of(disputes, payment_id, disputes.c.created_at)),
            anomalies=_anomalies(connection, payment_id),
            stripe_events=_rows(
                connection, _of(stripe_events, payment_id, stripe_events.c.received_at)
            ),
            events=_rows(connection, _of(events, payment_id, events.c.sequence)),
            deliveries=_rows(connection, _deliveries(payment_id)),
            seal=read_seal(connection, leaf.seal) if leaf is not None else None,
            leaf=leaf.leaf if leaf is not None else None,
        )


def _of(table: Table, payment_id: str, order: Column[Any]) -> Select[Any]:
    return select(table).where(table.c.payment_id == payment_id).order_by(order).limit(MOST)


def _anomalies(connection: Connection, payment_id: str) -> tuple[Anomaly, ...]:
    page = read_anomalies(connection, ListAnomalies(payment=payment_id, limit=MOST))
    return page.anomalies[::-1] if page is not None else ()


def _newest_leaf(connection: Connection, payment_id: str) -> PlacedLeaf | None:
    """Read how far the newest seal that stands says that the payment had come."""
    newest = connection.execute(select(func.max(seals.c.number))).scalar_one()
    leaves = read_leaves_of(connection, [payment_id], newest or 0)[payment_id]
    return leaves[-1] if leaves else None


def _deliveries(payment_id: str) -> Select[Any]:
    return (
        select(webhook_deliveries, webhook_endpoints.c.url)
        .join(webhook_endpoints, webhook_endpoints.c.id == webhook_deliveries.c.endpoint_id)
        .where(webhook_deliveries.c.payment_id == payment_id)
        .order_by(webhook_deliveries.c.sequence, webhook_deliveries.c.created_at)
        .limit(MOST)
    )


def _cards(connection: Connection, owner: str, tried: Sequence[Row]) -> dict[str, Row]:
    ids = sorted({row["payment_method"] for row in tried if row["payment_method"]})
    query = select(cards).where(cards.c.owner == owner, cards.c.payment_method.in_(ids))
    return {row["payment_method"]: row for row in _rows(connection, query)} if ids else {}


def _versions(payment: Payment, history: Sequence[Row]) -> set[str]:
    """Name the sets of rules that decided, that of an end still to come among them."""
    wish = payment.intention
    wanted = {wish.rules_version} if wish is not None and wish.rules_version else set()
    return wanted | {row["rules_version"] for row in history}


def _keys(connection: Connection, rows: Sequence[Row]) -> dict[str, str]:
    ids = sorted({row["actor_id"] for row in rows if row["actor_kind"] == "api_key"} - {None})
    query = select(api_keys.c.id, api_keys.c.name).where(api_keys.c.id.in_(ids))
    return {row["id"]: row["name"] for row in _rows(connection, query)} if ids else {}


def _rows(connection: Connection, query: Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]
