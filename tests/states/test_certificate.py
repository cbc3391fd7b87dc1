"""The proof: it holds for our machine and for none that was broken on purpose."""

from itertools import product

import pytest

from orchestrator.states import (
    GUARDS,
    TERMINAL_STATES,
    TRANSITIONS,
    Certificate,
    Configuration,
    Guard,
    Measure,
    PaymentEvent,
    PaymentState,
    Transition,
    TransitionRefused,
    certify,
    step,
)
from orchestrator.states.machine import MACHINE
from orchestrator.states.space import explore
from orchestrator.states.table import Guards

S, E = PaymentState, PaymentEvent

TAKEN = {(row.source, row.event) for row in TRANSITIONS}
REDIRECTED = [
    (row, row._replace(target=target))
    for row, target in product(TRANSITIONS, PaymentState)
    if target is not row.target
]
ADDED = [
    Transition(source, event, target)
    for source, event, target in product(PaymentState, PaymentEvent, PaymentState)
    if (source, event) not in TAKEN
]
WITHOUT_RETRIES = [
    row for row in TRANSITIONS if row.event not in {E.require_new_card, E.disable_card}
]


def broken(table: list[Transition] | None = None, guards: Guards = GUARDS) -> Certificate:
    """Certify a machine broken somewhere; three attempts show everything that ten would."""
    return certify(3, tuple(table or TRANSITIONS), guards)


def without_guard(event: PaymentEvent) -> Guards:
    """Drop one guard."""
    return {other: guard for other, guard in GUARDS.items() if other is not event}


def rules_against(certificate: Certificate, row: Transition | None) -> set[str]:
    """Name the rules that a row is found to break."""
    return {violation.rule for violation in certificate.violations if violation.row == row}


def test_our_machine_holds() -> None:
    """Ten attempts make at most twenty transitions and ten confirmations."""
    assert certify().as_json() == {
        "max_attempts": 10,
        "configurations": 275,
        "longest_path": 20,
        "max_confirmations": 10,
        "violations": [],
    }


def test_every_budget_is_measured() -> None:
    """Each budget A is proven by itself: five configurations more, 2A moves, A confirmations."""
    assert certify(4).measures == (
        Measure(max_attempts=1, configurations=5, longest_path=2, max_confirmations=1),
        Measure(max_attempts=2, configurations=10, longest_path=4, max_confirmations=2),
        Measure(max_attempts=3, configurations=15, longest_path=6, max_confirmations=3),
        Measure(max_attempts=4, configurations=20, longest_path=8, max_confirmations=4),
    )


def test_our_certificate_holds() -> None:
    """A certificate without violations says that it holds."""
    assert certify(1).holds is True


@pytest.mark.parametrize("max_attempts", [0, -1])
def test_nothing_to_prove_is_refused(max_attempts: int) -> None:
    """A payment without attempts is no payment, so there is no certificate for it."""
    with pytest.raises(ValueError, match="at least one attempt"):
        certify(max_attempts)


def test_proof_walks_the_product() -> None:
    """The explored graph is what ``step`` does, configuration by configuration."""
    space = explore(MACHINE, TRANSITIONS, 2)
    expected = {}
    for state, left, event in product(PaymentState, range(3), PaymentEvent):
        try:
            expected[state, left, event] = step(Configuration(state, left), event)
        except TransitionRefused:
            continue

    found = {(*move.before, move.row.event): move.after for move in space.steps}

    assert found == expected


@pytest.mark.parametrize("row", TRANSITIONS, ids=str)
def test_dropped_row_is_found(row: Transition) -> None:
    """Each row is owed: a table without it names it."""
    certificate = broken([other for other in TRANSITIONS if other != row])

    assert "what_is_owed_is_permitted" in rules_against(certificate, row)
    assert certificate.holds is False


@pytest.mark.parametrize(("row", "redirected"), REDIRECTED, ids=str)
def test_redirected_row_is_found(row: Transition, redirected: Transition) -> None:
    """Each row leading anywhere else is named."""
    certificate = broken([redirected if other == row else other for other in TRANSITIONS])

    assert rules_against(certificate, redirected) != set()


@pytest.mark.parametrize("row", ADDED, ids=str)
def test_added_row_is_found(row: Transition) -> None:
    """Each row that could be added is named, wherever it leads."""
    certificate = broken([*TRANSITIONS, row])

    assert rules_against(certificate, row) != set()


@pytest.mark.parametrize(
    "row",
    [row for row in ADDED if row.source in TERMINAL_STATES and row.source != row.target],
    ids=str,
)
def test_exit_from_terminal_is_found(row: Transition) -> None:
    """No row leaves a handled state unnoticed."""
    assert "terminal_is_final" in rules_against(broken([*TRANSITIONS, row]), row)


@pytest.mark.parametrize("row", TRANSITIONS, ids=str)
def test_duplicate_row_is_found(row: Transition) -> None:
    """A row written twice is named, and nothing is measured on so unsound a table."""
    certificate = broken([*TRANSITIONS, row])

    assert rules_against(certificate, row) == {"unique_rows"}
    assert certificate.as_json()["configurations"] == 0
    assert certificate.as_json()["longest_path"] is None
    assert certificate.as_json()["max_confirmations"] is None


@pytest.mark.parametrize("event", GUARDS)
def test_dropped_guard_is_found(event: PaymentEvent) -> None:
    """No guard can be dropped."""
    assert broken(guards=without_guard(event)).holds is False


def test_confirming_for_free_is_found() -> None:
    """Without its guard a confirmation spends nothing and a payment goes round for ever."""
    certificate = broken(guards=without_guard(E.confirm))

    assert {"longest_path", "max_confirmations", "only_confirm_spends"} <= {
        violation.rule for violation in certificate.violations
    }
    assert certificate.longest_path is None
    assert certificate.max_confirmations is None


def test_endless_path_names_a_row_of_its_round() -> None:
    """What has no bound is named by a row that can be taken again and again."""
    certificate = broken(guards=without_guard(E.confirm))

    rows = {v.row for v in certificate.violations if v.rule == "longest_path"}

    assert rows != set()
    assert rows <= {TRANSITIONS[1], TRANSITIONS[2], TRANSITIONS[4], TRANSITIONS[5]}


@pytest.mark.parametrize(
    ("event", "row"),
    [(E.require_new_card, TRANSITIONS[4]), (E.disable_card, TRANSITIONS[5])],
    ids=str,
)
def test_waiting_without_attempts_is_found(event: PaymentEvent, row: Transition) -> None:
    """Without its guard an exhausted payment would wait for a card it can never confirm."""
    certificate = broken(guards=without_guard(event))

    assert "waiting_can_still_pay" in rules_against(certificate, row)


@pytest.mark.parametrize(
    ("event", "guard", "rule"),
    [
        pytest.param(E.confirm, Guard(0, 1), "attempts_stay_in_bounds", id="confirm-needs-none"),
        pytest.param(E.confirm, Guard(1, -1), "attempts_stay_in_bounds", id="confirm-gives"),
        pytest.param(E.confirm, Guard(1, 2), "only_confirm_spends", id="confirm-spends-two"),
        pytest.param(E.confirm, Guard(2, 1), "what_is_owed_is_permitted", id="confirm-needs-two"),
        pytest.param(E.cancel, Guard(1, 0), "what_is_owed_is_permitted", id="cancel-needs-one"),
        pytest.param(E.fail, Guard(1, 0), "what_is_owed_is_permitted", id="fail-needs-one"),
        pytest.param(E.expire, Guard(0, 1), "only_confirm_spends", id="expire-spends"),
        pytest.param(E.disable_card, Guard(1, 1), "only_confirm_spends", id="disabling-spends"),
    ],
)
def test_wrong_guard_is_found(event: PaymentEvent, guard: Guard, rule: str) -> None:
    """A guard that asks or spends too much or too little breaks the rule that says so."""
    certificate = broken(guards={**GUARDS, event: guard})

    assert rule in {violation.rule for violation in certificate.violations}


def test_unreachable_row_is_found() -> None:
    """Where no outcome asks for a new card, the rows that leave those states are named."""
    certificate = broken(WITHOUT_RETRIES)

    unreachable = {v.row for v in certificate.violations if v.rule == "every_row_is_reachable"}

    assert unreachable == {
        row for row in TRANSITIONS if row.source in {S.requires_new_card, S.card_disabled}
    }


def test_short_path_is_found() -> None:
    """A machine that never lets a customer try again misses its length and its confirmations."""
    sentences = [v.sentence for v in broken(WITHOUT_RETRIES).violations if v.row is None]

    assert sentences == [
        "With max_attempts 2 the longest_path is 2, not 4.",
        "With max_attempts 2 the max_confirmations is 1, not 2.",
    ]


def test_dead_end_is_found() -> None:
    """A configuration from which nothing handled can be reached is named."""
    certificate = certify(1, TRANSITIONS[:1])

    endings = [v.sentence for v in certificate.violations if v.rule == "everything_ends"]

    assert endings == ["From card_disabled with 0 attempts left no handled state can be reached."]


def test_outcome_without_a_question_is_found() -> None:
    """A payment cannot succeed without a confirmation, though every path would stay as long."""
    row = Transition(S.created, E.succeed, S.succeeded)

    assert rules_against(broken([*TRANSITIONS, row]), row) == {"outcome_needs_a_question"}


def test_violation_is_told_once() -> None:
    """What every budget shows is reported once, from the smallest that shows it."""
    row = Transition(S.failed, E.expire, S.succeeded)

    violations = broken([*TRANSITIONS, row]).violations

    assert len({(v.rule, v.row) for v in violations}) == len(violations)


def test_violations_become_json() -> None:
    """A broken certificate prints the violations as objects."""
    table = [row for row in TRANSITIONS if row != TRANSITIONS[7]]

    assert broken(table).as_json()["violations"] == [
        {
            "rule": "what_is_owed_is_permitted",
            "row": {"source": "created", "event": "cancel", "target": "failed"},
            "sentence": "Row created --cancel--> failed is missing or refused "
            "with 0 attempts left.",
        }
    ]
