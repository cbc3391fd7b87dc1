"""Writes the machine's pictures and tables next to this file, and tells when they are stale.

Run ``python -m diagrams.generate`` to write, with ``--check`` to compare. Nothing in the written
files is edited by hand.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from orchestrator.states.diagram import draw
from orchestrator.states.exports import as_csv, as_mermaid

FOLDER: Final = Path(__file__).parent

FILES: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "payment.mmd": as_mermaid,
        "payment.svg": draw,
        "transitions.csv": as_csv,
    }
)


def write(folder: Path = FOLDER) -> None:
    """Write every file as the table has it now."""
    for name, content in FILES.items():
        (folder / name).write_bytes(content().encode())


def stale(folder: Path = FOLDER) -> tuple[str, ...]:
    """Name the files that are missing or differ from what the table would give."""
    return tuple(
        name for name, content in FILES.items() if not _holds(folder / name, content().encode())
    )


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """Write the files, or with ``--check`` compare them; give the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m diagrams.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when stale")
    if not parser.parse_args(arguments).check:
        write(folder)
        return 0
    names = stale(folder)
    if names:
        sys.stderr.write(
            f"Stale in {folder}: {', '.join(names)}. Run python -m diagrams.generate.\n"
        )
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
