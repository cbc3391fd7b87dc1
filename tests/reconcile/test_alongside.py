"""Two lists, newest first, are brought together without holding either."""

from datetime import timedelta

from orchestrator.reconcile.alongside import MOST_WAITING, SLACK, Alongside
from tests.reconcile.builders import CREATED, MADE, intent_of, payment_of

SECOND = timedelta(seconds=1)


def test_partners_meet_whoever_comes_first() -> None:
    """A payment waits for its intent, and an intent for its payment."""
    waiting = Alongside()
    first = waiting.add_payments([payment_of(1), payment_of(2)])
    second = waiting.add_intents([intent_of(2), intent_of(3)])
    third = waiting.add_payments([payment_of(3)])

    assert first == []
    assert [(payment.id, listed.intent.id) for payment, listed in second + third] == [
        ("pay_2", "pi_2"),
        ("pay_3", "pi_3"),
    ]


def test_payment_is_alone_once_the_intents_are_past_it() -> None:
    """Stripe's clock is not ours, so the list of intents must be past by some slack."""
    waiting = Alongside()
    waiting.add_payments([payment_of(1)])

    assert waiting.payments_alone(MADE) == []
    assert waiting.payments_alone(MADE - SLACK) == []
    assert [one.id for one in waiting.payments_alone(MADE - SLACK - SECOND)] == ["pay_1"]
    assert waiting.payments == {}


def test_intent_is_alone_once_the_payments_are_past_it() -> None:
    """It is the same the other way round."""
    waiting = Alongside()
    waiting.add_intents([intent_of(1, created=CREATED)])

    assert waiting.intents_alone(MADE - SLACK) == []
    assert [one.intent.id for one in waiting.intents_alone(MADE - SLACK - SECOND)] == ["pi_1"]


def test_nobody_waits_for_a_list_that_has_ended() -> None:
    """What has no partner by the end of the other list is alone."""
    waiting = Alongside()
    waiting.add_payments([payment_of(1)])
    waiting.add_intents([intent_of(2)])

    assert len(waiting.payments_alone(None)) == 1
    assert len(waiting.intents_alone(None)) == 1


def test_only_so_many_wait() -> None:
    """However many were made at once, the oldest to wait are given out and memory stays flat."""
    waiting = Alongside()
    waiting.add_payments(payment_of(number) for number in range(MOST_WAITING + 2))

    assert [one.id for one in waiting.payments_alone(MADE)] == ["pay_0", "pay_1"]
    assert len(waiting.payments) == MOST_WAITING
