"""Make or refresh a virtual environment from a lock file, and install this checkout into it.

An environment that somebody made another way is kept and completed; one that is broken, or that
came from another folder, is made anew. Runs on the standard library alone.
"""

from __future__ import annotations

import argparse
import fcntl
import subprocess
import sys
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)


def main() -> int:
    """Bring the environment up to date, unless another run did so while this one waited."""
    arguments = parse_arguments()
    with Path(__file__).open("rb") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if is_fresh(arguments.stamp, arguments.lock):
            return 0
        return refresh(arguments.venv, arguments.lock, arguments.stamp)


def is_fresh(stamp: Path, lock: Path) -> bool:
    """Say whether the environment was finished after the lock was last written."""
    return stamp.exists() and stamp.stat().st_mtime > lock.stat().st_mtime


def refresh(environment: Path, lock: Path, stamp: Path) -> int:
    """Install what the lock lists, and leave a stamp that names the project's folder."""
    if not is_healthy(environment, stamp):
        say(f"Making {environment} with Python {sys.version.split()[0]} ...")
        venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(environment)
    say(f"Installing {lock} into {environment} (a minute or two) ...")
    python = environment / "bin" / "python"
    # The lock is complete, so nothing is resolved; it has the build backend, so nothing is fetched.
    status = install(python, "--require-hashes", "-r", str(lock)) or install(
        python, "--no-build-isolation", "--editable", str(PROJECT)
    )
    if status == 0:
        stamp.write_text(f"{PROJECT}\n", encoding="utf-8")
    return status


def say(line: str) -> None:
    """Tell the person at the terminal what takes its time now."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--venv", type=Path, required=True)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--stamp", type=Path, required=True)
    return parser.parse_args()


def is_healthy(environment: Path, stamp: Path) -> bool:
    """Say whether the environment runs here, has pip, and was not moved from another folder."""
    if any(other != stamp for other in environment.glob(".ready-*")):
        return False
    python = environment / "bin" / "python"
    probe = f"import sys; assert sys.version_info >= {OLDEST_PYTHON}, sys.version"
    # An environment made by uv has no pip; ensurepip brings one without the network.
    return runs(python, "-c", probe) and (
        runs(python, "-m", "pip", "--version") or runs(python, "-m", "ensurepip")
    )


def runs(python: Path, *arguments: str) -> bool:
    """Say whether this interpreter is there and ends well."""
    try:
        done = subprocess.run([str(python), "-I", *arguments], check=False, capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def install(python: Path, *arguments: str) -> int:
    """Run pip, which speaks only of errors; return its exit status."""
    options = ["-qq", "--disable-pip-version-check", "--no-input", "--no-deps"]
    command = [str(python), "-m", "pip", "install", *options, *arguments]
    return subprocess.run(command, cwd=PROJECT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
