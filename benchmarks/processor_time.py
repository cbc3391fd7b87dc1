"""How much CPU a process has used, as the operating system counts it.

All threads of a process are counted, user and system time together.
"""

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

_PROC: Final = Path("/proc")
_HAS_PROC: Final = _PROC.joinpath("self", "stat").exists()
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


class _Usage(NamedTuple):
    """Seconds used by a process, and by those of its children that have ended."""

    parent: int
    own: float
    ended_children: float


def used_seconds(pid: int) -> float:
    """Return the CPU seconds a process has used so far."""
    return _usages()[pid].own


def used_seconds_of_family(pid: int) -> float:
    """Return the CPU seconds of a process and of its children, living and ended."""
    usages = _usages()
    living = sum(usage.own for usage in usages.values() if usage.parent == pid)
    return usages[pid].own + usages[pid].ended_children + living


def _usages() -> dict[int, _Usage]:
    return _from_proc() if _HAS_PROC else _from_ps()


def _from_proc() -> dict[int, _Usage]:
    usages = {}
    for place in _PROC.glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):  # ended while we looked
            # The program's name comes first, in brackets, and may itself hold spaces and brackets.
            fields = place.joinpath("stat").read_text().rpartition(")")[2].split()
            user, system, children_user, children_system = map(int, fields[11:15])
            usages[int(place.name)] = _Usage(
                int(fields[1]),
                (user + system) / _TICKS_PER_SECOND,
                (children_user + children_system) / _TICKS_PER_SECOND,
            )
    return usages


def _from_ps() -> dict[int, _Usage]:
    """Ask ``ps`` where there is no /proc; macOS writes minutes, seconds and hundredths."""
    command = ["ps", "-A", "-o", "pid=,ppid=,time="]
    written = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    usages = {}
    for row in written.splitlines():
        pid, parent, time = row.split()
        seconds = 0.0
        for part in time.replace("-", ":").split(":"):
            seconds = seconds * 60 + float(part)
        usages[int(pid)] = _Usage(int(parent), seconds, 0.0)
    return usages
