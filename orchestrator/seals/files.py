"""A seal as a file to keep elsewhere: one line for the seal, one for each of its leaves.

Every line is canonical JSON, and the leaf lines are the very entries of the tree. So each byte of
the file is vouched for: by the signature, by the root, or by there being one spelling only.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import orjson

from orchestrator.chain import canonical
from orchestrator.errors import OrchestratorError
from orchestrator.given_files import lines_of, refuse_irregular
from orchestrator.seals.seal import Leaf, SignedSeal, seal_from_json
from orchestrator.seals.tree import Tree
from orchestrator.store.connections import Database
from orchestrator.store.seals import read_leaves

PAGE: Final = 2000


class SealFileBroken(OrchestratorError):
    """A seal's file is not as it was written."""

    code = "seal_file_broken"


async def seal_lines(database: Database, signed: SignedSeal) -> AsyncIterator[bytes]:
    """Give the lines of a seal's file, a page of leaves at a time."""
    yield canonical(signed.as_json()) + b"\n"
    after = -1
    while leaves := await database.read(read_leaves, signed.seal.number, after, PAGE):
        for placed in leaves:
            yield placed.leaf.entry() + b"\n"
        after = leaves[-1].position


def read_seal_file(path: Path) -> SignedSeal:
    """Read the seal of a file and check that its leaves give its root.

    Whether the signature is of a trusted key is not looked at here.

    Raises:
        SealFileBroken: the file cannot be read, or is not as it was written.
    """
    try:
        refuse_irregular(path)
        with path.open("rb") as file:
            lines = lines_of(file)
            signed = _read_head(next(lines, b""))
            tree = Tree()
            for line in lines:
                tree.append(_read_leaf(_without_end(line)).entry())
    except OSError as exc:
        raise SealFileBroken(f"{path} cannot be read ({exc.strerror}).") from exc
    except ValueError as exc:
        raise SealFileBroken(f"{path} is not as it was written. {exc}") from exc
    if (tree.size, tree.root().hex()) != (signed.seal.payments, signed.seal.root):
        raise SealFileBroken(
            f"{path} is not as it was written. Its {tree.size} leaves do not give the root that "
            f"was signed over {signed.seal.payments}."
        )
    return signed


def leaves_of_file(path: Path) -> Iterator[Leaf]:
    """Read the leaves of a file that ``read_seal_file`` has checked, one at a time."""
    with path.open("rb") as file:
        lines = lines_of(file)
        next(lines, b"")
        for line in lines:
            yield _read_leaf(_without_end(line))


def _read_head(line: bytes) -> SignedSeal:
    value = orjson.loads(_without_end(line))
    signed = seal_from_json(value)
    if canonical(value) + b"\n" != line:
        raise ValueError("Its first line is spelled otherwise.")
    return signed


def _read_leaf(entry: bytes) -> Leaf:
    value = orjson.loads(entry)
    try:
        leaf = Leaf(
            payment=value["payment"],
            version=value["version"],
            last_hash=value["last_hash"],
            evidence_count=value["evidence_count"],
            evidence_hash=value["evidence_hash"],
            attempts=tuple(value["attempts"]),
        )
        same = leaf.entry() == entry and _is_of_its_types(leaf)
    except (KeyError, TypeError) as exc:
        raise ValueError("One of its lines is no leaf.") from exc
    if not same:
        raise ValueError("One of its lines is no leaf, or is spelled otherwise.")
    return leaf


def _is_of_its_types(leaf: Leaf) -> bool:
    texts = (leaf.payment, leaf.last_hash, leaf.evidence_hash, *leaf.attempts)
    numbers = (leaf.version, leaf.evidence_count)
    return all(isinstance(text, str) for text in texts) and all(
        type(number) is int for number in numbers
    )


def _without_end(line: bytes) -> bytes:
    if not line.endswith(b"\n"):
        raise ValueError("Its last line has no end.")
    return line[:-1]
