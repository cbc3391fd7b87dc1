"""The orchestrator and the Stripe stand-in, started beside the shop on free ports of this machine.

Uses nothing but the command line, as somebody does who has only read the README.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from examples.checkout.settings import Settings
from orchestrator.cli.children import start_module, stop

# The stand-in keeps one account for each key: this is the publishable one of `serve --sandbox`.
PUBLISHABLE_KEY: Final = "pk_test_sandbox"
CREATE_KEY: Final = ("keys", "create", "--name", "shop", "--scope", "payments", "--json")
_SERVING: Final = re.compile(r"^Serving on (\S+)")
_STAND_IN: Final = re.compile(r"^The Stripe stand-in is at (\S+)$", re.MULTILINE)


class NotStarted(Exception):
    """One of the programs did not start; the end of its output says why."""


@contextmanager
def everything(folder: Path) -> Iterator[Settings]:
    """Run stand-in, API and worker beside the block, over a database in ``folder``.

    Raises:
        NotStarted: one of them did not start.
    """
    environment = _environment(folder)
    with (folder / "programs.log").open("w") as log:
        server = start_module(
            *("orchestrator", "serve", "--sandbox", "--port", "0"),
            environment=environment,
            stderr=log,
        )
        try:
            assert server.stdout is not None, "the child was given a pipe"
            serving = _SERVING.match(server.stdout.readline())
            said = (folder / "programs.log").read_text()
            stand_in = _STAND_IN.search(said)
            if serving is None or stand_in is None:
                raise NotStarted(f"The orchestrator did not start.\n{said}")
            yield Settings(serving[1], _create_key(environment), PUBLISHABLE_KEY, stand_in[1])
        finally:
            stop(server)


def _environment(folder: Path) -> dict[str, str]:
    """Leave out whatever a real deployment has set: this one must never touch it."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith("ORCHESTRATOR_")}
    return kept | {
        "ORCHESTRATOR_DATABASE_URL": f"sqlite:///{folder / 'checkout.db'}",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def _create_key(environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", *CREATE_KEY],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotStarted(f"The shop got no API key. {done.stderr.strip()}")
    return str(json.loads(done.stdout)["secret"])
