"""Compares a table with the one that a test expects, and says row by row where they differ."""

from collections.abc import Iterable, Iterator
from typing import Final

from orchestrator.states import TRANSITIONS

Row = tuple[str, str, str]


class TablesDiffer(AssertionError):
    """Two tables are not the same; the message lists each row that differs."""


def assert_table(
    expected: Iterable[tuple[str, str, str]], table: Iterable[tuple[str, str, str]] = TRANSITIONS
) -> None:
    """Assert that ``table`` has exactly the ``expected`` rows of source, event and target.

    The order is free. Without a table it is the program's own.

    Raises:
        TablesDiffer: with what is missing, what is there besides, and what leads elsewhere.
    """
    found, wanted = _rows(table), _rows(expected)
    lines = [*_leads_elsewhere(found, wanted), *_doubled(found)]
    told = {row[:2] for row in found} & {row[:2] for row in wanted}
    lines += [f"missing:   {_arrow(row)}" for row in wanted if row[:2] not in told]
    lines += [f"besides:   {_arrow(row)}" for row in found if row[:2] not in told]
    if lines:
        raise TablesDiffer("The table is not the expected one.\n  " + "\n  ".join(lines))


def _rows(table: Iterable[tuple[str, str, str]]) -> list[Row]:
    return [(str(source), str(event), str(target)) for source, event, target in table]


def _leads_elsewhere(found: list[Row], wanted: list[Row]) -> Iterator[str]:
    targets = {row[:2]: row[2] for row in wanted}
    for row in found:
        target = targets.get(row[:2], row[2])
        if target != row[2]:
            yield f"elsewhere: {_arrow(row)}, expected {target}"


def _doubled(found: list[Row]) -> Iterator[str]:
    for row in dict.fromkeys(found):
        if found.count(row) > 1:
            yield f"twice:     {_arrow(row)}"


_ARROW: Final = "{} --{}--> {}"


def _arrow(row: Row) -> str:
    return _ARROW.format(*row)
