"""Child processes of the commands: started on a leash, and never left behind.

A child is in a session of its own, so Ctrl-C reaches the parent alone, which then ends its children
in order.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

import orchestrator
from orchestrator.cli.failures import CommandFailed

_PACKAGE_FOLDER: Final = Path(orchestrator.__file__).parents[1]
STOP_SECONDS: Final = 8.0

Child = subprocess.Popen[str]


def start_module(
    module: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    stdout: int | IO[Any] = subprocess.PIPE,
    stderr: int | IO[Any] | None = None,
) -> Child:
    """Start ``python -m module`` as a child that ends when this process does."""
    inherited = os.environ if environment is None else environment
    paths = [str(_PACKAGE_FOLDER), *filter(None, [inherited.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", "orchestrator.cli.leash", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        text=True,
        cwd=folder,
        env={**inherited, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )


def stop(child: Child) -> None:
    """End a child: politely, and if that does not help, at once."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            stream.close()


def start_stand_in(
    port: int = 0,
    *,
    environment: Mapping[str, str] | None = None,
    stderr: int | IO[Any] | None = None,
) -> tuple[Child, str]:
    """Start the Stripe stand-in on loopback and return it with its address; port 0 is a free one.

    Raises:
        CommandFailed: it did not start.
    """
    child = start_module(
        "orchestrator.sandbox", "--port", str(port), environment=environment, stderr=stderr
    )
    assert child.stdout is not None, "the child was given a pipe"
    address = child.stdout.readline().strip()
    if not address.startswith("http://"):
        stop(child)
        raise CommandFailed(
            "The Stripe stand-in did not start; its message stands above. "
            "Try it alone with: orchestrator sandbox"
        )
    return child, address
