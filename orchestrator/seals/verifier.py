#!/usr/bin/env python3
"""Checks a payment's bundle, or a seal's file, with no database and no service.

    python verifier.py FILE … [--public-key KEY]

Needs Python 3.11 and the package `cryptography`; it is one file and imports nothing else. KEY is
the public half of the key that seals are signed with, 64 hexadecimal digits, as somebody you trust
told you: without it the signature is held against the key in the file, which proves no more than
that nothing was changed by accident. Exit status 0 means that every file holds.

What a bundle proves: the history is a path of the machine, each row is tied to the row before by
SHA-256, and the heads of both chains are in a Merkle tree (RFC 6962) whose root is signed.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ModuleNotFoundError:
    sys.exit("error: the package cryptography is missing. Run: python3 -m pip install cryptography")

GENESIS = "0" * 64
WAITING = ("created", "requires_new_card", "card_disabled")
# The machine: source, event, target.
EDGES = frozenset(
    [
        *((state, "confirm", "confirming") for state in WAITING),
        ("confirming", "succeed", "succeeded"),
        ("confirming", "require_new_card", "requires_new_card"),
        ("confirming", "disable_card", "card_disabled"),
        ("confirming", "fail", "failed"),
        *((state, "cancel", "failed") for state in (*WAITING, "confirming")),
        *((state, "expire", "failed") for state in (*WAITING, "confirming")),
    ]
)
# What Stripe must have said of the intent for a payment to end so.
PROOF_OF = {"succeeded": "succeeded", "failed": "canceled"}
FACTS = (
    "id",
    "owner",
    "amount",
    "currency",
    "customer",
    "item_ids",
    "transaction_id",
    "payment_intent",
    "max_attempts",
    "created_at",
)
STANDING = {
    "state",
    "version",
    "last_hash",
    "evidence_count",
    "evidence_hash",
    "attempts_used",
}
COUNTS = ("version", "evidence_count", "attempts_used")
BUNDLE = {
    "object",
    "application_version",
    "payment",
    "history",
    "evidence",
    "attempts",
    "proof",
    "digest",
}
PROOF = {"leaf", "index", "path", "seal"}
LEAF = {"payment", "version", "last_hash", "evidence_count", "evidence_hash", "attempts"}


# Thousands of times what is written of an ordinary payment: longer ones are read no further.
LONGEST_LINE = 16 * 1024 * 1024


class Broken(Exception):
    """A file does not hold; the sentence says where."""


def canonical(value: Any) -> bytes:
    """Write a value as RFC 8785 does, for ASCII keys and no floats."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def sha256(content: bytes) -> str:
    """Hash bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def must(holds: bool, sentence: str) -> None:
    """Go on where something holds.

    Raises:
        Broken: it does not.
    """
    if not holds:
        raise Broken(sentence)


# ── the tree ─────────────────────────────────────────────────────────────────────────────────


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry of the tree."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into the one above them."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_by_path(entry: bytes, index: int, size: int, path: list[str]) -> str:
    """Return the root that a path leads to (RFC 9162, 2.1.3.2)."""
    place, last, node = index, size - 1, leaf_hash(entry)
    must(0 <= index < size, "the leaf's place is outside of the tree")
    for step in map(bytes.fromhex, path):
        must(last > 0, "the path is too long")
        if place & 1 or place == last:
            node = node_hash(step, node)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, step)
        place, last = place >> 1, last >> 1
    must(last == 0, "the path is too short")
    return node.hex()


def root_of(entries: Iterator[bytes]) -> tuple[int, str]:
    """Return how many entries there are, and the root over them, keeping one hash for each bit."""
    peaks: list[bytes] = []
    size = 0
    for entry in entries:
        node, full = leaf_hash(entry), size
        while full & 1:
            node, full = node_hash(peaks.pop(), node), full >> 1
        peaks.append(node)
        size += 1
    root = peaks.pop() if peaks else hashlib.sha256().digest()
    while peaks:
        root = node_hash(peaks.pop(), root)
    return size, root.hex()


# ── seals ────────────────────────────────────────────────────────────────────────────────────


def check_seal(signed: dict[str, Any], public_keys: list[str]) -> dict[str, Any]:
    """Check a seal's signature and return what it says."""
    must(signed.keys() == {"document", "signature", "public_key"}, "this is no seal")
    document: dict[str, Any] = signed["document"]
    public_key = signed["public_key"]
    # In one spelling: bytes.fromhex takes capitals and blanks, too.
    for written in (public_key, signed["signature"]):
        must(bytes.fromhex(written).hex() == written, "the seal is not as it was written")
    must(
        not public_keys or public_key in public_keys,
        f"seal {document['number']} is signed with key {public_key}, which is none of yours",
    )
    key_id = sha256(bytes.fromhex(public_key))[:32]
    must(document["key_id"] == key_id, "the seal names another key than the one beside it")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signed["signature"]), canonical(document))
    except InvalidSignature:
        raise Broken(f"the signature of seal {document['number']} is not of what it says") from None
    return document


def check_seal_file(path: Path, public_keys: list[str]) -> str:
    """Check a seal's file: its signature, and that its leaves give the root that was signed."""
    with path.open("rb") as file:
        lines = lines_of(file)
        head = next(lines, b"")
        signed = json.loads(head)
        must(canonical(signed) + b"\n" == head, "the first line is not as it was written")
        document = check_seal(signed, public_keys)
        size, root = root_of(without_end(line) for line in lines)
    must((size, root) == (document["payments"], document["root"]), "the leaves give another root")
    previous = document["previous_hash"]
    place = "the first" if previous == GENESIS else f"after {previous}"
    return (
        f"seal {document['number']} of {document['sealed_at']} over {size} payments, {place}, "
        f"{told_key(signed['public_key'], public_keys)}"
    )


def lines_of(file: IO[bytes]) -> Iterator[bytes]:
    """Read lines, one at a time, so that no file takes more memory than one line may."""
    while line := file.readline(LONGEST_LINE + 1):
        must(len(line) <= LONGEST_LINE, "it has a line longer than any that is written")
        yield line


def without_end(line: bytes) -> bytes:
    """Take the end off a line."""
    must(line.endswith(b"\n"), "the last line has no end")
    return line[:-1]


def told_key(public_key: str, public_keys: list[str]) -> str:
    """Say whose signature it is."""
    if public_keys:
        return "signed with your key"
    return f"signed with key {public_key}: compare it with one that somebody you trust told you"


# ── a payment ────────────────────────────────────────────────────────────────────────────────


def check_bundle(path: Path, public_keys: list[str]) -> str:
    """Check a payment's bundle from its bytes to the signature."""
    with path.open("rb") as file:
        content = b"".join(islice(lines_of(file), 2))
    bundle = json.loads(content)
    must(canonical(bundle) + b"\n" == content, "the file is not as it was written")
    must(bundle.keys() == BUNDLE and bundle["proof"].keys() == PROOF, "it is no bundle")
    digest = bundle.pop("digest")
    must(sha256(canonical(bundle)) == digest, "the digest is of another bundle")
    payment, history, evidence = bundle["payment"], bundle["history"], bundle["evidence"]
    check_spelling(bundle)
    check_chain("history", history, payment["version"], payment["last_hash"])
    check_chain("evidence", evidence, payment["evidence_count"], payment["evidence_hash"])
    check_facts(payment, history[0])
    check_path(payment, history)
    check_ends(history, evidence)
    leaf = bundle["proof"]["leaf"]
    check_leaf(leaf, payment["id"], history, evidence, bundle["attempts"])
    signed = bundle["proof"]["seal"]
    document = check_seal(signed, public_keys)
    place = bundle["proof"]["index"], document["payments"], bundle["proof"]["path"]
    root = root_by_path(canonical(leaf), *place)
    must(root == document["root"], "the payment is not in the tree that was signed")
    return (
        f"{payment['id']} is {payment['state']} after {len(history)} history rows, "
        f"{leaf['version']} of them in seal {document['number']} of {document['sealed_at']}, "
        f"{told_key(signed['public_key'], public_keys)}" + told_newer(bundle, leaf)
    )


def check_spelling(bundle: dict[str, Any]) -> None:
    """Check what no hash holds is written in the one way: 1 is neither 1.0 nor true."""
    proof, payment = bundle["proof"], bundle["payment"]
    lists = (bundle["history"], bundle["evidence"], bundle["attempts"], proof["path"])
    counts = (proof["index"], *(payment[name] for name in COUNTS))
    written = (
        bundle["object"] == "payment_bundle"
        and all(type(each) is list for each in lists)
        and all(type(each) is int for each in counts)
        and all(bytes.fromhex(step).hex() == step and len(step) == 64 for step in proof["path"])
    )
    must(written, "the bundle is not as it was written")


def told_newer(bundle: dict[str, Any], leaf: dict[str, Any]) -> str:
    """Say what is in a bundle and in no seal: whoever wrote the file could have made it up."""
    newer = {
        "history rows": len(bundle["history"]) - leaf["version"],
        "evidence rows": len(bundle["evidence"]) - leaf["evidence_count"],
        "attempts": len(bundle["attempts"]) - len(leaf["attempts"]),
    }
    told = ", ".join(f"{count} of the {name}" for name, count in newer.items() if count)
    return f"; NOT PROVED, as no seal holds them: {told}" if told else ""


def check_chain(name: str, rows: list[dict[str, Any]], count: int, head: str) -> None:
    """Check that each row is tied to the row before, and the payment to the last."""
    previous = GENESIS
    for number, row in enumerate(rows, start=1):
        must(row["sequence"] == number, f"{name} row {number} is missing")
        must(
            row["previous_hash"] == previous, f"{name} row {number} does not follow the row before"
        )
        hashed = {key: value for key, value in row.items() if key != "hash"}
        must(sha256(canonical(hashed)) == row["hash"], f"{name} row {number} was changed")
        previous = row["hash"]
    must((count, head) == (len(rows), previous), f"the payment does not end its {name}")


def check_facts(payment: dict[str, Any], first: dict[str, Any]) -> None:
    """Check that amount, currency and the other fixed facts are as the payment was created."""
    facts = {name: payment[name] for name in FACTS}
    if "capture_method" in payment:
        facts["capture_method"] = payment["capture_method"]
    must(payment.keys() == facts.keys() | STANDING, "it says of the payment what is not proved")
    must(sha256(canonical(facts)) == first["facts_hash"], "a fixed fact of the payment was changed")


def check_path(payment: dict[str, Any], history: list[dict[str, Any]]) -> None:
    """Check that the history is a path of the machine, within the attempts there are."""
    first = history[0]
    begins = (first["source"], first["event"], first["target"])
    must(begins == (None, "create", "created"), "the history does not begin with a create")
    state, used = "created", 0
    for row in history[1:]:
        edge = (row["source"], row["event"], row["target"])
        must(edge in EDGES, f"history row {row['sequence']} is no edge of the machine")
        must(row["source"] == state, f"history row {row['sequence']} starts elsewhere")
        state, used = row["target"], used + (row["event"] == "confirm")
    must(used <= payment["max_attempts"], "there are more confirmations than attempts")
    must((state, used) == (payment["state"], payment["attempts_used"]), "it stands elsewhere")


def check_ends(history: list[dict[str, Any]], evidence: list[dict[str, Any]]) -> None:
    """Check that an end cites what Stripe said."""
    for row in history:
        needed = PROOF_OF.get(row["target"])
        if needed is not None:
            cited = row["evidence"] or 0
            said = evidence[cited - 1]["intent_status"] if 0 < cited <= len(evidence) else None
            must(said == needed, f"history row {row['sequence']} is not proved by its evidence")


def check_leaf(
    leaf: dict[str, Any],
    payment_id: str,
    history: list[dict[str, Any]],
    evidence: list[dict[str, Any]],
    attempts: list[dict[str, Any]],
) -> None:
    """Check that the rows are those that were sealed."""
    must(leaf.keys() == LEAF and leaf["payment"] == payment_id, "the leaf is of another payment")
    sealed = (
        ("history", history, leaf["version"], leaf["last_hash"]),
        ("evidence", evidence, leaf["evidence_count"], leaf["evidence_hash"]),
    )
    for name, rows, count, head in sealed:
        must(count <= len(rows), f"{name} row {count} was sealed and is missing")
        found = rows[count - 1]["hash"] if count else GENESIS
        must(found == head, f"{name} row {count} is another than was sealed")
    must(len(leaf["attempts"]) <= len(attempts), "an attempt was sealed and is missing")
    for number, sealed_hash in enumerate(leaf["attempts"], start=1):
        found = sha256(canonical(attempts[number - 1]))
        must(found == sealed_hash, f"attempt {number} is another than was sealed")


# ── the command ──────────────────────────────────────────────────────────────────────────────


def check(path: Path, public_keys: list[str]) -> str:
    """Check a file of either kind; return what it proves.

    Raises:
        Broken: it does not hold.
    """
    try:
        # A named pipe would be waited for, and a device has no end.
        must(path.is_file() or not path.exists(), "it is no regular file")
        with path.open("rb") as file:
            begins = next(lines_of(file), b"")
        is_bundle = b'"object":"payment_bundle"' in begins
        look: Callable[[Path, list[str]], str] = check_bundle if is_bundle else check_seal_file
        return look(path, public_keys)
    except OSError as exc:
        raise Broken(f"it cannot be read ({exc.strerror})") from exc
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as exc:
        raise Broken(f"it is no bundle and no seal ({type(exc).__name__}: {exc})") from exc


def one_line(text: str) -> str:
    """Take out what moves a terminal's cursor: a file must not write a verdict of its own."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def main() -> int:
    """Check the files that the arguments name."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a payment's bundle, or a seal's file"
    )
    parser.add_argument(
        "--public-key",
        action="append",
        default=[],
        metavar="KEY",
        help="64 hexadecimal digits, as somebody you trust told you; again for another key",
    )
    given = parser.parse_args()
    status = 0
    for path in given.files:
        try:
            told = f"{path} holds: {check(path, given.public_key)}."
        except Broken as broken:
            told = f"{path} DOES NOT HOLD: {broken}."
            status = 1
        sys.stdout.write(one_line(told) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
