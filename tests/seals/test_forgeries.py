"""A bundle or a seal that was changed, cut or made up does not hold, byte for byte."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.chain import canonical
from orchestrator.seals import verifier
from orchestrator.seals.files import SealFileBroken, read_seal_file
from orchestrator.seals.seal import sign, signature_flaws
from orchestrator.seals.verifier import Broken, check, root_of
from tests.seals.conftest import PUBLIC_KEYS, Files, changed
from tests.seals.test_seal import OTHER_KEY


def broken_by(file: Path, content: bytes) -> bool:
    """Tell whether a file with this content does not hold."""
    file.write_bytes(content)
    try:
        check(file, PUBLIC_KEYS)
    except Broken:
        return True
    return False


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
