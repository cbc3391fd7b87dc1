"""The function the product runs: every cell, every guard, and long random walks."""

import logging
import pickle
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.states import (
    GUARDS,
    MACHINE,
    TERMINAL_STATES,
    TRANSITIONS,
    AttemptsExhausted,
    Configuration,
    IllegalTransition,
    InvalidTable,
    PaymentEvent,
    PaymentMachine,
    PaymentState,
    TransitionRefused,
    advance,
    allowed_events,
    handled,
    permitted_events,
    step,
)

COLUMNS = ("confirm", "succeed", "require_new_card", "disable_card", "fail", "cancel", "expire")

# Where each event leads; a dash where it is illegal. Written by hand, not from the table.
MATRIX = {
    "created": ("confirming", "-", "-", "-", "-", "failed", "failed"),
    "confirming": (
        "-",
        "succeeded",
        "requires_new_card",
        "card_disabled",
        "failed",
        "failed",
        "failed",
    ),
    "requires_new_card": ("confirming", "-", "-", "-", "-", "failed", "failed"),
    "card_disabled": ("confirming", "-", "-", "-", "-", "failed", "failed"),
    "succeeded": ("-", "-", "-", "-", "-", "-", "-"),
    "failed": ("-", "-", "-", "-", "-", "-", "-"),
}

CELLS = [
    pytest.param(state, event, target, id=f"{state}-{event}")
    for state, targets in MATRIX.items()
    for event, target in zip(COLUMNS, targets, strict=True)
]
LEGAL = [cell for cell in CELLS if cell.values[2] != "-"]
ILLEGAL = [cell for cell in CELLS if cell.values[2] == "-"]


def outcome(state: str, event: str) -> str:
    """Say where an event leads, or a dash where it is refused."""
    try:
        return advance(state, event).value
    except IllegalTransition:
        return "-"


@pytest.mark.parametrize(("state", "event", "expected"), CELLS)
def test_every_cell(state: str, event: str, expected: str) -> None:
    """Each of the 42 cells leads where the matrix says or is refused."""
    assert outcome(state, event) == expected


def test_matrix_is_whole() -> None:
    """The matrix has a row for every state and a column for every event, 15 of 42 legal."""
    assert set(MATRIX) == set(PaymentState)
    assert set(COLUMNS) == set(PaymentEvent)
    assert (len(LEGAL), len(ILLEGAL)) == (15, 27)


@pytest.mark.parametrize(("state", "event", "expected"), LEGAL)
def test_members_and_strings_are_alike(state: str, event: str, expected: str) -> None:
    """Enum members lead where their strings lead, and what comes back is a member."""
    target = advance(PaymentState(state), PaymentEvent(event))

    assert target is PaymentState(expected)


@pytest.mark.parametrize(("state", "event", "expected"), ILLEGAL)
def test_refusal_carries_its_facts(state: str, event: str, expected: str) -> None:
    """A refusal names the state, the event and what would be allowed instead."""
    with pytest.raises(IllegalTransition) as refusal:
        advance(state, event)

    assert refusal.value.state is PaymentState(state)
    assert refusal.value.event is PaymentEvent(event)
    assert refusal.value.allowed == tuple(
        name for name, target in zip(COLUMNS, MATRIX[state], strict=True) if target != expected
    )


def test_refusal_writes_its_sentence() -> None:
    """An open payment's refusal says what it allows."""
    with pytest.raises(IllegalTransition) as refusal:
        advance("created", "succeed")

    assert str(refusal.value) == (
        "Event succeed is refused in state created: it allows confirm, cancel, expire."
    )


def test_handled_refusal_says_so() -> None:
    """A handled payment's refusal says that it is over."""
    with pytest.raises(IllegalTransition) as refusal:
        advance("failed", "confirm")

    assert str(refusal.value) == ("Event confirm is refused: a failed payment is handled for good.")


@pytest.mark.parametrize(
    ("state", "event"), [("created", "create"), ("created", "pay"), ("paid", "confirm")]
)
def test_unknown_word_is_an_error(state: str, event: str) -> None:
    """A word the machine does not have is a bug of the caller, not an illegal transition."""
    with pytest.raises(ValueError, match="is not a valid Payment"):
        advance(state, event)


@pytest.mark.parametrize("state", MATRIX)
def test_allowed_events_of_every_state(state: str) -> None:
    """The allowed events are the legal cells, in the order of the enum."""
    expected = [
        event for event, target in zip(COLUMNS, MATRIX[state], strict=True) if target != "-"
    ]

    assert list(allowed_events(state)) == expected


def test_library_knows_our_events_only() -> None:
    """The library added no event of its own that would jump past the table."""
    assert set(MACHINE._events) == set(PaymentEvent)


def test_library_keeps_quiet() -> None:
    """The library's log lines for every entry and exit are off."""
    assert logging.getLogger("transitions").level == logging.WARNING


@pytest.mark.parametrize(("state", "event", "expected"), LEGAL)
def test_step_spends_on_confirm_only(state: str, event: str, expected: str) -> None:
    """A step goes where the table says; a confirmation takes one attempt, the others none."""
    after = step(Configuration(PaymentState(state), 3), event)

    assert after == (expected, 2 if event == "confirm" else 3)


@pytest.mark.parametrize(
    ("state", "event"),
    [
        ("created", "confirm"),
        ("requires_new_card", "confirm"),
        ("card_disabled", "confirm"),
        ("confirming", "require_new_card"),
        ("confirming", "disable_card"),
    ],
)
def test_step_needs_an_attempt(state: str, event: str) -> None:
    """With no attempts left nothing is confirmed and no new card is asked for."""
    with pytest.raises(AttemptsExhausted) as refusal:
        step(Configuration(PaymentState(state), 0), event)

    assert refusal.value.state is PaymentState(state)
    assert refusal.value.event is PaymentEvent(event)
    assert refusal.value.attempts_left == 0


@pytest.mark.parametrize("event", ["succeed", "fail", "cancel", "expire"])
def test_last_attempt_can_end(event: str) -> None:
    """With no attempts left the outcome of the last one can still be recorded."""
    after = step(Configuration(PaymentState.confirming, 0), event)

    assert after.state in TERMINAL_STATES


@pytest.mark.parametrize(("state", "event", "expected"), ILLEGAL)
@pytest.mark.parametrize("attempts_left", [0, 3])
def test_step_refuses_by_the_table_first(
    state: str, event: str, expected: str, attempts_left: int
) -> None:
    """What the table lacks is an illegal transition, whatever the attempts left."""
    configuration = Configuration(PaymentState(state), attempts_left)

    with pytest.raises(IllegalTransition) as refusal:
        step(configuration, event)

    assert refusal.value.allowed == permitted_events(configuration)


def test_exhausted_refusal_writes_its_sentence() -> None:
    """A guard's refusal gives the attempts left and what is possible with them."""
    with pytest.raises(AttemptsExhausted) as refusal:
        step(Configuration(PaymentState.confirming, 0), "disable_card")

    assert str(refusal.value) == (
        "Event disable_card is refused in state confirming with attempts_left 0: "
        "it allows succeed, fail, cancel, expire."
    )


@pytest.mark.parametrize(
    ("state", "attempts_left", "expected"),
    [
        ("created", 1, ("confirm", "cancel", "expire")),
        ("created", 0, ("cancel", "expire")),
        (
            "confirming",
            1,
            ("succeed", "require_new_card", "disable_card", "fail", "cancel", "expire"),
        ),
        ("confirming", 0, ("succeed", "fail", "cancel", "expire")),
        ("requires_new_card", 2, ("confirm", "cancel", "expire")),
        ("card_disabled", 2, ("confirm", "cancel", "expire")),
        ("succeeded", 2, ()),
        ("failed", 2, ()),
    ],
)
def test_permitted_events(state: str, attempts_left: int, expected: tuple[str, ...]) -> None:
    """The permitted events are the allowed ones for which enough attempts are left."""
    assert permitted_events(Configuration(PaymentState(state), attempts_left)) == expected


@pytest.mark.parametrize(
    "refusal",
    [
        IllegalTransition(PaymentState.failed, PaymentEvent.fail, ()),
        AttemptsExhausted(PaymentState.confirming, PaymentEvent.confirm, (), 0),
    ],
    ids=["illegal", "exhausted"],
)
def test_refusals_survive_pickling(refusal: TransitionRefused) -> None:
    """A refusal that crosses a process border keeps its facts and its sentence."""
    copy = pickle.loads(pickle.dumps(refusal))

    assert (type(copy), vars(copy), str(copy)) == (type(refusal), vars(refusal), str(refusal))


def test_broken_table_builds_no_machine() -> None:
    """A table with an ambiguous row stops the process that imports it."""
    with pytest.raises(InvalidTable) as error:
        PaymentMachine([*TRANSITIONS, TRANSITIONS[0]], GUARDS)

    assert [violation.rule for violation in error.value.violations] == ["unique_rows"]
    assert str(error.value) == (
        "Row created --confirm--> confirming shares source and event with another."
    )


def test_event_without_a_row_is_refused() -> None:
    """An event no row uses is refused like any other illegal one, not unknown."""
    machine = PaymentMachine(TRANSITIONS[:1], GUARDS)

    with pytest.raises(IllegalTransition):
        machine.advance("created", "expire")


# No deadline: a busy machine is no failure of the property.
@settings(deadline=None)
@given(
    max_attempts=st.integers(min_value=1, max_value=10),
    events=st.lists(st.sampled_from(PaymentEvent), max_size=200),
)
def test_random_walk_keeps_the_bound(max_attempts: int, events: list[PaymentEvent]) -> None:
    """Whatever events arrive, a payment confirms at most A times and moves at most 2A times."""
    configuration = Configuration(PaymentState.created, max_attempts)
    taken: Counter[PaymentEvent] = Counter()
    for event in events:
        try:
            configuration = step(configuration, event)
        except TransitionRefused:
            continue
        taken[event] += 1

    assert configuration.attempts_left == max_attempts - taken[PaymentEvent.confirm]
    assert taken[PaymentEvent.confirm] <= max_attempts
    assert taken.total() <= 2 * max_attempts


@settings(deadline=None)
@given(st.data())
def test_walk_of_permitted_events_ends_handled(data: st.DataObject) -> None:
    """Whoever takes only permitted events is never refused and always ends handled."""
    configuration = Configuration(PaymentState.created, data.draw(st.integers(1, 10)))
    while permitted := permitted_events(configuration):
        configuration = step(configuration, data.draw(st.sampled_from(permitted)))

    assert handled(configuration.state)


@pytest.mark.parametrize("state", PaymentState)
@pytest.mark.parametrize("attempts_left", [0, 1, 2])
def test_permitted_is_what_step_takes(state: PaymentState, attempts_left: int) -> None:
    """The permitted events are exactly those a step accepts."""
    configuration = Configuration(state, attempts_left)
    accepted = []
    for event in PaymentEvent:
        try:
            step(configuration, event)
        except TransitionRefused:
            continue
        accepted.append(event)

    assert accepted == list(permitted_events(configuration))
