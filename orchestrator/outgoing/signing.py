"""Secrets of endpoints, and the headers that an event is signed with (Standard Webhooks)."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from standardwebhooks.webhooks import Webhook

PREFIX: Final = "whsec_"
# Between the 24 and 64 bytes that Standard Webhooks asks for.
SECRET_BYTES: Final = 32


def new_secret() -> str:
    """Make a secret nobody has seen."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(
    event_id: str, now: datetime, body: str, secrets_in_use: Sequence[str]
) -> dict[str, str]:
    """Return the headers of a sending, with one signature for each secret in use.

    ``now`` is in UTC.
    """
    signatures = [Webhook(secret).sign(event_id, now, body) for secret in secrets_in_use]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
