"""A seal says one thing in one spelling, and only the key that signed it can say another."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.chain import GENESIS
from orchestrator.seals.seal import (
    ChainHead,
    Leaf,
    Seal,
    SignedSeal,
    attempt_hash,
    closed_attempts,
    flaws,
    key_id_of,
    public_key_of,
    seal_from_json,
    sign,
)
from tests.stored_payments import START

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
TRUSTED = {key_id_of(public_key_of(KEY)): public_key_of(KEY)}
ATTEMPT = {"number": 1, "opened_at": START, "closed_at": START, "parameters": {"a": "b"}}


def seal_of(number: int = 1, **members: Any) -> Seal:
    """Build a seal that nobody signed yet."""
    values: dict[str, Any] = {
        "number": number,
        "sealed_at": START,
        "payments": 2,
        "root": "a" * 64,
        "previous_hash": GENESIS,
        "key_id": key_id_of(public_key_of(KEY)),
        "other_chains": {"people": ChainHead(3, "b" * 64)},
    }
    return Seal(**(values | members))


def rules_of(
    signed: SignedSeal, previous: SignedSeal | None = None, trusted: dict[str, str] = TRUSTED
) -> list[str]:
    """Return the rules that a seal breaks."""
    return [rule for rule, _ in flaws(signed, previous, trusted)]


def test_signed_seals_hold() -> None:
    """A seal and the one that carries its hash have no flaw."""
    first = sign(seal_of(), KEY)
    second = sign(seal_of(2, previous_hash=first.seal.hash), KEY)

    assert rules_of(first) + rules_of(second, first) == []


def test_a_seal_reads_as_it_was_written() -> None:
    """The JSON of a seal gives the same seal."""
    signed = sign(seal_of(), KEY)

    assert seal_from_json(signed.as_json()) == signed


CHANGES: dict[str, dict[str, Any]] = {
    "number": {"number": 1, "previous_hash": "1" * 64},
    "moment": {"sealed_at": START + timedelta(microseconds=1)},
    "payments": {"payments": 3},
    "root": {"root": "c" * 64},
    "other chains": {"other_chains": {"people": ChainHead(2, "b" * 64)}},
    "no other chains": {"other_chains": {}},
}


@pytest.mark.parametrize("members", CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_seal_is_not_what_was_signed(members: dict[str, Any]) -> None:
    """Whatever is changed in a seal, its signature is of something else."""
    signed = sign(seal_of(), KEY)

    assert "signature" in rules_of(replace(signed, seal=replace(signed.seal, **members)))


def test_another_key_is_not_trusted() -> None:
    """A seal of a key that nobody named breaks, however well it is signed."""
    forged = sign(seal_of(key_id=key_id_of(public_key_of(OTHER_KEY))), OTHER_KEY)

    assert rules_of(forged) == ["key_trusted"]
    assert rules_of(forged, trusted={}) == []


def test_another_key_under_the_trusted_name_is_found() -> None:
    """A seal that names the trusted key and is signed with another breaks."""
    assert rules_of(sign(seal_of(), OTHER_KEY)) == ["signature"]
    assert rules_of(sign(seal_of(), OTHER_KEY), trusted={}) == ["signature"]


def test_a_missing_seal_is_found() -> None:
    """A seal whose number is not the next one breaks."""
    first = sign(seal_of(), KEY)

    assert rules_of(sign(seal_of(3, previous_hash=first.seal.hash), KEY), first) == [
        "number_without_gaps"
    ]


def test_a_backdated_seal_is_found() -> None:
    """Whoever has the key cannot put a seal before one that is there."""
    first = sign(seal_of(), KEY)
    earlier = first.seal.sealed_at - timedelta(seconds=1)
    second = sign(seal_of(2, previous_hash=first.seal.hash, sealed_at=earlier), KEY)

    assert rules_of(second, first) == ["sealed_later"]


def test_another_seal_before_is_found() -> None:
    """A seal that carries another hash than that of the one before breaks."""
    first = sign(seal_of(), KEY)
    second = sign(seal_of(2, previous_hash=first.seal.hash), KEY)

    assert rules_of(second, sign(seal_of(payments=7), KEY)) == ["previous_seal"]


@pytest.mark.parametrize("signature", ["", "zz", "00" * 64, "00" * 63])
def test_what_is_no_signature_is_found(signature: str) -> None:
    """Text that is no signature at all is a flaw like any other."""
    assert rules_of(replace(sign(seal_of(), KEY), signature=signature)) == ["signature"]


@pytest.mark.parametrize(
    "value", [None, [], {}, {"document": {}}, {**sign(seal_of(), KEY).as_json(), "more": 1}]
)
def test_what_is_no_seal_is_refused(value: Any) -> None:
    """Whatever lacks a member, or has one more, is no seal."""
    with pytest.raises(ValueError, match="no seal"):
        seal_from_json(value)


def test_a_leaf_has_one_spelling() -> None:
    """A leaf's entry is canonical JSON with every fact in it."""
    leaf = Leaf("pay_a", 5, "a" * 64, 2, "b" * 64, ("c" * 64,))

    assert leaf.entry() == (
        b'{"attempts":["' + b"c" * 64 + b'"],"evidence_count":2,"evidence_hash":"' + b"b" * 64
        + b'","last_hash":"' + b"a" * 64 + b'","payment":"pay_a","version":5}'
    )  # fmt: skip


def test_only_closed_attempts_are_sealed() -> None:
    """An attempt that is open has still to change, so it is not in the leaf."""
    still_open = ATTEMPT | {"number": 2, "closed_at": None}

    assert closed_attempts([ATTEMPT, still_open]) == (attempt_hash(ATTEMPT),)


def test_an_attempt_nobody_wrote_has_no_hash() -> None:
    """An attempt with a float in it is not one of ours, and is no reason to stop."""
    assert attempt_hash(ATTEMPT | {"parameters": {"amount": 0.5}}) is None
    assert closed_attempts([ATTEMPT | {"parameters": {"amount": 0.5}}]) == (GENESIS,)
