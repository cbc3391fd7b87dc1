"""Commands as programs of their own, and what is left of them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


class Program:
    """A command that runs as a program of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            # A shell's background job would be deaf to Ctrl-C; a user's program is not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def read_until(self, marker: str) -> str:
        """Read standard output up to the line that holds the marker."""
        assert self.process.stdout is not None, "the program was given a pipe"
        read = ""
        for line in self.process.stdout:
            read += line
            if marker in line:
                return read
        raise AssertionError(f"it ended without {marker!r}: {read}{self.finish()}")

    def finish(self, *, within: float = 60) -> tuple[int, str, str]:
        """Wait for the end; return status, standard output and standard error."""
        output, errors = self.process.communicate(timeout=within)
        return self.process.returncode, output, errors

    def end(self) -> None:
        """Make sure that it has ended."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def children_of(program: Program) -> list[int]:
    """List the processes that a program has started and that have not ended."""
    listed = subprocess.run(
        ["pgrep", "-P", str(program.process.pid)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in listed.stdout.split()]


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and was not collected does not."""
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip()[:1] not in {"", "Z"}


def wait_until_gone(pid: int, seconds: float = 15) -> bool:
    """Wait until a process has ended."""
    deadline = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not is_alive(pid)
