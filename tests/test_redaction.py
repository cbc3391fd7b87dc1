"""No secret and no card number is written, wherever it stands, and all else is."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.keys import create_key
from orchestrator.redaction import REDACTED, redact, redact_event
from orchestrator.requests import utc_now

# Put together here, so that no scanner takes this file for a leak.
KEY = "sk_" + "test_51HzAbCdEfGh"
LIVE = "rk_" + "live_51HzAbCdEfGh"
WEBHOOK = "whsec_" + "c2VjcmV0c2VjcmV0+/="
CLIENT = "pi_3Abc123_secret_" + "XyZ987"
CARD = "4242" * 4


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"key {KEY}.", "key sk_[redacted]."),
        (f"{LIVE}", "rk_[redacted]"),
        (f"'{WEBHOOK}'", "'whsec_[redacted]'"),
        (f"url?client_secret={CLIENT}&a=1", "url?client_secret=pi_3Abc123_secret_[redacted]&a=1"),
        (
            "seti_1Ab_secret_" + "Cd and cs_test_a1_secret_" + "Ef",
            "seti_1Ab_secret_[redacted] and cs_test_a1_secret_[redacted]",
        ),
        ("ork_0123456789abcdef_" + "x" * 43, "ork_0123456789abcdef_[redacted]"),
        ("ork_" + "torn-off", "ork_[redacted]"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [redacted]"),
        ("{'authorization': 'Basic dXNlcjpwYXNz'}", "{'authorization': 'Basic [redacted]'}"),
        ("(b'authorization', b'Token-x1y2')", "(b'authorization', b'[redacted]')"),
        ("authorization=plain", "authorization=[redacted]"),
        (
            "postgresql+asyncpg://shop:hunter2@db.example/orders",
            "postgresql+asyncpg://shop:[redacted]@db.example/orders",
        ),
        (f"number={CARD}", "number=[redacted]"),
        ("4242 4242 4242 4242", REDACTED),
        ("4242-4242-4242-4242 and on", f"{REDACTED} and on"),
        ("378282246310005", REDACTED),
    ],
)
def test_secrets_are_taken_out(text: str, left: str) -> None:
    """What is left names the kind of the secret, and an id in it, and nothing more."""
    assert redact(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "pay_357013f46feb368936907c32d55c171a",
        "pi_4242424242424242",
        "req_424242424242424242424242",
        "4242424242424241",
        "2026-03-01T12:00:00.123456Z",
        "1795697401.256495",
        "http://127.0.0.1:8000/v1/payments",
        "https://example.com/a@b",
        "the task_id of risk_score and desk_top",
        "insufficient_funds",
        "basic facts",
        "client_secret",
        "",
    ],
)
def test_all_else_stays(text: str) -> None:
    """Ids, moments, addresses and words are written as they are."""
    assert redact(text) == text


def test_every_new_key_is_recognised() -> None:
    """Whatever an API key's random part is, none of it is left."""
    for _ in range(200):
        row, secret = create_key("shop", "payments", None, utc_now())
        assert redact(f"<{secret}>") == f"<ork_{row['id']}_{REDACTED}>"


class Odd:
    """Something that shows a secret when it is written."""

    def __repr__(self) -> str:
        """Show it."""
        return f"Odd({KEY})"


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"headers": {"Authorization": "x"}}, {"headers": {"Authorization": REDACTED}}),
        ([f"a {KEY}", 1, None, True], ["a sk_[redacted]", 1, None, True]),
        (Odd(), "Odd(sk_[redacted])"),
        (ValueError(f"bad {WEBHOOK}"), "bad whsec_[redacted]"),
        (int(CARD), REDACTED),
        (1795697401256495000, 1795697401256495000),
        ({f"k {KEY}": 1}, {"k sk_[redacted]": 1}),
    ],
)
def test_every_kind_of_value_is_looked_at(value: Any, left: Any) -> None:
    """Secrets are found in mappings, lists, errors, numbers and whatever shows itself."""
    assert redact_event(None, "info", {"value": value}) == {"value": left}


@pytest.mark.parametrize("name", ["client_secret", "password", "Authorization", "api_key", "token"])
def test_some_names_say_enough(name: str) -> None:
    """The value of a field that is called a secret is one, whatever it looks like."""
    assert redact_event(None, "info", {name: "plain"}) == {name: REDACTED}


def test_names_of_keys_are_no_keys() -> None:
    """Which key was used, and how a request is known again, may be read."""
    event = {"key_id": "0123456789abcdef", "idempotency_key": "order-1"}

    assert redact_event(None, "info", dict(event)) == event
