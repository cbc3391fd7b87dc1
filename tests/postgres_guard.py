"""Run one throw-away PostgreSQL for as long as standard input stays open.

A process of its own, so that server and files go away however the process that wanted them ends,
SIGKILL included: its end of the pipe closes. Runs by path, on the standard library alone, and
never runs PostgreSQL as root.
"""

from __future__ import annotations

import ctypes
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 10
# Linux allows 107 bytes for a socket's path, macOS 103; ours adds `/pg-xxxxxxxx/.s.PGSQL.5432`.
LONGEST_PARENT_BYTES = 60
POLL_SECONDS = 0.01
INITDB_OPTIONS = (
    "--auth=trust",
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
)
# From linux/prctl.h and linux/sched.h.
PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000

LIBC = ctypes.CDLL(None, use_errno=True)


class Account(NamedTuple):
    """The user a server runs under; None leaves this process's own."""

    uid: int | None = None
    gid: int | None = None


class StartError(Exception):
    """The server could not be started; the message says why, with the end of its log."""


def main() -> int:
    """Start the server, report its directory as one line of JSON, wait, stop it."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop_waiting)
    request = json.loads(sys.argv[1])
    try:
        with directory() as (place, account), server(place, account, request):
            report(directory=str(place))
            sys.stdin.buffer.read()
    except StartError as error:
        report(error=str(error))
        return 1
    return 0


def report(**facts: str) -> None:
    """Tell the caller, who may be gone already: then there is nobody to tell."""
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), json.dumps(facts).encode() + b"\n")


def stop_waiting(number: int, frame: FrameType | None) -> None:
    """Unwind as a closed pipe does, so that a signal cleans up too."""
    raise SystemExit(128 + number)


@contextmanager
def directory() -> Iterator[tuple[Path, Account]]:
    """Make a short-named directory that only the server's user enters, and remove it."""
    account = unprivileged_account() if os.geteuid() == 0 else Account()
    place = Path(tempfile.mkdtemp(prefix="pg-", dir=short_open_parent()))
    try:
        give(place, account)
        yield place, account
    finally:
        shutil.rmtree(place, ignore_errors=True)


def unprivileged_account() -> Account:
    """Choose a user for the server, since PostgreSQL refuses to run as root."""
    others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    if not others:
        raise StartError("PostgreSQL refuses root, and this system has no other user to run it.")
    chosen = next((entry for entry in others if entry.pw_name == "nobody"), others[0])
    return Account(chosen.pw_uid, chosen.pw_gid)


def short_open_parent() -> str:
    """Return a directory for temporary files whose path is short and that any user may enter."""
    for parent in (Path(tempfile.gettempdir()).resolve(), Path("/tmp"), Path("/var/tmp")):
        short = len(os.fsencode(parent)) <= LONGEST_PARENT_BYTES
        if short and all(step.stat().st_mode & 0o001 for step in (parent, *parent.parents)):
            return str(parent)
    raise StartError("No directory for temporary files that any user may enter. Set TMPDIR.")


def give(path: Path, account: Account) -> None:
    """Let the server's user own a path, where that is not us."""
    if account.uid is not None and account.gid is not None:
        os.chown(path, account.uid, account.gid)


@contextmanager
def server(place: Path, account: Account, request: Mapping[str, Any]) -> Iterator[None]:
    """Run PostgreSQL inside the directory."""
    programs = Path(request["programs"])
    if account.uid is not None:
        programs = copy_programs(programs, place, account)
    cluster, log = place / "data", place / "log"
    initdb: list[str | Path] = [programs / "bin" / "initdb", "-D", cluster, *INITDB_OPTIONS]
    with spawn(initdb, account, log) as process:
        if process.wait(START_TIMEOUT_SECONDS) != 0:
            raise StartError(f"initdb failed:\n{log.read_text()}")
    settings = {"listen_addresses": "", "unix_socket_directories": place, **request["settings"]}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with spawn([programs / "bin" / "postgres", "-D", cluster, *options], account, log) as process:
        wait_until_ready(process, cluster / "postmaster.pid", log)
        yield


def copy_programs(programs: Path, place: Path, account: Account) -> Path:
    """Copy the programs to where the server's user may read them: our home may be closed to it."""
    package = programs.parent
    copied = place / package.name / programs.name
    # The programs find their libraries beside the package, by a path relative to their own.
    libraries = package.with_name(f"{package.name}.libs")
    unneeded = shutil.ignore_patterns("include", "doc", "pgxs", "*.a")
    shutil.copytree(programs, copied, symlinks=True, ignore=unneeded)
    if libraries.is_dir():
        shutil.copytree(libraries, place / libraries.name, symlinks=True)
    for path in place.rglob("*"):
        if not path.is_symlink():
            give(path, account)
    return copied


@contextmanager
def spawn(
    command: Sequence[str | Path], account: Account, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program under the account, its output in the log, and end it with the block."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env={"LC_ALL": "C", "PATH": os.defpath},
            user=account.uid,
            group=account.gid,
            extra_groups=None if account.gid is None else [],
            preexec_fn=prepare_child if sys.platform == "linux" else None,
        )
    try:
        yield process
    finally:
        stop(process)


def prepare_child() -> None:
    """End the child with this process, and give its user a name where the system has none."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
    uid, gid = os.geteuid(), os.getegid()
    try:
        pwd.getpwuid(uid)
    except KeyError:
        # initdb refuses a user without a name; in a namespace of its own it is called nobody.
        if LIBC.unshare(CLONE_NEWUSER) == 0:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{pwd.getpwnam('nobody').pw_uid} {uid} 1")
            Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def wait_until_ready(process: subprocess.Popen[bytes], status: Path, log: Path) -> None:
    """Wait until the server says in its status file that it takes connections."""
    give_up_at = time.monotonic() + START_TIMEOUT_SECONDS
    while not (status.exists() and "ready" in status.read_text()):
        if process.poll() is not None or time.monotonic() > give_up_at:
            raise StartError(f"PostgreSQL did not start:\n{log.read_text()}")
        time.sleep(POLL_SECONDS)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the program at once: nobody reads its files again."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGQUIT)
    try:
        process.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
