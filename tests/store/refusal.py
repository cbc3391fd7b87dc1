"""What it means that a database refuses: an error of the right kind, and no row changed."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

import asyncpg
import pytest

from tests.store.worlds import World

REFUSALS = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)
Action = Callable[[Any], list[str]]


def assert_refused(world: World, statements: list[str]) -> None:
    """Run statements as one transaction, which must fail and leave no trace."""
    with pytest.raises(REFUSALS):
        world.run(*statements)

    assert world.snapshot() == world.seeded


def rows_of(actions: Mapping[str, Action]) -> list[Any]:
    """Turn a table of actions into the rows of a parametrized test."""
    return [pytest.param(action, id=name) for name, action in actions.items()]
