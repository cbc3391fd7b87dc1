"""How fast Stripe is asked: a second's turns at once, then evenly, and nobody waits too long."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from orchestrator.gateway.pace import LONGEST_WAIT_SECONDS, Pace
from orchestrator.gateway.stripe_gateway import StripeGateway
from orchestrator.gateway.views import ReplyKind
from orchestrator.settings import Settings


@dataclass
class Ticks:
    """A clock that a test moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    """Give the test a clock."""
    return Ticks()


def test_a_second_of_turns_may_be_taken_at_once(ticks: Ticks) -> None:
    """Ten a second: ten at once, and each after that a tenth of a second later."""
    pace = Pace(10, ticks)
    waits = [pace.turn("confirm") for _ in range(14)]

    assert waits == pytest.approx([0.0] * 10 + [0.1, 0.2, 0.3, 0.4])


def test_operations_have_turns_of_their_own(ticks: Ticks) -> None:
    """One that is busy holds up no other."""
    pace = Pace(1, ticks)
    first, second, other = pace.turn("confirm"), pace.turn("confirm"), pace.turn("cancel")

    assert (first, second, other) == pytest.approx((0.0, 1.0, 0.0))


def test_turns_come_back(ticks: Ticks) -> None:
    """After a quiet second a second's turns are there again, and no more after an hour."""
    pace = Pace(5, ticks)
    for _ in range(5):
        pace.turn("confirm")
    ticks.now += 3600
    waits = [pace.turn("confirm") for _ in range(6)]

    assert waits == pytest.approx([0.0] * 5 + [0.2])


def test_nobody_waits_too_long(ticks: Ticks) -> None:
    """A turn too far away is not taken: those who came before are not held up by it."""
    pace = Pace(1, ticks)
    waits = [pace.turn("confirm") for _ in range(20)]
    ticks.now += 1
    after = pace.turn("confirm")

    assert waits[:6] == pytest.approx([0, 1, 2, 3, 4, 5])
    assert waits[6:] == [None] * 14
    assert after == pytest.approx(LONGEST_WAIT_SECONDS)


def test_without_a_rate_everything_passes(ticks: Ticks) -> None:
    """No rate, no turns."""
    pace = Pace(None, ticks)

    assert {pace.turn("confirm") for _ in range(1000)} == {0.0}


@pytest.mark.parametrize(
    ("base", "rate", "expected"),
    [
        (None, None, 25.0),
        ("https://api.stripe.com", None, 25.0),
        ("http://127.0.0.1:12111", None, None),
        (None, 100.0, 100.0),
        ("http://127.0.0.1:12111", 5.0, 5.0),
    ],
)
def test_stripe_itself_is_spared(
    base: str | None, rate: float | None, expected: float | None
) -> None:
    """Stripe's own limit holds by itself where the calls go to Stripe."""
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it unannounced
        stripe_api_key=SecretStr("sk_test_x"),
        stripe_api_base=base,
        stripe_rate=rate,
    )

    assert settings.calls_per_second == expected


async def test_what_is_held_back_is_not_sent() -> None:
    """Beyond its turn a call ends as busy at once: nothing listens at this address."""
    gateway = StripeGateway(
        "sk_test_x", api_base="http://127.0.0.1:9", timeout_seconds=1, calls_per_second=0.1
    )
    sent = await gateway.retrieve_intent("pi_1")
    held = await gateway.retrieve_intent("pi_1")
    await gateway.aclose()

    assert (sent.kind, held.kind, held.code) == (ReplyKind.unknown, ReplyKind.busy, "held_back")
