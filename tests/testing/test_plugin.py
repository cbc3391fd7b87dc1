"""What the kit is made of: it needs nothing of these tests, and loads no server for a table."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import orchestrator.testing
from orchestrator.testing import start


def test_the_kit_needs_no_tests() -> None:
    """No module of it names anything under ``tests``."""
    folder = Path(orchestrator.testing.__file__).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))

    assert re.findall(r"^\s*(?:from|import) tests\b.*$", sources, re.MULTILINE) == []


def test_tables_and_paths_load_no_server() -> None:
    """Who only compares tables waits for no server, database or Stripe to be loaded."""
    program = (
        "import orchestrator.testing, sys; "
        "print([name for name in ('api', 'uvicorn', 'stripe', 'pytest') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_an_unknown_setting_is_refused() -> None:
    """A setting with a slip of the pen is named before a test runs without it."""
    with pytest.raises(ValueError, match="There are no settings max_atempts"), start(max_atempts=2):
        pass
