"""Checks the stored seals by themselves: numbers, links, signatures, roots, other chains' heads."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from orchestrator.audit.records import Problem
from orchestrator.audit.unreadable import UNREADABLE
from orchestrator.seals.chains import OTHER_CHAINS, HeadOf, heads_then
from orchestrator.seals.seal import SignedSeal, flaws
from orchestrator.seals.tree import Tree
from orchestrator.store.connections import Database
from orchestrator.store.seals import read_leaves, read_seals, seals_of_stray_leaves

PAGE: Final = 2000
NOBODY: Final[Mapping[str, str]] = {}
_STRAY: Final = "Leaves say that they are its, and neither is it stored nor does it come next."


def seal_problem(number: int | None, rule: str, sentence: str) -> Problem:
    """Name a seal."""
    return Problem("-", "seals", number, rule, sentence)


async def verify_seals(
    database: Database,
    trusted: Mapping[str, str] = NOBODY,
    *,
    roots_of: frozenset[int] | None = None,
    chains: Mapping[str, HeadOf] = OTHER_CHAINS,
) -> tuple[int, list[Problem]]:
    """Check every seal; return the number of the newest, and what is wrong.

    The root is recomputed for each, or for those of ``roots_of``. Memory stays flat: leaves are
    read a page at a time.
    """
    try:
        seals = await database.read(read_seals)
    except UNREADABLE as exc:
        return 0, [seal_problem(None, "readable", f"A column holds what cannot be read: {exc}")]
    problems: list[Problem] = []
    previous: SignedSeal | None = None
    for signed, stored_hash in seals:
        number = signed.seal.number
        try:
            found = list(flaws(signed, previous, trusted))
            if stored_hash != signed.seal.hash:
                found.append(("hash", "Its content is not what was hashed when it was sealed."))
            if roots_of is None or number in roots_of:
                found += await _root_flaws(database, signed)
            found += await database.read(_chain_flaws, signed, chains)
        except UNREADABLE as exc:
            found = [("readable", f"It says what cannot be read: {exc}")]
        problems += [seal_problem(number, rule, sentence) for rule, sentence in found]
        previous = signed
    if roots_of is None:
        stray = await database.read(seals_of_stray_leaves)
        problems += [seal_problem(number, "leaves_of_a_seal", _STRAY) for number in stray]
    return (previous.seal.number if previous else 0), problems


async def _root_flaws(database: Database, signed: SignedSeal) -> list[tuple[str, str]]:
    tree = Tree()
    # Wherever they stand: one before the first would be a leaf that no root is over.
    after: int | None = None
    try:
        while leaves := await database.read(read_leaves, signed.seal.number, after, PAGE):
            for placed in leaves:
                tree.append(placed.leaf.entry())
            after = leaves[-1].position
    except UNREADABLE as exc:
        return [("readable", f"One of its leaves cannot be read: {exc}")]
    if (tree.size, tree.root().hex()) == (signed.seal.payments, signed.seal.root):
        return []
    sentence = f"Its {tree.size} leaves do not give the root that was signed over "
    return [("root", f"{sentence}{signed.seal.payments}.")]


def _chain_flaws(
    connection: Connection, signed: SignedSeal, chains: Mapping[str, HeadOf]
) -> list[tuple[str, str]]:
    sealed = signed.seal.other_chains
    return [
        ("other_chain", f"The chain {name} is another than was sealed with {sealed[name].count}.")
        for name, head in heads_then(connection, chains, sealed).items()
        if head != sealed[name]
    ]
