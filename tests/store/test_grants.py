"""What the service may do to each table is decided on purpose, table by table."""

from __future__ import annotations

from typing import Final

from orchestrator.store.grants import APPEND, CHANGE, GRANTS, KEEP, PASS_ON, READ, TURN
from orchestrator.store.schema import metadata

ALEMBICS: Final = "alembic_version"


def test_every_table_is_decided() -> None:
    """A table that is new is granted nothing until its line is written, and none is left over."""
    assert set(GRANTS) == {ALEMBICS, *metadata.tables}


def test_every_right_has_a_name() -> None:
    """What is granted is one of the named lists, so that each says what it is for."""
    assert set(GRANTS.values()) == {READ, APPEND, CHANGE, TURN, PASS_ON, KEEP}


def test_what_is_hashed_is_only_appended_to() -> None:
    """Rows that a chain's hash covers are written once."""
    hashed = {
        name
        for name, table in metadata.tables.items()
        if {"hash", "previous_hash"} <= set(table.columns.keys())
    }

    assert hashed >= {"payment_transitions", "evidence"}
    assert {GRANTS[name] for name in hashed} == {APPEND}
