"""Run one throw-away PostgreSQL for as long as standard input stays open.

A process of its own, so that server and files go away however the process that wanted them ends,
SIGKILL included: its end of the pipe closes. Until then each line of the pipe is an order: to
restart the server, to kill it, to run a standby beside it. Runs by path, on the standard library
alone, and never runs PostgreSQL as root.
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
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NamedTuple

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
BASEBACKUP_OPTIONS = ("--wal-method=stream", "--checkpoint=fast", "--no-sync")
# What the last line of the status file says of a server that takes connections.
READY = {"ready", "standby"}
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
        with directory() as (place, account), ExitStack() as servers:
            programs = Path(request["programs"])
            if account.uid is not None:
                programs = copy_programs(programs, place, account)
            primary = Server(programs, account, place, place / "data", request["settings"])
            primary.create()
            servers.callback(primary.stop)
            primary.start()
            report(directory=str(place))
            for line in sys.stdin:
                report(**carry_out(json.loads(line), primary, servers))
    except StartError as error:
        report(error=str(error))
        return 1
    return 0


def carry_out(order: Mapping[str, str], primary: Server, servers: ExitStack) -> dict[str, str]:
    """Carry out one order; return what is to be reported."""
    try:
        if order["order"] == "restart":
            primary.restart(getattr(signal, order["signal"]))
        elif order["order"] == "kill":
            primary.kill()
        else:
            standby = primary.copy()
            servers.callback(standby.stop)
            standby.start()
            return {"directory": str(standby.place)}
    except (StartError, subprocess.TimeoutExpired) as error:
        return {"error": str(error)}
    return {"done": order["order"]}


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


class Server:
    """PostgreSQL on one data directory, reached through a socket in ``place``."""

    def __init__(
        self,
        programs: Path,
        account: Account,
        place: Path,
        cluster: Path,
        settings: Mapping[str, str],
    ) -> None:
        self.programs, self.account, self.place, self.cluster = programs, account, place, cluster
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Return where the server writes what it does."""
        return self.place / "log"

    def create(self) -> None:
        """Make an empty data directory."""
        self.run("initdb", "-D", self.cluster, *INITDB_OPTIONS)

    def start(self) -> None:
        """Run the server and wait until it takes connections."""
        wanted = {"listen_addresses": "", "unix_socket_directories": self.place, **self.settings}
        options = [part for name, value in wanted.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [self.programs / "bin" / "postgres", "-D", self.cluster]
        status = self.cluster / "postmaster.pid"
        # What a server that was killed has left says that it is ready.
        status.unlink(missing_ok=True)
        self.process = launch([*command, *options], self.account, self.log)
        wait_until_ready(self.process, status, self.log)

    def restart(self, number: int) -> None:
        """End the server with a signal, and run it again on the same data."""
        assert self.process is not None, "only a server that runs is restarted"
        self.process.send_signal(number)
        self.process.wait(START_TIMEOUT_SECONDS)
        self.start()

    def kill(self) -> None:
        """Kill every process of the server, as a machine does that loses its power."""
        assert self.process is not None, "only a server that runs is killed"
        for pid in (self.process.pid, *children_of(self.process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def copy(self) -> Server:
        """Make a standby that follows this server; it is named ``copy`` there."""
        place = self.place / "copy"
        place.mkdir()
        give(place, self.account)
        source = ("-h", self.place, "-U", "postgres")
        self.run("pg_basebackup", *source, "-D", place / "data", "-R", *BASEBACKUP_OPTIONS)
        follows = f"host={self.place} user=postgres application_name=copy"
        settings = {**self.settings, "primary_conninfo": follows}
        return Server(self.programs, self.account, place, place / "data", settings)

    def run(self, name: str, *arguments: str | Path) -> None:
        """Run one of PostgreSQL's programs to its end."""
        command = [self.programs / "bin" / name, *arguments]
        with spawn(command, self.account, self.log) as process:
            if process.wait(START_TIMEOUT_SECONDS) != 0:
                raise StartError(f"{name} failed:\n{self.log.read_text()}")

    def stop(self) -> None:
        """End the server, if it runs."""
        if self.process is not None:
            stop(self.process)


def children_of(pid: int) -> list[int]:
    """List the processes that a process has started; on Linux alone, elsewhere they end by it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in children.read_text().split()] if children.exists() else []


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
    process = launch(command, account, log)
    try:
        yield process
    finally:
        stop(process)


def launch(command: Sequence[str | Path], account: Account, log: Path) -> subprocess.Popen[bytes]:
    """Start a program under the account, its output in the log."""
    with log.open("ab") as output:
        return subprocess.Popen(
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
    while not (status.exists() and READY & set(status.read_text().split())):
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
