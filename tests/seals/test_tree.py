"""The tree is RFC 6962's: its roots are the known ones, and a path leads to no other root."""

import pytest

from orchestrator.seals.tree import (
    EMPTY_ROOT,
    Tree,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_by_path,
    root_of,
)

# The entries and roots that implementations of Certificate Transparency test themselves with:
# https://github.com/google/certificate-transparency/blob/master/python/ct/crypto/merkle_test.py
ENTRIES = tuple(
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
)
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 65, 100)


def entries_of(size: int) -> list[bytes]:
    """Return so many different entries."""
    return [f"entry {number}".encode() for number in range(size)]


@pytest.mark.parametrize("size", range(1, len(ROOTS) + 1))
def test_roots_are_the_known_ones(size: int) -> None:
    """A tree over the entries that everybody tests with has the root that everybody gets."""
    assert root_of(ENTRIES[:size]).hex() == ROOTS[size - 1]


def test_no_entries_have_a_root() -> None:
    """The root over nothing is the hash of nothing."""
    assert root_of([]) == EMPTY_ROOT


def test_leaves_and_nodes_are_told_apart() -> None:
    """Two hashes taken for an entry do not give the root over them."""
    left, right = leaf_hash(b"a"), leaf_hash(b"b")

    assert leaf_hash(left + right) != node_hash(left, right)


def test_a_tree_keeps_a_hash_for_each_bit() -> None:
    """However many entries there are, what is kept is as little as the digits of their number."""
    tree = Tree()
    for entry in entries_of(1023):
        tree.append(entry)

    assert len(tree._peaks) == 10


@pytest.mark.parametrize("size", SIZES)
def test_every_path_leads_to_the_root(size: int) -> None:
    """The path of each entry leads to the root over all."""
    entries = entries_of(size)
    root = root_of(entries)
    found = {
        root_by_path(entry, index, size, inclusion_path(iter(entries), index, size))
        for index, entry in enumerate(entries)
    }

    assert found == {root}


@pytest.mark.parametrize("size", [2, 5, 8, 13])
def test_no_other_entry_has_the_path(size: int) -> None:
    """A path proves one entry at one place: no other entry, no other place, nothing left out."""
    entries = entries_of(size)
    root = root_of(entries)
    for index, entry in enumerate(entries):
        path = inclusion_path(entries, index, size)
        assert root_by_path(b"another", index, size, path) != root
        assert root_by_path(entry, (index + 1) % size, size, path) != root
        assert root_by_path(entry, index, size, path[:-1]) != root
        assert root_by_path(entry, index, size, [*path, root]) is None


def test_a_place_outside_has_no_path() -> None:
    """An index outside of the entries has neither a path nor a root."""
    assert root_by_path(b"a", 2, 2, []) is None
    with pytest.raises(ValueError, match="no entry 2"):
        inclusion_path(entries_of(2), 2, 2)


@pytest.mark.parametrize("size", [3, 9])
def test_entries_have_to_be_as_many_as_told(size: int) -> None:
    """A path over another number of entries than is told is refused."""
    with pytest.raises(ValueError, match=f"not {size} entries"):
        inclusion_path(entries_of(6), 0, size)
