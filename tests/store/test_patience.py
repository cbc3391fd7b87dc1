"""A database that comes back is waited for; one that does not is told of in one way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.errors import DatabaseUnavailable, WriteConflict
from orchestrator.store.patience import PatientDatabase

REFUSED = ConnectionRefusedError(111, "refused")
PATIENCE_SECONDS = 10.0


class Failing:
    """A database that fails as told, and then works."""

    dialect = "postgresql"

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.tries = 0

    async def read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Fail, or run the function."""
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        return function(*arguments)

    async def write(
        self, function: Callable[..., Any], *arguments: Any, one_statement: bool = False
    ) -> Any:
        """Fail, or run the function and tell how it was asked for."""
        return await self.read(function, *arguments), one_statement

    async def close(self) -> None:
        """Do nothing."""


class Time:
    """A time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def patient(database: Failing, time: Time, seconds: float = PATIENCE_SECONDS) -> PatientDatabase:
    """Stand patience before a database."""
    return PatientDatabase(database, seconds, ticks=lambda: time.now, sleep=time.sleep)


async def test_read_survives_lost_connections() -> None:
    """What fails three times and then works is a read like any other."""
    database = Failing(REFUSED, ConnectionResetError(), TimeoutError())

    assert await patient(database, Time()).read(lambda: 7) == 7
    assert database.tries == 4


async def test_write_is_repeated_as_it_was_asked_for() -> None:
    """A write is tried again with the same arguments."""
    database = Failing(REFUSED)
    written = await patient(database, Time()).write(lambda a: a, 7, one_statement=True)

    assert written == (7, True)


async def test_patience_ends() -> None:
    """A database that stays away is told of before the time allowed is over."""
    time, database = Time(), Failing(*[REFUSED] * 1000)

    with pytest.raises(DatabaseUnavailable):
        await patient(database, time).read(lambda: 7)

    assert PATIENCE_SECONDS - 1 <= time.now <= PATIENCE_SECONDS
    assert database.tries < 40


async def test_no_patience_tries_once() -> None:
    """Without any time allowed there is one try."""
    database = Failing(REFUSED)

    with pytest.raises(DatabaseUnavailable):
        await patient(database, Time(), seconds=0).read(lambda: 7)

    assert database.tries == 1


async def test_what_waiting_does_not_help_is_told_at_once() -> None:
    """A database that is there and cannot is not asked again and again."""
    full = OSError()
    full.sqlstate = "53100"  # type: ignore[attr-defined]  # as the driver's errors have one
    database = Failing(full)

    with pytest.raises(DatabaseUnavailable):
        await patient(database, Time()).read(lambda: 7)

    assert database.tries == 1


@pytest.mark.parametrize("refusal", [WriteConflict("pay_1"), TypeError("a bug")], ids=repr)
async def test_refusals_pass_as_they_are(refusal: Exception) -> None:
    """What the database or the job itself refuses is the caller's to understand, and at once."""
    database = Failing(refusal)

    with pytest.raises(type(refusal)):
        await patient(database, Time()).write(lambda: 7)

    assert database.tries == 1
