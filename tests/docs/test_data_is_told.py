"""The page about personal data names each column that there is, and says of each what it tells."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import pytest

from orchestrator.store.schema import metadata_of
from tests.docs.blocks import read

PAGE: Final = "docs/data.md"
KINDS: Final = {"none", "pseudonym", "card", "words", "staff", "digest"}
TABLES: Final = {
    name: table for part in metadata_of("sqlite") for name, table in part.tables.items()
}
# What ``orchestrator erase`` takes away, and nothing else can be called so.
WORDS: Final = {
    ("payments", "description"),
    ("payments", "metadata"),
    ("refunds", "metadata"),
    ("refunds", "parameters"),
}


def told() -> dict[str, list[tuple[str, str]]]:
    """Read what the page says: for each table its columns, each with its kind."""
    found = {}
    for section in re.split(r"^### ", read(PAGE), flags=re.MULTILINE)[1:]:
        name = re.match(r"`(\w+)`\n", section)
        if name is None:
            continue
        rows = re.findall(r"^\| (`[^|]+) \| [^|]+ \| (\w+) \|$", section, re.MULTILINE)
        found[name[1]] = [
            (column, kind) for cell, kind in rows for column in re.findall(r"`(\w+)`", cell)
        ]
    return found


TOLD: Final = told()


def test_every_table_is_told() -> None:
    """Each table of either database has its section, and no section is of a table that is gone."""
    assert TOLD.keys() == TABLES.keys()


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_told(table: str) -> None:
    """Each column is named once: whoever adds one says what it tells of a person."""
    named = Counter(column for column, _ in TOLD.get(table, []))

    assert named == Counter(TABLES[table].c.keys())


def test_kinds_are_the_explained_ones() -> None:
    """What a column tells is one of the words that the page explains."""
    assert {kind for columns in TOLD.values() for _, kind in columns} <= KINDS
    assert [kind for kind in KINDS if f"**{kind}**" not in read(PAGE)] == []


def test_only_what_can_be_erased_is_words() -> None:
    """A column of callers' own words is one that the command erases."""
    words = {
        (table, name)
        for table, columns in TOLD.items()
        for name, kind in columns
        if kind == "words"
    }

    assert words == WORDS
