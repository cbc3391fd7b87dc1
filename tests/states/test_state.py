"""The machine's words."""

import pytest

from orchestrator.states import (
    INITIAL_STATE,
    STATE_MEANINGS,
    TERMINAL_STATES,
    WAITING_STATES,
    PaymentEvent,
    PaymentState,
    handled,
)


def test_states_are_the_six() -> None:
    """The states, and the strings stored for them, are exactly these."""
    assert [state.value for state in PaymentState] == [
        "created",
        "confirming",
        "requires_new_card",
        "card_disabled",
        "succeeded",
        "failed",
    ]


def test_events_are_the_seven() -> None:
    """The events, and the strings stored for them, are exactly these."""
    assert [event.value for event in PaymentEvent] == [
        "confirm",
        "succeed",
        "require_new_card",
        "disable_card",
        "fail",
        "cancel",
        "expire",
    ]


@pytest.mark.parametrize("member", [*PaymentState, *PaymentEvent])
def test_names_equal_values(member: PaymentState | PaymentEvent) -> None:
    """The library keys states by name and the database by value, so both are one."""
    assert member.name == member.value


def test_states_are_sorted_completely() -> None:
    """Every state but ``confirming`` is either waiting or terminal, and none is both."""
    sorted_states = WAITING_STATES | TERMINAL_STATES

    assert sorted_states == set(PaymentState) - {PaymentState.confirming}
    assert WAITING_STATES.isdisjoint(TERMINAL_STATES)


def test_payment_begins_waiting() -> None:
    """A new payment is ``created``, which is a waiting state."""
    assert INITIAL_STATE is PaymentState.created
    assert INITIAL_STATE in WAITING_STATES


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (PaymentState.created, False),
        (PaymentState.confirming, False),
        (PaymentState.requires_new_card, False),
        (PaymentState.card_disabled, False),
        (PaymentState.succeeded, True),
        (PaymentState.failed, True),
        ("failed", True),
        ("created", False),
    ],
)
def test_handled_is_terminal(state: PaymentState | str, expected: bool) -> None:
    """A payment is handled in ``succeeded`` and ``failed``, given as members or as strings."""
    assert handled(state) is expected


def test_every_state_has_a_meaning() -> None:
    """Nobody meets a state without a sentence to explain it."""
    assert list(STATE_MEANINGS) == list(PaymentState)
