"""The test kit as a stranger uses it: the files of docs/testing.md, run in their own folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.docs.blocks import PROJECT, blocks_of

FILE = re.compile(r"# ([\w/]+\.py)\n")
CONFIGURATION = """\
[pytest]
addopts = -p no:cacheprovider
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""


def write_project(folder: Path) -> list[str]:
    """Write each file that the document shows; return their names."""
    (folder / "pytest.ini").write_text(CONFIGURATION, encoding="utf-8")
    names = []
    for block in blocks_of(PROJECT):
        name = FILE.match(block.code)
        assert name is not None, f"line {block.line}: no file is named"
        path = folder / name[1]
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.code, encoding="utf-8")
        names.append(name[1])
    return names


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a project's tests, with no setting of ours but one that must not count."""
    kept = {name: value for name, value in os.environ.items() if "ORCHESTRATOR_" not in name}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=folder,
        env=kept | {"ORCHESTRATOR_MAX_ATTEMPTS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_strangers_project_passes(tmp_path: Path) -> None:
    """Every test that the document shows passes, without a warning, and leaves nothing behind."""
    names = write_project(tmp_path)
    done = run(tmp_path)
    left = [path.name for path in tmp_path.rglob("*") if path.suffix in {".db", ".env", ".log"}]

    assert "conftest.py" in names
    assert re.search(r"^\d+ passed in ", done.stdout, re.MULTILINE), done.stdout + done.stderr
    assert done.returncode == 0
    assert left == []
