"""An explanation says, for every state and situation, what is so and what comes next."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from orchestrator.explain import Ending, Situation
from orchestrator.explain.steps import STEPS
from orchestrator.explain.words import BECAUSE, EFFECTS, SUMMARIES
from orchestrator.states import PaymentState
from tests.explain.cases import CASES
from tests.explain.told import EXPIRY, SECRET, S, Told, everything, explained
from tests.stored_payments import new_payment


@pytest.mark.parametrize("told", CASES.values(), ids=CASES)
def test_what_is_said(told: Told) -> None:
    """Each case has its situation, its summary, its steps in order, and nothing that misleads."""
    explanation = explained(told)

    assert explanation.situation is told.situation
    assert told.summary in explanation.summary
    found = [
        next((place for place, step in enumerate(explanation.next_steps) if part in step), -1)
        for part in told.steps
    ]
    assert -1 not in found, explanation.next_steps
    assert found == sorted(found)
    assert [part for part in told.unsaid if part in everything(explanation)] == []


@pytest.mark.parametrize("told", CASES.values(), ids=CASES)
def test_it_can_be_read_out(told: Told) -> None:
    """What is said are whole sentences: no gap, no null, no brace, no name of a column."""
    said = everything(explained(told))

    assert all(line[0].isupper() and line[-1] in '."' for line in said.splitlines() if line)
    assert not re.search(r"None|[{}]|no time|\battempt 0|  ", said)


@pytest.mark.parametrize("told", CASES.values(), ids=CASES)
def test_events_are_those_of_the_machine(told: Told) -> None:
    """What may happen is what the table allows with the attempts that are left."""
    allowed = explained(told).allowed_events

    assert ("confirm" in allowed) == told.payment.waiting
    assert (allowed == ()) == told.payment.handled
    assert ("succeed" in allowed) == (told.payment.state is S.confirming)


@pytest.mark.parametrize("told", CASES.values(), ids=CASES)
def test_a_deadline_has_an_effect(told: Told) -> None:
    """A deadline is told with what happens then, unless the payment ends or has ended anyway."""
    explanation = explained(told)
    over = told.payment.handled or told.payment.intention is not None

    assert (explanation.deadline is None) == over
    assert (explanation.deadline_effect is None) == over
    if not over:
        waits = told.payment.waiting
        assert explanation.deadline == (EXPIRY if waits else told.payment.deadline_at)


@pytest.mark.parametrize("told", CASES.values(), ids=CASES)
def test_no_secret_is_told(told: Told) -> None:
    """An address that carries a client secret is nowhere in an explanation but in the payment."""
    explanation = replace(explained(told), payment=new_payment())

    assert SECRET not in repr(explanation)


def test_every_situation_and_ending_has_a_case() -> None:
    """The cases above leave out no situation, no state, no ending, and no sentence."""
    explanations = [explained(told) for told in CASES.values()]
    said = "\n".join(everything(one) for one in explanations)
    fixed = [re.split(r"\{\w+\}", text)[0] for text in (*BECAUSE.values(), *SUMMARIES.values())]
    steps = [max(re.split(r"\{\w+\}", step.sentence), key=len) for step in STEPS]

    assert {one.situation for one in explanations} == set(Situation) == set(SUMMARIES)
    assert {told.payment.state for told in CASES.values()} == set(PaymentState)
    assert set(BECAUSE) == set(Ending)
    assert [part for part in (*fixed, *steps) if part not in said] == []


def test_words_are_of_situations_there_are() -> None:
    """Only situations that can have a deadline tell what it does."""
    assert set(Situation) - set(EFFECTS) == {Situation.ending, Situation.paid, Situation.failed}
