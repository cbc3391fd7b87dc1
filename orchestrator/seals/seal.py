"""What a seal says and how it is checked: its leaves, its document, its signature. Pure.

A leaf says how far a payment's chains had come. Chains only grow, so what a leaf says stays true
for as long as nobody rewrites them. The document names the root over a seal's leaves and the seal
before; the signature is Ed25519's over its canonical bytes.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from orchestrator.chain import GENESIS, canonical, instant

Row = Mapping[str, Any]
_MOMENTS: Final = ("opened_at", "closed_at")
# One spelling each: bytes.fromhex takes capitals and blanks, too.
_KEY: Final = re.compile(r"[0-9a-f]{64}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class Leaf:
    """How far a payment had come: the heads of its chains, and a hash for each closed attempt."""

    payment: str
    version: int
    last_hash: str
    evidence_count: int
    evidence_hash: str
    attempts: tuple[str, ...]

    def entry(self) -> bytes:
        """Write the bytes that stand in the tree."""
        return canonical(
            {
                "payment": self.payment,
                "version": self.version,
                "last_hash": self.last_hash,
                "evidence_count": self.evidence_count,
                "evidence_hash": self.evidence_hash,
                "attempts": list(self.attempts),
            }
        )


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How far a chain beside the payments' had come."""

    count: int
    hash: str

    def as_json(self) -> dict[str, Any]:
        """Give the head as plain JSON values."""
        return {"count": self.count, "hash": self.hash}


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal's document. ``payments`` is how many leaves its root is over."""

    number: int
    sealed_at: datetime
    payments: int
    root: str
    previous_hash: str
    key_id: str
    other_chains: Mapping[str, ChainHead] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Give the document as plain JSON values."""
        return {
            "object": "seal",
            "number": self.number,
            "sealed_at": instant(self.sealed_at),
            "payments": self.payments,
            "root": self.root,
            "previous_hash": self.previous_hash,
            "key_id": self.key_id,
            "other_chains": {name: head.as_json() for name, head in self.other_chains.items()},
        }

    def content(self) -> bytes:
        """Write the bytes that are signed."""
        return canonical(self.as_json())

    @property
    def hash(self) -> str:
        """The hash by which the next seal names this one."""
        return hashlib.sha256(self.content()).hexdigest()


@dataclass(frozen=True, slots=True)
class SignedSeal:
    """A seal, its signature and the key that made it, both in hexadecimal."""

    seal: Seal
    signature: str
    public_key: str

    def as_json(self) -> dict[str, Any]:
        """Give the seal as plain JSON values."""
        return {
            "document": self.seal.as_json(),
            "signature": self.signature,
            "public_key": self.public_key,
        }


def seal_from_json(value: Any) -> SignedSeal:
    """Read a seal.

    Raises:
        ValueError: it is not one; every member has to be there, and no other.
    """
    try:
        document = value["document"]
        heads = document["other_chains"].items()
        seal = Seal(
            number=document["number"],
            sealed_at=datetime.fromisoformat(document["sealed_at"]),
            payments=document["payments"],
            root=document["root"],
            previous_hash=document["previous_hash"],
            key_id=document["key_id"],
            other_chains={name: ChainHead(head["count"], head["hash"]) for name, head in heads},
        )
        read = SignedSeal(seal, value["signature"], value["public_key"])
        same = read.as_json() == value
        seal.content()
    except (KeyError, TypeError, AttributeError, OverflowError) as exc:
        raise ValueError("This is no seal.") from exc
    if not (same and _is_of_its_types(read)):
        raise ValueError("This is no seal: it says more, or something otherwise.")
    return read


def _is_of_its_types(signed: SignedSeal) -> bool:
    """Tell whether numbers are numbers and texts are texts, as their annotations say."""
    seal, heads = signed.seal, signed.seal.other_chains.values()
    numbers = [seal.number, seal.payments, *(head.count for head in heads)]
    texts = [seal.root, seal.previous_hash, seal.key_id, *(head.hash for head in heads)]
    return all(type(number) is int for number in numbers) and all(
        isinstance(text, str) for text in (*texts, signed.signature, signed.public_key)
    )


def key_id_of(public_key: str) -> str:
    """Name a public key, given in hexadecimal."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:32]


def public_key_of(key: Ed25519PrivateKey) -> str:
    """Return a key's public half in hexadecimal."""
    return key.public_key().public_bytes_raw().hex()


def sign(seal: Seal, key: Ed25519PrivateKey) -> SignedSeal:
    """Sign a seal."""
    return SignedSeal(seal, key.sign(seal.content()).hex(), public_key_of(key))


def flaws(
    signed: SignedSeal, previous: SignedSeal | None, trusted: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Find what is wrong with a seal by itself and after the one before: a rule and a sentence.

    ``trusted`` holds public keys by their ids; where there is none, the seal's own key is taken,
    which proves no more than that nothing was changed by accident.
    """
    seal = signed.seal
    expected = previous.seal.number + 1 if previous else 1
    if seal.number != expected:
        yield "number_without_gaps", f"Seal {expected} is expected here; seals are missing."
    elif seal.previous_hash != (previous.seal.hash if previous else GENESIS):
        yield "previous_seal", "It does not carry the hash of the seal before it."
    elif previous and seal.sealed_at < previous.seal.sealed_at:
        yield "sealed_later", "It says that it was made before the seal before it; it is backdated."
    yield from signature_flaws(signed, trusted)


def signature_flaws(signed: SignedSeal, trusted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Find what is wrong with a seal's signature, and with the key that made it."""
    key_id = signed.seal.key_id
    public_key = trusted.get(key_id) if trusted else signed.public_key
    if public_key is None:
        yield "key_trusted", f"It is signed with key {key_id}, which nobody named as trusted."
    elif not _is_signed(signed, public_key) or signed.public_key != public_key:
        yield "signature", "Its signature is not of what it says."


def _is_signed(signed: SignedSeal, public_key: str) -> bool:
    if not (_KEY.fullmatch(public_key) and _SIGNATURE.fullmatch(signed.signature)):
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signed.signature), signed.seal.content())
    except (ValueError, TypeError, InvalidSignature):
        return False
    return key_id_of(public_key) == signed.seal.key_id


def attempt_hash(attempt: Row) -> str | None:
    """Hash an attempt as it was closed; null for one that holds what no writer of ours wrote."""
    written = {str(name): value for name, value in attempt.items()}
    written |= {name: instant(written[name]) for name in _MOMENTS if written[name] is not None}
    try:
        return hashlib.sha256(canonical(written)).hexdigest()
    except TypeError:
        return None


def closed_attempts(attempts: Sequence[Row]) -> tuple[str, ...]:
    """Hash the attempts that are closed, from the first up to the one that is open."""
    hashes = []
    for attempt in attempts:
        if attempt["closed_at"] is None:
            break
        hashes.append(attempt_hash(attempt) or GENESIS)
    return tuple(hashes)
