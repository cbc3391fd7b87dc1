"""The program that is given away checks what it is given by itself, and says what that proves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator import given_files
from orchestrator.audit.export import NotSealed, bundle_of
from orchestrator.seals import verifier
from orchestrator.seals.files import SealFileBroken, leaves_of_file, read_seal_file
from orchestrator.seals.seal import public_key_of
from orchestrator.seals.sealing import make_seal
from orchestrator.seals.standalone import source
from orchestrator.seals.verifier import Broken, check, root_of
from orchestrator.states import TRANSITIONS
from orchestrator.store.connections import open_database
from tests.seals.conftest import PUBLIC_KEYS, Files, changed
from tests.seals.test_seal import KEY, OTHER_KEY
from tests.stored_payments import Storyteller, store_one_of_each


def test_untouched_files_hold(files: Files) -> None:
    """A bundle and a seal's file hold as they were written, and say what they prove."""
    told = check(files.bundle, PUBLIC_KEYS)
    sealed = check(files.seal, [])

    assert told.startswith("pay_a is succeeded after 5 history rows, 5 of them in seal 1 of ")
    assert told.endswith("signed with your key")
    assert "over 5 payments" in sealed
    assert PUBLIC_KEYS[0] in sealed


def test_another_key_does_not_hold(files: Files) -> None:
    """A file that is signed with a key that is not the one told does not hold."""
    for file in (files.bundle, files.seal):
        with pytest.raises(Broken, match="none of yours"):
            check(file, [public_key_of(OTHER_KEY)])


async def test_rows_after_the_seal_are_told(sqlite_url: str, tmp_path: Path) -> None:
    """A payment that went on after its seal holds, and the program says how much is newer."""
    database = open_database(sqlite_url)
    payments = await store_one_of_each(database)
    await make_seal(database, KEY, "one")
    await Storyteller(database).opened(payments["pay_e"], "pm_six")
    file = tmp_path / "bundle.json"
    file.write_bytes(await bundle_of(database, "pay_e"))
    await database.close()

    assert check(file, PUBLIC_KEYS).endswith(
        "NOT PROVED, as no seal holds them: 1 of the history rows, 1 of the attempts"
    )


async def test_what_is_not_sealed_has_no_bundle(sqlite_url: str) -> None:
    """A payment that no seal has cannot be proved to somebody outside."""
    database = open_database(sqlite_url)
    await store_one_of_each(database)
    with pytest.raises(NotSealed):
        await bundle_of(database, "pay_a")
    await database.close()


def test_a_kept_seal_reads_as_it_was_written(files: Files) -> None:
    """The file of a seal gives the seal and its leaves again."""
    signed = read_seal_file(files.seal)
    leaves = list(leaves_of_file(files.seal))

    assert (signed.seal.number, signed.seal.payments) == (1, 5)
    assert [leaf.payment for leaf in leaves] == ["pay_a", "pay_b", "pay_c", "pay_d", "pay_e"]


@pytest.mark.parametrize("kind", ["a named pipe", "a device", "a folder"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    """Nobody waits for a pipe, nor fills memory from a device without end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    path = {"a named pipe": pipe, "a device": Path("/dev/zero"), "a folder": tmp_path}[kind]

    with pytest.raises(Broken, match=r"^it is no regular file$"):
        check(path, PUBLIC_KEYS)
    with pytest.raises(SealFileBroken, match=r"cannot be read \(it is no regular file\)\.$"):
        read_seal_file(path)


@pytest.mark.parametrize("begins", [b"", b'{"object":"payment_bundle"', b"whole"])
def test_a_file_beyond_memory_is_not_read_on(
    files: Files, monkeypatch: pytest.MonkeyPatch, begins: bytes
) -> None:
    """A line longer than any that is written is refused, and read no further."""
    monkeypatch.setattr(verifier, "LONGEST_LINE", 2000)
    monkeypatch.setattr(given_files, "LONGEST_LINE", 2000)
    begins = files.seal.read_bytes() if begins == b"whole" else begins
    files.seal.write_bytes(begins)
    os.truncate(files.seal, 1 << 40)

    with pytest.raises(Broken, match=r"^it has a line longer than any that is written$"):
        check(files.seal, PUBLIC_KEYS)
    with pytest.raises(SealFileBroken, match="it has a line longer than any"):
        read_seal_file(files.seal)


def test_the_program_knows_the_machine() -> None:
    """The edges in the program are the machine's, and its empty tree is the known one."""
    assert {(str(r.source), str(r.event), str(r.target)) for r in TRANSITIONS} == verifier.EDGES
    assert root_of(iter([])) == (0, verifier.sha256(b""))


def test_the_program_stands_alone(files: Files, tmp_path: Path) -> None:
    """Run as one file in an empty folder, it imports nothing of ours and says what holds."""
    program = tmp_path / "alone" / "verifier.py"
    program.parent.mkdir()
    program.write_text(source(), encoding="utf-8")
    bad = tmp_path / "bad.json"
    bad.write_bytes(changed(files.bundle.read_bytes(), 2000))
    command = [sys.executable, "-I", str(program), "--public-key", PUBLIC_KEYS[0]]
    done = subprocess.run(
        [*command, str(files.bundle), str(files.seal), str(bad)],
        cwd=program.parent,
        capture_output=True,
        text=True,
    )

    assert "orchestrator" not in source().replace("``orchestrator", "")
    assert (done.returncode, done.stderr) == (1, "")
    assert [line.count(" holds: ") for line in done.stdout.splitlines()] == [1, 1, 0]


def test_the_program_says_which_package_is_missing(tmp_path: Path) -> None:
    """Without cryptography it tells how to get it, and shows no traceback."""
    program = tmp_path / "verifier.py"
    program.write_text(source(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-S", program, "bundle.json"], capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: the package cryptography is missing. Run: ")
