"""The signature of a webhook: who sent these very bytes, and when. Pure.

Source: https://docs.stripe.com/webhooks/signature. Stripe signs with each secret that is active, so
that a secret can be rotated; we accept any that is configured, for the same reason.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

# Stripe's own libraries refuse what is older; a clock ahead of ours is as suspicious.
TOLERANCE_SECONDS: Final = 300
# A rotation needs two; more than a handful is somebody trying.
MAX_SIGNATURES: Final = 10

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}\Z")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}\Z")


class SignatureInvalid(Exception):
    """The bytes are not Stripe's, or not of now; the sentence says which and what to check."""


def verify_signature(
    body: bytes, header: str | None, secrets: Iterable[str], now: datetime
) -> None:
    """Accept a body that was signed by one of the secrets within five minutes of ``now``.

    Raises:
        SignatureInvalid: the header is missing or no signature, fits no secret, or is of another
            time.
    """
    timestamp, signatures = _read(header)
    signed = b"%d." % timestamp + body
    if not any(_is_signed(signed, secret, signatures) for secret in secrets):
        raise SignatureInvalid(
            "The signature fits none of the webhook secrets. Check that "
            "ORCHESTRATOR_STRIPE_WEBHOOK_SECRETS holds this endpoint's secret, and that nothing "
            "between Stripe and here changes the body."
        )
    # Only of a signature that fits does its time tell anything.
    if abs(now.timestamp() - timestamp) > TOLERANCE_SECONDS:
        raise SignatureInvalid(
            f"The event was signed more than {TOLERANCE_SECONDS} seconds from now. Check this "
            "machine's clock; Stripe signs an event anew each time it sends it."
        )


def _read(header: str | None) -> tuple[int, list[str]]:
    """Read the time and the signatures of scheme v1; other schemes are none of ours."""
    if not header:
        raise SignatureInvalid("The Stripe-Signature header is missing. Only Stripe may call this.")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1"]
    readable = (
        len(times) == 1
        and _TIMESTAMP.match(times[0])
        and 0 < len(signatures) <= MAX_SIGNATURES
        and all(_SIGNATURE.match(signature) for signature in signatures)
    )
    if not readable:
        raise SignatureInvalid(
            "The Stripe-Signature header is not t=TIME,v1=SIGNATURE with one time and at least "
            "one signature."
        )
    return int(times[0]), signatures


def _is_signed(signed: bytes, secret: str, signatures: Iterable[str]) -> bool:
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(expected, signature) for signature in signatures)
