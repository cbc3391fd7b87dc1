"""Every command and program in the documents is run against a real deployment, in order."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from orchestrator.cli.storage import stored
from orchestrator.keys import create_key
from orchestrator.settings import Settings
from orchestrator.store.keys import insert_key
from tests.cli.programs import Program
from tests.docs.blocks import DOCUMENTS, PROJECT, REPOSITORY, RUN, Block, blocks_of, contains

# Keeps what a block sets for the blocks after it.
SHELL = "set -aeuo pipefail\n[ ! -f {state} ] || . {state}\n{code}\nexport -p > {state}\n"


@dataclass(frozen=True)
class Deployment:
    """A running service over the stand-in, and where its files are."""

    folder: Path
    url: str
    stand_in: str
    database_url: str
    environment: dict[str, str]

    def key(self, name: str) -> str:
        """Make a key that may do what a shop's may, for an owner of its own."""
        return asyncio.run(self._make_key(name))

    async def _make_key(self, name: str) -> str:
        row, secret = create_key(name, "payments", None, datetime.now(UTC))
        async with stored(Settings(database_url=self.database_url)) as database:
            await database.write(insert_key, row)
        return secret


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Serve over the stand-in from a folder of its own, as the documents do."""
    folder = tmp_path_factory.mktemp("documents")
    kept = {name: value for name, value in os.environ.items() if "ORCHESTRATOR_" not in name}
    database_url = f"sqlite:///{folder / 'orchestrator.db'}"
    environment = kept | {
        "ORCHESTRATOR_DATABASE_URL": database_url,
        "PYTHONPATH": str(REPOSITORY),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        # Nobody reads its log meanwhile: once the pipe was full, it would stop.
        patch.setenv("ORCHESTRATOR_LOG_LEVEL", "error")
        server = Program("serve", "--sandbox", "--port", "0")
    try:
        told = server.read_until("Serving on")
        assert server.process.stderr is not None, "the program was given a pipe"
        # Before the server: where the stand-in is.
        stand_in = ""
        while "stand-in is at" not in stand_in:
            stand_in = server.process.stderr.readline()
        yield Deployment(folder, _address(told), _address(stand_in), database_url, environment)
    finally:
        server.process.terminate()
        server.finish()


def _address(text: str) -> str:
    found = re.search(r"http://[\d.]+:\d+", text)
    assert found is not None, f"no address in {text!r}"
    return found[0]


def run(block: Block, deployment: Deployment, environment: dict[str, str], state: Path) -> str:
    """Run a block as a reader would, and return what it printed."""
    if block.language == "python":
        command, text = [sys.executable, "-W", "error", "-"], block.code
    else:
        command, text = ["bash"], SHELL.format(state=state, code=block.code)
    done = subprocess.run(
        command,
        input=text,
        cwd=deployment.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, f"line {block.line}: {done.stderr}{done.stdout}\n{block.code}"
    return done.stdout


# Those that start processes of their own, block after block.
LONG: Final = {"docs/operating.md", "docs/reconciling.md"}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(each, marks=pytest.mark.thorough) if each in LONG else each
        for each in DOCUMENTS
        if each != PROJECT
    ],
)
def test_a_document_does_what_it_says(deployment: Deployment, document: str) -> None:
    """Each block of a document runs, and prints what the document shows of it."""
    name = document.replace("/", "-").removesuffix(".md")
    state = deployment.folder / f"{name}.state"
    environment = deployment.environment | {
        "URL": deployment.url,
        "STAND_IN": deployment.stand_in,
        "KEY": deployment.key(name),
    }
    wrong = []
    for block in blocks_of(document):
        if block.language not in RUN or block.reason is not None:
            continue
        printed = run(block, deployment, environment, state)
        if block.shown is not None and not contains(json.loads(printed), json.loads(block.shown)):
            wrong.append(
                f"line {block.line} printed {printed} where the document shows {block.shown}"
            )

    assert wrong == []
