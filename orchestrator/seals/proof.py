"""Proves that one payment is in a seal: its leaf, and the hashes that lead to the signed root."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from orchestrator.errors import OrchestratorError
from orchestrator.seals.seal import Leaf, SignedSeal
from orchestrator.seals.tree import inclusion_path, root_by_path
from orchestrator.store.connections import Database
from orchestrator.store.seals import last_leaf_of, read_leaves, read_seal

PAGE: Final = 2000
_BROKEN: Final = (
    "The stored leaves of seal {} are not those that were signed. Run: orchestrator audit verify"
)


class ProofBroken(OrchestratorError):
    """The stored leaves of a seal are not those that were signed, so they prove nothing."""

    code = "proof_broken"


@dataclass(frozen=True, slots=True)
class Proof:
    """A leaf, its place in the tree of a seal, and the way from there to the root."""

    leaf: Leaf
    index: int
    path: tuple[bytes, ...]
    signed: SignedSeal

    def as_json(self) -> dict[str, Any]:
        """Give the proof as plain JSON values."""
        return {
            "leaf": orjson.loads(self.leaf.entry()),
            "index": self.index,
            "path": [step.hex() for step in self.path],
            "seal": self.signed.as_json(),
        }


async def prove(database: Database, payment_id: str) -> Proof | None:
    """Prove a payment as the newest seal that it is in has it; null where none has.

    Raises:
        ProofBroken: the stored leaves do not give the root that was signed.
    """
    return await database.read(_prove, payment_id)


def _prove(connection: Connection, payment_id: str) -> Proof | None:
    placed = last_leaf_of(connection, payment_id)
    signed = read_seal(connection, placed.seal) if placed else None
    if placed is None or signed is None:
        return None
    size = signed.seal.payments
    try:
        path = inclusion_path(_entries(connection, placed.seal), placed.position, size)
    except ValueError as exc:
        raise ProofBroken(_BROKEN.format(placed.seal)) from exc
    root = root_by_path(placed.leaf.entry(), placed.position, size, path)
    if root is None or root.hex() != signed.seal.root:
        raise ProofBroken(_BROKEN.format(placed.seal))
    return Proof(placed.leaf, placed.position, tuple(path), signed)


def _entries(connection: Connection, number: int) -> Iterator[bytes]:
    after = -1
    while leaves := read_leaves(connection, number, after, PAGE):
        for placed in leaves:
            yield placed.leaf.entry()
        after = leaves[-1].position
