"""Whose failure it was: H1, H2, H14 and H15, where a failure was counted for the wrong attempt."""

import pytest

from orchestrator.errors import AttemptInProgress
from orchestrator.states import PaymentState
from tests.protocol.steps import (
    BAD,
    CHALLENGED,
    CHALLENGED_THEN_BAD,
    GOOD,
    browser_confirms,
    failed_charges,
    moves,
    outcomes,
    own_card,
    phase_a,
    phase_b,
    phase_b_unheard,
    read,
    read_ahead,
    rows,
    settle_late,
    tries,
)
from tests.world import World


async def test_old_error_leaves_new_attempt_open(world: World) -> None:
    """H1: the first attempt's 3-D Secure failure, read again, does not settle the second."""
    payment = await world.create(max_attempts=2)
    await world.confirm(payment, CHALLENGED)
    await world.authenticate(payment, "fail")
    await read(world, payment)
    opened = await phase_a(world, payment, GOOD)

    seen = await read(world, payment)
    ended = await phase_b(world, opened, GOOD)

    assert (seen.state, seen.attempts_left) == (PaymentState.confirming, 0)
    assert ended.state is PaymentState.succeeded
    assert await moves(world, payment) == [
        ("confirm", 1),
        ("require_new_card", 1),
        ("confirm", 2),
        ("succeed", 2),
    ]
    assert await world.charged(payment) == [1000]


async def test_read_before_attempt_settles_nothing(world: World) -> None:
    """H1: news from before an attempt, settled after it was opened and challenged, is not its."""
    payment = await world.create(max_attempts=2)
    await world.confirm(payment, CHALLENGED)
    await world.authenticate(payment, "fail")
    await read(world, payment)
    news = await read_ahead(world, payment)
    await world.confirm(payment, CHALLENGED)

    seen = await settle_late(world, payment, news)
    await world.authenticate(payment, "succeed")
    ended = await read(world, payment)

    assert (seen.state, seen.intention) == (PaymentState.confirming, None)
    assert (ended.state, ended.attempts_used) == (PaymentState.succeeded, 2)


async def test_read_before_own_answer_settles_nothing(world: World) -> None:
    """H1: news read while an attempt was in flight cannot settle it once it is answered."""
    payment = await world.create(max_attempts=2)
    await browser_confirms(world, payment, CHALLENGED)
    await world.authenticate(payment, "fail")
    opened = await phase_a(world, payment, CHALLENGED)
    news = await read_ahead(world, payment)
    await phase_b(world, opened, CHALLENGED)

    seen = await settle_late(world, payment, news)

    assert (seen.state, seen.attempts_used) == (PaymentState.confirming, 1)
    assert await moves(world, payment) == [("confirm", 1)]


async def test_browser_authentication_failure_spends_nothing(world: World) -> None:
    """H1: a browser's 3-D Secure failure has no charge; however often it is read, it is no row."""
    payment = await world.create(max_attempts=2)
    await browser_confirms(world, payment, CHALLENGED)
    await world.authenticate(payment, "fail")

    for _ in range(3):
        seen = await read(world, payment)

    assert (seen.state, seen.attempts_left) == (PaymentState.created, 2)
    assert await rows(world, payment) == []


async def test_browser_decline_leaves_attempt_in_flight(world: World) -> None:
    """H2: a browser's unseen decline does not settle the attempt in flight, which then pays."""
    payment = await world.create(max_attempts=2)
    await browser_confirms(world, payment, BAD)
    opened = await phase_a(world, payment, GOOD)

    seen = await read(world, payment)
    ended = await phase_b(world, opened, GOOD)

    assert (seen.state, seen.attempts_used) == (PaymentState.confirming, 1)
    assert (ended.state, ended.attempts_used) == (PaymentState.succeeded, 1)
    assert await moves(world, payment) == [("confirm", 1), ("succeed", 1)]
    assert await world.charged(payment) == [1000]


async def test_browser_decline_counts_after_attempt(world: World) -> None:
    """H2: a browser's decline waits as evidence, and is its own attempt once ours is settled."""
    payment = await world.create(max_attempts=3)
    await browser_confirms(world, payment, BAD)
    opened = await phase_a(world, payment, BAD)
    await read(world, payment)

    settled = await phase_b(world, opened, BAD)
    browsers, ours = await failed_charges(world, payment)

    assert (settled.state, settled.attempts_left) == (PaymentState.requires_new_card, 1)
    assert await tries(world, payment) == [
        (1, "server", "outcome", ours),
        (2, "browser", "outcome", browsers),
    ]
    assert await moves(world, payment) == [
        ("confirm", 1),
        ("require_new_card", 1),
        ("confirm", 2),
        ("require_new_card", 2),
    ]


async def test_held_decline_settles_no_challenge(world: World) -> None:
    """H14: a challenge that ends in a decline is settled by its own charge, not by a held one."""
    payment = await world.create(max_attempts=3)
    await browser_confirms(world, payment, BAD)
    opened = await phase_a(world, payment, CHALLENGED_THEN_BAD)
    await read(world, payment)
    await phase_b(world, opened, CHALLENGED_THEN_BAD)
    await world.authenticate(payment, "succeed")

    settled = await read(world, payment)
    browsers, ours = await failed_charges(world, payment)

    assert settled.attempts_left == 1
    assert await tries(world, payment) == [
        (1, "server", "outcome", ours),
        (2, "browser", "outcome", browsers),
    ]


async def test_later_decline_settles_no_challenge(world: World) -> None:
    """H14: the intent's last error may be a browser's, made after the challenge had failed."""
    payment = await world.create(max_attempts=3)
    await world.confirm(payment, CHALLENGED_THEN_BAD)
    await world.authenticate(payment, "succeed")
    await browser_confirms(world, payment, BAD)

    await read(world, payment)
    ours, browsers = await failed_charges(world, payment)

    assert await tries(world, payment) == [
        (1, "server", "outcome", ours),
        (2, "browser", "outcome", browsers),
    ]


async def test_abandoned_decline_spends_nothing(world: World) -> None:
    """H15: the decline of an abandoned challenge is bound to it, and is not a browser's attempt."""
    payment = await world.create(max_attempts=3)
    await world.confirm(payment, CHALLENGED_THEN_BAD)
    await world.authenticate(payment, "succeed")

    settled = (await world.confirm(payment, BAD)).payment
    abandoned, declined = await failed_charges(world, payment)

    assert (settled.state, settled.attempts_left) == (PaymentState.requires_new_card, 1)
    assert await rows(world, payment) == [
        ("confirm", 1, None),
        ("require_new_card", 1, "authentication_abandoned"),
        ("confirm", 2, None),
        ("require_new_card", 2, "generic_decline"),
    ]
    assert ("abandoned_outcome", 1, abandoned) in await outcomes(world, payment)
    assert (await tries(world, payment))[1] == (2, "server", "outcome", declined)


async def test_abandoned_decline_leaves_new_attempt_open(world: World) -> None:
    """H15: the abandoned challenge's late decline does not settle the attempt in flight."""
    payment = await world.create(max_attempts=3)
    await world.confirm(payment, CHALLENGED_THEN_BAD)
    await world.authenticate(payment, "succeed")
    opened = await phase_a(world, payment, GOOD)

    seen = await read(world, payment)
    ended = await phase_b(world, opened, GOOD)

    assert (seen.state, seen.attempts_used) == (PaymentState.confirming, 2)
    assert (ended.state, ended.attempts_used) == (PaymentState.succeeded, 2)
    assert await world.charged(payment) == [1000]


async def test_attempt_that_never_ran_takes_no_decline(world: World) -> None:
    """H15: a confirm refused because of the open challenge is settled without its decline."""
    await world.control("POST", "/settings", {"confirm_while_action": "refuse"})
    payment = await world.create(max_attempts=3)
    card = await own_card(world, CHALLENGED_THEN_BAD)
    await world.confirm(payment, card)
    opened = await phase_a(world, payment, card)

    refused = await phase_b(world, opened, card)
    await world.authenticate(payment, "succeed")
    settled = await read(world, payment)
    (late,) = await failed_charges(world, payment)

    assert (refused.state, refused.settling.open is not None) == (PaymentState.confirming, True)
    assert (settled.state, settled.attempts_left) == (PaymentState.requires_new_card, 1)
    assert await tries(world, payment) == [
        (1, "server", "abandoned", None),
        (2, "server", "not_run", None),
    ]
    assert await outcomes(world, payment) == [("abandoned_outcome", 1, late)]


async def test_old_challenge_wins_the_race(world: World) -> None:
    """H15: where the abandoned challenge paid first, the new attempt ends in that success."""
    payment = await world.create(max_attempts=3)
    await world.confirm(payment, CHALLENGED)
    opened = await phase_a(world, payment, BAD)
    await world.authenticate(payment, "succeed")

    ended = await phase_b(world, opened, BAD)

    assert ended.state is PaymentState.succeeded
    assert (await moves(world, payment))[-1] == ("succeed", 2)
    assert await world.charged(payment) == [1000]


async def test_no_new_card_while_one_is_in_flight(world: World) -> None:
    """H15: only an open challenge is given up for a new card, never a request without answer."""
    payment = await world.create(max_attempts=3)
    await phase_a(world, payment, GOOD)

    with pytest.raises(AttemptInProgress):
        await world.confirm(payment, BAD)

    assert await moves(world, payment) == [("confirm", 1)]


async def test_superseded_challenge_is_gone(world: World) -> None:
    """H15: a new card that reached Stripe first leaves nothing of the old challenge to count."""
    payment = await world.create(max_attempts=3)
    await world.confirm(payment, CHALLENGED_THEN_BAD)
    opened = await phase_a(world, payment, CHALLENGED)
    await phase_b_unheard(world, opened, CHALLENGED)
    world.clock.advance(40)
    await world.work()

    await world.authenticate(payment, "succeed")
    ended = await read(world, payment)

    assert (ended.state, ended.attempts_used) == (PaymentState.succeeded, 2)
    assert await failed_charges(world, payment) == []
