"""An archive that is not as it was written is found out, with and without its checksum."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pytest

from orchestrator.archive import ArchiveRefused, checksum_of, verify_archive
from tests.archive.conftest import Line, lines_of


def history_of(lines: list[Line], column: str, value: object) -> None:
    """Change a column of a history row."""
    lines[0]["rows"]["payment_transitions"][1][column] = value


CHANGES: Final[Mapping[str, tuple[Callable[[list[Line]], object], str]]] = MappingProxyType(
    {
        "a row's content": (lambda lines: history_of(lines, "reason", "kindness"), "hash"),
        "a row's time": (
            lambda lines: history_of(lines, "occurred_at", "2020-01-01T00:00:00.000000Z"),
            "hash",
        ),
        "a row removed": (
            lambda lines: lines[0]["rows"]["evidence"].pop(0),
            "sequence_without_gaps",
        ),
        "the last row removed": (
            lambda lines: lines[0]["rows"]["payment_transitions"].pop(),
            "state",
        ),
        "the amount": (
            lambda lines: lines[0]["rows"]["payments"][0].update(amount=1),
            "facts_hash",
        ),
        "rows of another payment": (
            lambda lines: lines[0]["rows"].update(evidence=lines[1]["rows"]["evidence"]),
            "belongs_to_payment",
        ),
        "a line doubled": (lambda lines: lines.insert(1, lines[0]), "in_order"),
        "a line moved": (lambda lines: lines.reverse(), "in_order"),
        "a line that is none": (lambda lines: lines[0].pop("rows"), "readable"),
        "rows that are none": (lambda lines: lines[0].update(rows=[]), "readable"),
        "a column gone": (
            lambda lines: lines[0]["rows"]["payments"][0].pop("owner"),
            "readable",
        ),
    }
)


def rewrite(path: Path, change: Callable[[list[Line]], object]) -> None:
    """Change an archive, as somebody would who can write files."""
    lines = lines_of(path)
    change(lines)
    with gzip.open(path, "wt", encoding="utf-8") as written:
        written.writelines(json.dumps(line) + "\n" for line in lines)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_found_without_the_checksum(archive: Path, change: str) -> None:
    """What a chain or the order covers is found in the file alone."""
    checksum_of(archive).unlink()
    apply, rule = CHANGES[change]
    rewrite(archive, apply)

    assert rule in {problem.rule for problem in verify_archive(archive).problems}


def test_a_line_removed_is_found_by_the_checksum(archive: Path) -> None:
    """A payment that is missing altogether breaks no chain, but the file is another one."""
    rewrite(archive, lambda lines: lines.pop())

    assert [problem.rule for problem in verify_archive(archive).problems] == ["sha256"]


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_cut_file_is_refused(archive: Path, cut: int) -> None:
    """A copy that stopped halfway is told as such."""
    archive.write_bytes(archive.read_bytes()[:-cut])

    with pytest.raises(ArchiveRefused, match="no archive, or only a part of one"):
        verify_archive(archive)


def test_a_broken_file_is_refused_wherever_it_broke(archive: Path) -> None:
    """Whichever byte was lost, the file is told as none or in part, or another SHA-256 is."""
    content = archive.read_bytes()
    for place in range(0, len(content), 97):
        archive.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        with suppress(ArchiveRefused):
            assert not verify_archive(archive).holds


def test_a_named_pipe_is_no_archive(tmp_path: Path) -> None:
    """Nobody waits for a pipe that has an archive's name."""
    os.mkfifo(tmp_path / "pipe.gz")

    with pytest.raises(ArchiveRefused, match="it is no regular file"):
        verify_archive(tmp_path / "pipe.gz")


def test_a_checksum_nobody_can_read_is_told(archive: Path) -> None:
    """A SHA-256 that cannot be read is not passed over."""
    checksum_of(archive).unlink()
    checksum_of(archive).mkdir()

    with pytest.raises(ArchiveRefused, match="cannot be read"):
        verify_archive(archive)
