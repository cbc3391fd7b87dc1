"""The code blocks of a document, and what must be true of each before it can be run.

Conventions, all of them visible in the document: ``sh`` and ``python`` blocks are run, in order,
with what earlier ones set; a ``json`` block after one shows a part of what it prints, with "…" for
what differs each time; ``<!-- not run: why -->`` before a block says why it is not; other languages
are for reading.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = (
    "README.md",
    "docs/integrating.md",
    "docs/operating.md",
    "docs/client.md",
    "docs/reconciling.md",
    "docs/rules.md",
    "docs/data.md",
    "docs/auditing.md",
    "docs/testing.md",
    "docs/events.md",
    "examples/checkout/README.md",
    "examples/receiver/README.md",
)
# Its blocks are the files of one project, and run as that: see test_testing_kit.py.
PROJECT = "docs/testing.md"
RUN = frozenset({"sh", "bash", "python"})

_BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>[^>]*?) -->\n)?^```(?P<language>\w*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One block: where it stands, what it is, and what it must print, if the document shows it."""

    line: int
    language: str
    code: str
    reason: str | None = None
    shown: str | None = None


def read(document: str) -> str:
    """Read a document."""
    return (REPOSITORY / document).read_text(encoding="utf-8")


def blocks_of(document: str) -> list[Block]:
    """List a document's blocks, each with the answer that follows it."""
    found = list(_found(read(document)))
    return [
        Block(
            block.line,
            block.language,
            block.code,
            block.reason,
            after.code if after is not None and after.language == "json" else None,
        )
        for block, after in zip(found, [*found[1:], None], strict=True)
        if block.language != "json"
    ]


def _found(text: str) -> Iterator[Block]:
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(line, match["language"], match["code"], match["reason"])


def contains(real: Any, shown: Any) -> bool:
    """Tell whether a real answer has what is shown of it; "…" stands for anything that is there."""
    if shown == "…":
        return real is not None
    if isinstance(shown, dict):
        return isinstance(real, dict) and all(
            name in real and contains(real[name], value) for name, value in shown.items()
        )
    if isinstance(shown, list):
        return isinstance(real, list) and all(
            any(contains(item, wanted) for item in real) for wanted in shown
        )
    return bool(real == shown)
