"""Starts the processes of a benchmark and ends every one of them, however the run ends."""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

START_TIMEOUT_SECONDS: Final = 60
STOP_TIMEOUT_SECONDS: Final = 10
POLL_SECONDS: Final = 0.05

ROOT: Final = Path(__file__).resolve().parent.parent


class NotStarted(Exception):
    """A process of the benchmark ended, or did not answer, before it could be measured."""


@contextmanager
def running(
    module: str, *arguments: str, path: str, port: int, environment: Mapping[str, str]
) -> Iterator[int]:
    """Run a module that serves HTTP on the port until the block ends; give its process id.

    It runs in an empty folder, so that no ``.env`` is measured, and logs into a file.

    Raises:
        NotStarted: it did not answer ``path``; the message has the end of its output.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            # Held by its standard input: it ends with us, even if we are killed.
            [sys.executable, "-m", "orchestrator.cli.leash", module, *arguments],
            cwd=folder,
            env={**clean_environment(), **environment},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            if not _serves(process, port, path):
                output.seek(0)
                raise NotStarted(f"{module} did not start:\n{output.read()[-4000:]}")
            yield process.pid
        finally:
            _stop(process)


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment() -> dict[str, str]:
    """Return our environment less a deployment's own settings, which must not be measured."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("ORCHESTRATOR_")
    }
    return {**kept, "PYTHONPATH": str(ROOT)}


def _serves(process: subprocess.Popen[bytes], port: int, path: str) -> bool:
    """Wait until the process answers a request, whatever it thinks of the path."""
    give_up_at = time.monotonic() + START_TIMEOUT_SECONDS
    while process.poll() is None and time.monotonic() < give_up_at:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            try:
                connection.request("GET", path)
                connection.getresponse()
            except (OSError, http.client.HTTPException):
                time.sleep(POLL_SECONDS)
            else:
                return True
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    with process:  # closes the pipe, too
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
