"""The signature: only bytes that Stripe signed within five minutes are taken."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from orchestrator.webhooks import SignatureInvalid, verify_signature
from tests.webhooks.conftest import OLD_SECRET, SECRET, signature

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = '{"id": "evt_1", "name": "Zoë"}'.encode()
SECRETS = (SECRET, OLD_SECRET)
GOOD = signature(BODY, at=NOW.timestamp())
T, V1 = GOOD.split(",")
OTHER = "v1=" + "0" * 64


def refused(header: str | None, body: bytes = BODY) -> bool:
    """Tell whether a header is refused."""
    try:
        verify_signature(body, header, SECRETS, NOW)
    except SignatureInvalid:
        return True
    return False


@pytest.mark.parametrize(
    "header",
    [
        GOOD,
        f"{T}, {V1}",
        f"{T},{OTHER},{V1}",
        f"{T},{V1},v0=abc",
        f"{V1},{T}",
        signature(BODY, OLD_SECRET, at=NOW.timestamp()),
        signature(BODY, at=NOW.timestamp() - 300),
        signature(BODY, at=NOW.timestamp() + 300),
    ],
)
def test_what_stripe_signed_is_taken(header: str) -> None:
    """Any active secret fits, in any order, up to five minutes off."""
    assert not refused(header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "v1",
        T,
        V1,
        f"{T},{OTHER}",
        f"{T},v0={V1[3:]}",
        f"{T},v1={V1[3:].upper()}",
        f"{T},v1={V1[3:-1]}",
        f"{T},{T},{V1}",
        f"t=,{V1}",
        f"t=-1,{V1}",
        f"t=1e9,{V1}",
        f"t=٣٣٣,{V1}",
        f"t={'9' * 400},{V1}",
        f"{T}," + ",".join([OTHER] * 10 + [V1]),
        f"{T};{V1}",
        signature(BODY, "whsec_none", at=NOW.timestamp()),
        signature(BODY, "", at=NOW.timestamp()),
        signature(BODY + b" ", at=NOW.timestamp()),
        signature(BODY, at=NOW.timestamp() - 301),
        signature(BODY, at=NOW.timestamp() + 301),
    ],
)
def test_everything_else_is_refused(header: str | None) -> None:
    """No signature, another's, one of other bytes or of another time."""
    assert refused(header)


@pytest.mark.parametrize("index", range(len(BODY)))
def test_any_other_byte_is_refused(index: int) -> None:
    """One bit of the body changes the signature."""
    changed = bytearray(BODY)
    changed[index] ^= 1

    assert refused(GOOD, bytes(changed))


def test_without_a_secret_nothing_is_taken() -> None:
    """No secret, no signature that fits."""
    with pytest.raises(SignatureInvalid, match="fits none"):
        verify_signature(BODY, GOOD, (), NOW)


def test_stripes_own_library_takes_the_same() -> None:
    """What the tests sign is what Stripe's library verifies: the recipe is not ours alone."""
    now = datetime.now(UTC)
    header = signature(BODY, at=now.timestamp())
    verified = stripe.WebhookSignature.verify_header(BODY.decode(), header, SECRET, tolerance=300)
    verify_signature(BODY, header, SECRETS, now + timedelta(seconds=1))

    assert verified


def test_the_digest_is_compared_with_what_was_sent() -> None:
    """The signed payload is time, dot, body: a signature over the body alone is refused."""
    bare = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()

    assert refused(f"{T},v1={bare}")
