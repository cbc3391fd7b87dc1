"""A Merkle tree as in RFC 6962, section 2.1: one root for any number of entries, in their order.

It grows by an entry at a time and keeps one hash for each bit of its size, so a million entries
need no more memory than twenty. Leaves and nodes are hashed apart, so that neither passes for the
other. https://www.rfc-editor.org/rfc/rfc6962#section-2.1
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

EMPTY_ROOT: Final = hashlib.sha256().digest()
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry."""
    return hashlib.sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into the one above them."""
    return hashlib.sha256(_NODE + left + right).digest()


class Tree:
    """A tree that entries are appended to; it knows its root and nothing of the entries."""

    def __init__(self) -> None:
        """Begin without an entry."""
        self.size = 0
        # The roots of the full subtrees, the largest first: one for each bit of the size.
        self._peaks: list[bytes] = []

    def append(self, entry: bytes) -> None:
        """Append an entry."""
        node, full = leaf_hash(entry), self.size
        while full & 1:
            node, full = node_hash(self._peaks.pop(), node), full >> 1
        self._peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all entries so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_of(entries: Iterable[bytes]) -> bytes:
    """Return the root over entries."""
    tree = Tree()
    for entry in entries:
        tree.append(entry)
    return tree.root()


def inclusion_path(entries: Iterable[bytes], index: int, size: int) -> list[bytes]:
    """Return the hashes that lead from one entry to the root, the lowest first.

    Reads the entries once and keeps none. https://www.rfc-editor.org/rfc/rfc6962#section-2.1.1

    Raises:
        ValueError: there is no such index, or the entries are not ``size``.
    """
    if not 0 <= index < size:
        raise ValueError(f"There is no entry {index} among {size}.")
    subtrees = _subtrees_beside(index, 0, size)
    trees = [Tree() for _ in subtrees]
    # From left to right every entry belongs to the next subtree, or is the one asked for.
    order = sorted(range(len(subtrees)), key=lambda place: subtrees[place][0])
    current, count = iter(order), 0
    end, tree = 0, Tree()
    for count, entry in enumerate(entries, start=1):
        if count - 1 == index:
            continue
        if count > end:
            place = next(current, None)
            if place is None:
                break
            end, tree = subtrees[place][1], trees[place]
        tree.append(entry)
    if count != size:
        raise ValueError(f"There are not {size} entries.")
    return [tree.root() for tree in trees]


def _subtrees_beside(index: int, start: int, end: int) -> list[tuple[int, int]]:
    """Return the ranges whose roots the path to an entry takes, the lowest first."""
    if end - start == 1:
        return []
    middle = start + (1 << ((end - start - 1).bit_length() - 1))
    if index < middle:
        return [*_subtrees_beside(index, start, middle), (middle, end)]
    return [*_subtrees_beside(index, middle, end), (start, middle)]


def root_by_path(entry: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that a path leads to; null for a path that cannot be of this place.

    https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2
    """
    if not 0 <= index < size:
        return None
    place, last, node = index, size - 1, leaf_hash(entry)
    for step in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            node = node_hash(step, node)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, step)
        place, last = place >> 1, last >> 1
    return node if last == 0 else None
