"""The program that is given away checks a bundle and a seal's file by itself, byte for byte."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator import given_files
from orchestrator.audit.export import NotSealed, bundle_of
from orchestrator.chain import canonical
from orchestrator.seals import verifier
from orchestrator.seals.files import SealFileBroken, leaves_of_file, read_seal_file, seal_lines
from orchestrator.seals.seal import public_key_of, sign, signature_flaws
from orchestrator.seals.sealing import make_seal
from orchestrator.seals.standalone import source
from orchestrator.seals.verifier import Broken, check, root_of
from orchestrator.states import TRANSITIONS
from orchestrator.store.connections import open_database
from tests.seals.test_seal import KEY, OTHER_KEY
from tests.stored_payments import Storyteller, store_one_of_each

PUBLIC_KEYS = [public_key_of(KEY)]


class Files:
    """A bundle of a payment that was paid, and the seal that it is in."""

    def __init__(self, folder: Path, bundle: bytes, seal: bytes) -> None:
        """Write both."""
        self.bundle, self.seal = folder / "bundle.json", folder / "seal.jsonl"
        self.bundle.write_bytes(bundle)
        self.seal.write_bytes(seal)


@pytest.fixture
async def files(sqlite_url: str, tmp_path: Path) -> Files:
    """Seal payments of every kind; write the seal and the bundle of one."""
    database = open_database(sqlite_url)
    await store_one_of_each(database)
    signed = await make_seal(database, KEY, "one")
    lines = [line async for line in seal_lines(database, signed)]
    bundle = await bundle_of(database, "pay_a")
    await database.close()
    return Files(tmp_path, bundle, b"".join(lines))


def changed(content: bytes, place: int) -> bytes:
    """Change one bit of one byte."""
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def broken_by(file: Path, content: bytes) -> bool:
    """Tell whether a file with this content does not hold."""
    file.write_bytes(content)
    try:
        check(file, PUBLIC_KEYS)
    except Broken:
        return True
    return False


def test_untouched_files_hold(files: Files) -> None:
    """A bundle and a seal's file hold as they were written, and say what they prove."""
    told = check(files.bundle, PUBLIC_KEYS)
    sealed = check(files.seal, [])

    assert told.startswith("pay_a is succeeded after 5 history rows, 5 of them in seal 1 of ")
    assert told.endswith("signed with your key")
    assert "over 5 payments" in sealed
    assert PUBLIC_KEYS[0] in sealed


def test_every_changed_byte_of_a_bundle_is_found(files: Files) -> None:
    """Whichever byte of a bundle is changed, it does not hold; each fourth is tried."""
    content = files.bundle.read_bytes()
    places = range(0, len(content), 4)
    held = [place for place in places if not broken_by(files.bundle, changed(content, place))]

    assert len(content) > 5000
    assert held == []


def test_every_changed_byte_of_a_seal_is_found(files: Files) -> None:
    """Whichever byte of a seal's file is changed, it does not hold, nor is it read by us."""
    content = files.seal.read_bytes()
    first_leaf = content.index(b"\n") + 1
    held = []
    for place in range(0, len(content), 2):
        if not broken_by(files.seal, changed(content, place)):
            held.append(place)
        elif place >= first_leaf:
            with pytest.raises(SealFileBroken):
                read_seal_file(files.seal)

    assert held == []


@pytest.mark.parametrize("name", ["signature", "public_key"])
def test_a_seal_has_one_spelling(files: Files, name: str) -> None:
    """Capitals for small letters in a signature or a key are found, though they mean the same."""
    content = files.seal.read_bytes()
    spelled = json.loads(content.partition(b"\n")[0])[name].encode()
    assert broken_by(files.seal, content.replace(spelled, spelled.upper()))

    signed = read_seal_file(files.seal)
    assert [rule for rule, _ in signature_flaws(signed, {})] == ["signature"]


@pytest.mark.parametrize(
    "member",
    [
        {"number": 1.0},
        {"number": 2**60},
        {"number": "1"},
        {"payments": True},
        {"sealed_at": "0001-01-01T00:00:00+14:00"},
        {"key_id": []},
        {"other_chains": {"é": {"count": 1, "hash": "x"}}},
        {"other_chains": {"actions": {"count": "x", "hash": []}}},
    ],
)
def test_a_made_up_seal_is_refused_in_a_sentence(files: Files, member: dict[str, Any]) -> None:
    """A seal's file that nobody of ours wrote is refused as such, whatever stands in it."""
    head, _, leaves = files.seal.read_bytes().partition(b"\n")
    signed = json.loads(head)
    signed["document"].update(member)
    files.seal.write_bytes(verifier.canonical(signed) + b"\n" + leaves)

    with pytest.raises(SealFileBroken, match="is not as it was written"):
        read_seal_file(files.seal)


@pytest.mark.parametrize("entry", [b"x", b"[]", b"{}", b'{"payment":1}'])
def test_a_leaf_that_is_none_is_refused_in_a_sentence(files: Files, entry: bytes) -> None:
    """A line that is no leaf is refused, though the root be over it."""
    signed = read_seal_file(files.seal)
    seal = replace(signed.seal, payments=1, root=root_of(iter([entry]))[1])
    head = canonical(sign(seal, OTHER_KEY).as_json())
    files.seal.write_bytes(b"".join(line + b"\n" for line in (head, entry)))

    with pytest.raises(SealFileBroken, match="is not as it was written"):
        read_seal_file(files.seal)


@pytest.mark.parametrize("cut", [1, 2, 100])
def test_a_file_that_was_cut_is_found(files: Files, cut: int) -> None:
    """A file without its end does not hold, nor does one with something after it."""
    for file in (files.bundle, files.seal):
        content = file.read_bytes()
        assert broken_by(file, content[:-cut])
        assert broken_by(file, content + b"x" * cut)


def test_a_seal_without_a_payment_is_found(files: Files) -> None:
    """A seal's file from which a whole leaf was taken does not hold."""
    lines = files.seal.read_bytes().splitlines(keepends=True)

    assert broken_by(files.seal, b"".join(lines[:2] + lines[3:]))
    with pytest.raises(SealFileBroken, match="4 leaves"):
        read_seal_file(files.seal)


def test_another_key_does_not_hold(files: Files) -> None:
    """A file that is signed with a key that is not the one told does not hold."""
    for file in (files.bundle, files.seal):
        with pytest.raises(Broken, match="none of yours"):
            check(file, [public_key_of(OTHER_KEY)])


FORGERIES: dict[str, Any] = {
    "state": lambda b: b["payment"].update(state="failed"),
    "amount": lambda b: b["payment"].update(amount=1),
    "attempts": lambda b: b["payment"].update(attempts_used=1),
    "a row left out": lambda b: b["history"].pop(),
    "a row changed": lambda b: b["history"][2].update(reason="x"),
    "rows in another order": lambda b: b["history"].reverse(),
    "evidence changed": lambda b: b["evidence"][0].update(intent_status="succeeded"),
    "evidence left out": lambda b: b["evidence"].pop(),
    "an attempt changed": lambda b: b["attempts"][0].update(charge="ch_x"),
    "an attempt left out": lambda b: b["attempts"].clear(),
    "another leaf": lambda b: b["proof"]["leaf"].update(version=4),
    "another place": lambda b: b["proof"].update(index=1),
    "a path too short": lambda b: b["proof"]["path"].pop(),
    "a path too long": lambda b: b["proof"]["path"].append("0" * 64),
    "another root": lambda b: b["proof"]["seal"]["document"].update(root="0" * 64),
    "another key's name": lambda b: b["proof"]["seal"]["document"].update(key_id="0" * 32),
    "another signature": lambda b: b["proof"]["seal"].update(signature="00" * 64),
    "something added": lambda b: b.update(verdict="paid"),
    "a claim added": lambda b: b["payment"].update(amount_refunded=100),
    "a word in the proof": lambda b: b["proof"].update(note="checked"),
    "capitals in the signature": lambda b: b["proof"]["seal"].update(
        signature=b["proof"]["seal"]["signature"].upper()
    ),
    "another kind of object": lambda b: b.update(object="payment", x='"object":"payment_bundle"'),
    "a count with a point": lambda b: b["payment"].update(version=float(b["payment"]["version"])),
    "a place with a flag": lambda b: b["proof"].update(index=bool(b["proof"]["index"])),
    "capitals in the path": lambda b: b["proof"].update(
        path=[x.upper() for x in b["proof"]["path"]]
    ),
    "rows by name": lambda b: b.update(attempts=dict(enumerate(b["attempts"]))),
    "nothing": lambda b: b.clear(),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_bundle_is_found_without_its_digest(files: Files, forge: Any) -> None:
    """Whoever changes a bundle and computes its digest anew is found by what proves it."""
    bundle = json.loads(files.bundle.read_bytes())
    del bundle["digest"]
    forge(bundle)
    bundle["digest"] = verifier.sha256(verifier.canonical(bundle))

    assert broken_by(files.bundle, verifier.canonical(bundle) + b"\n")


@pytest.mark.parametrize(("index", "size"), [(1, 1), (-1, 1), (4, 3), (-2, 4)])
def test_a_place_outside_of_the_tree_proves_nothing(index: int, size: int) -> None:
    """A leaf has one place: what stands before the first or after the last is none."""
    with pytest.raises(Broken, match="outside of the tree"):
        verifier.root_by_path(b"a leaf", index, size, [])


def test_a_file_puts_no_line_of_its_own_on_the_screen(
    files: Files, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A made-up seal whose number holds lines and terminal codes is told of in one plain line."""
    head, _, leaves = files.seal.read_bytes().partition(b"\n")
    signed = json.loads(head)
    signed["document"]["number"] = "1\n\x1b[2Jpayment.json holds: paid"
    files.seal.write_bytes(verifier.canonical(signed) + b"\n" + leaves)
    monkeypatch.setattr(sys, "argv", ["verifier.py", str(files.seal)])

    assert verifier.main() == 1
    told = capsys.readouterr().out
    assert told.count("\n") == 1
    assert "\x1b" not in told


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
