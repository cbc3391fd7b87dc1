"""Seals in the database: whose turn it is, what is to be sealed, and what was.

A seal's leaves come in short transactions before the seal itself does, so that a million of them
hold up nobody; until then they are a draft, and whoever gets the turn next throws them away.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from orchestrator.actions import Action
from orchestrator.seals.seal import ChainHead, Leaf, Seal, SignedSeal, closed_attempts
from orchestrator.store.actions import record_action
from orchestrator.store.schema import attempts, payments, seal_leaves, seal_turn, seals
from orchestrator.store.snapshots import snapshot

Row = dict[str, Any]
_HEADS = (
    payments.c.id,
    payments.c.version,
    payments.c.last_hash,
    payments.c.evidence_count,
    payments.c.evidence_hash,
)


class TurnLost(Exception):
    """Another one seals by now: the lease ended before the work did."""


class PlacedLeaf(NamedTuple):
    """A leaf and its place: in which seal, and where in its tree."""

    seal: int
    position: int
    leaf: Leaf


class Found(NamedTuple):
    """One page of payments: the last id looked at (null at the end), and what is to be sealed."""

    until: str | None
    leaves: list[Leaf]


# ── whose turn it is ─────────────────────────────────────────────────────────────────────────


def take_turn(
    connection: Connection, holder: str, now: datetime, lease_until: datetime, only_due: bool
) -> bool:
    """Take the turn to seal where nobody has it; ``only_due`` where a seal is due, too."""
    free = or_(seal_turn.c.lease_until.is_(None), seal_turn.c.lease_until <= now)
    due = or_(seal_turn.c.due_at.is_(None), seal_turn.c.due_at <= now)
    taken = connection.execute(
        update(seal_turn)
        .where(seal_turn.c.single == 1, or_(free, seal_turn.c.holder == holder))
        .where(due if only_due else seal_turn.c.single == 1)
        .values(holder=holder, lease_until=lease_until)
    )
    return bool(taken.rowcount)


def leave_turn(connection: Connection, holder: str) -> None:
    """Let another one have the turn; the draft stays for it to throw away."""
    connection.execute(
        update(seal_turn).where(seal_turn.c.holder == holder).values(holder=None, lease_until=None)
    )


def _keep_turn(connection: Connection, mine: str, **values: Any) -> None:
    kept = connection.execute(update(seal_turn).where(seal_turn.c.holder == mine).values(**values))
    if not kept.rowcount:
        raise TurnLost


# ── sealing ──────────────────────────────────────────────────────────────────────────────────


def find_unsealed(connection: Connection, after: str, page: int) -> Found:
    """Look at the next payments and return those that no leaf shows as they are, in one snapshot.

    Compared with every leaf of a stored seal, so that nothing depends on clocks or on who wrote
    what. One that no root is over, a draft's or a forged one, does not count.
    """
    with snapshot(connection):
        ids = select(payments.c.id).where(payments.c.id > after).order_by(payments.c.id)
        until = connection.execute(ids.offset(page - 1).limit(1)).scalar_one_or_none()
        query = select(*_HEADS).where(payments.c.id > after, ~_is_sealed()).order_by(payments.c.id)
        if until is not None:
            query = query.where(payments.c.id <= until)
        heads = connection.execute(query).all()
        closed = _attempts_of(connection, [row.id for row in heads])
    return Found(until, [Leaf(*row, attempts=closed_attempts(closed[row.id])) for row in heads])


def _is_sealed() -> Any:
    return (
        select(seal_leaves.c.seal)
        .where(
            seal_leaves.c.payment_id == payments.c.id,
            seal_leaves.c.version == payments.c.version,
            seal_leaves.c.last_hash == payments.c.last_hash,
            seal_leaves.c.evidence_count == payments.c.evidence_count,
            seal_leaves.c.evidence_hash == payments.c.evidence_hash,
            seal_leaves.c.position >= 0,
            seal_leaves.c.seal.in_(select(seals.c.number)),
        )
        .exists()
    )


def _attempts_of(connection: Connection, ids: list[str]) -> dict[str, list[Row]]:
    query = (
        select(attempts)
        .where(attempts.c.payment_id.in_(ids))
        .order_by(attempts.c.payment_id, attempts.c.number)
    )
    found: dict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        found[row["payment_id"]].append(dict(row))
    return found


def add_leaves(
    connection: Connection,
    holder: str,
    lease_until: datetime,
    number: int,
    first: int,
    leaves: Sequence[Leaf],
) -> None:
    """Add leaves to the draft from position ``first`` on; what stood there is thrown away.

    Raises:
        TurnLost: another one seals by now.
    """
    _keep_turn(connection, holder, lease_until=lease_until)
    connection.execute(
        delete(seal_leaves).where(seal_leaves.c.seal == number, seal_leaves.c.position >= first)
    )
    if leaves:
        connection.execute(
            insert(seal_leaves),
            [_leaf_row(number, first + offset, leaf) for offset, leaf in enumerate(leaves)],
        )


def add_seal(
    connection: Connection,
    holder: str,
    signed: SignedSeal,
    due_at: datetime | None,
    action: Action | None = None,
) -> None:
    """Store the seal that its leaves were the draft of, and let another one have the turn.

    Without ``due_at`` the next one is due when it was. ``action`` is what a person did of it.

    Raises:
        TurnLost: another one seals by now.
    """
    seal = signed.seal
    stored = select(seals.c.hash).where(seals.c.number == seal.number)
    if connection.execute(stored).scalar_one_or_none() == seal.hash:
        return  # The news of the commit was lost, not the seal.
    due = {} if due_at is None else {"due_at": due_at}
    _keep_turn(connection, holder, holder=None, lease_until=None, **due)
    connection.execute(
        insert(seals),
        {
            "number": seal.number,
            "sealed_at": seal.sealed_at,
            "payments": seal.payments,
            "root": seal.root,
            "previous_hash": seal.previous_hash,
            "key_id": seal.key_id,
            "other_chains": {name: head.as_json() for name, head in seal.other_chains.items()},
            "hash": seal.hash,
            "signature": signed.signature,
            "public_key": signed.public_key,
        },
    )
    if action is not None:
        record_action(connection, action)


def _leaf_row(seal: int, position: int, leaf: Leaf) -> Row:
    return {
        "seal": seal,
        "position": position,
        "payment_id": leaf.payment,
        "version": leaf.version,
        "last_hash": leaf.last_hash,
        "evidence_count": leaf.evidence_count,
        "evidence_hash": leaf.evidence_hash,
        "attempts": list(leaf.attempts),
    }


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def read_seals(connection: Connection, after: int = 0) -> list[tuple[SignedSeal, str]]:
    """Read the seals from the one after ``after`` on, each with the hash stored beside it."""
    query = select(seals).where(seals.c.number > after).order_by(seals.c.number)
    return [(_signed(row), row["hash"]) for row in connection.execute(query).mappings()]


def read_seal(connection: Connection, number: int) -> SignedSeal | None:
    """Read one seal."""
    row = connection.execute(select(seals).where(seals.c.number == number)).mappings().first()
    return _signed(row) if row is not None else None


def read_seals_before(
    connection: Connection, before: int | None, how_many: int
) -> list[SignedSeal]:
    """Read the seals before a number, or the last ones, newest first."""
    query = select(seals).order_by(seals.c.number.desc()).limit(how_many)
    if before is not None:
        query = query.where(seals.c.number < before)
    return [_signed(row) for row in connection.execute(query).mappings()]


def last_seal(connection: Connection) -> SignedSeal | None:
    """Read the newest seal."""
    number = connection.execute(select(func.max(seals.c.number))).scalar_one()
    return read_seal(connection, number) if number is not None else None


def read_leaves(
    connection: Connection, number: int, after: int | None, page: int
) -> list[PlacedLeaf]:
    """Read a seal's leaves in their order, from the one after position ``after``, or all."""
    query = select(seal_leaves).where(seal_leaves.c.seal == number)
    if after is not None:
        query = query.where(seal_leaves.c.position > after)
    query = query.order_by(seal_leaves.c.position).limit(page)
    return [_placed(row) for row in connection.execute(query)]


def read_leaves_of(
    connection: Connection, ids: Sequence[str], until: int
) -> dict[str, list[PlacedLeaf]]:
    """Read the leaves of some payments in the seals up to number ``until``, oldest first."""
    query = (
        select(seal_leaves)
        .where(seal_leaves.c.payment_id.in_(ids), seal_leaves.c.seal <= until)
        .order_by(seal_leaves.c.payment_id, seal_leaves.c.seal)
    )
    found: dict[str, list[PlacedLeaf]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.payment_id].append(_placed(row))
    return found


def seals_of(connection: Connection, payment_id: str) -> frozenset[int]:
    """Return the numbers of the seals that leaves of a payment are of, a draft's too."""
    query = select(seal_leaves.c.seal).where(seal_leaves.c.payment_id == payment_id)
    return frozenset(connection.execute(query).scalars())


def seals_of_stray_leaves(connection: Connection) -> list[int]:
    """Return the numbers that leaves name and that no seal, nor the next one, has."""
    last = select(func.coalesce(func.max(seals.c.number), 0)).scalar_subquery()
    outside = or_(seal_leaves.c.seal > last + 1, seal_leaves.c.seal < 1)
    query = select(seal_leaves.c.seal).where(outside).distinct().order_by(seal_leaves.c.seal)
    return list(connection.execute(query.limit(100)).scalars())


def last_leaf_of(connection: Connection, payment_id: str) -> PlacedLeaf | None:
    """Read the newest leaf of a payment that is sealed; drafts are none."""
    query = (
        select(seal_leaves)
        .join(seals, seals.c.number == seal_leaves.c.seal)
        .where(seal_leaves.c.payment_id == payment_id)
        .order_by(seal_leaves.c.seal.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return _placed(row) if row is not None else None


def _placed(row: Any) -> PlacedLeaf:
    leaf = Leaf(
        row.payment_id,
        row.version,
        row.last_hash,
        row.evidence_count,
        row.evidence_hash,
        tuple(row.attempts),
    )
    return PlacedLeaf(row.seal, row.position, leaf)


def _signed(row: Any) -> SignedSeal:
    heads = row["other_chains"].items()
    seal = Seal(
        number=row["number"],
        sealed_at=row["sealed_at"],
        payments=row["payments"],
        root=row["root"],
        previous_hash=row["previous_hash"],
        key_id=row["key_id"],
        other_chains={name: ChainHead(head["count"], head["hash"]) for name, head in heads},
    )
    return SignedSeal(seal, row["signature"], row["public_key"])
