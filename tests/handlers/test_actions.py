"""The named handlers and the rows that word them."""

from collections.abc import Callable

import pytest

from orchestrator.handlers import (
    EFFECTS,
    Action,
    DisableScope,
    HandlerResult,
    Outcome,
    Rule,
    ask_for_new_card,
    disable_card,
    handler_for,
)
from orchestrator.handlers.actions import Effect
from tests.handlers.builders import answering, details

# completed, requires retry, same card allowed
ANSWERS: dict[Action, tuple[bool, bool, bool]] = {
    Action.requires_new_card: (True, True, False),
    Action.retry_same_card_later: (True, True, True),
    Action.fix_details: (True, True, True),
    Action.authenticate: (True, True, True),
    Action.card_disabled: (True, True, False),
    Action.failed: (True, False, False),
    Action.read_intent: (False, False, False),
    Action.resend: (False, False, False),
    Action.stay: (False, False, False),
    Action.succeed: (True, False, False),
    Action.wait: (False, False, False),
}

NAMED = pytest.mark.parametrize(
    ("handler", "effect"),
    EFFECTS.items(),
    ids=[handler.__name__ for handler in EFFECTS],
)


@NAMED
def test_named_handler_answers_its_action(
    handler: Callable[..., HandlerResult], effect: Effect
) -> None:
    """What a named handler answers is what its action stands for."""
    result = handler(Outcome(), details())

    assert (result.completed, result.requires_retry, result.same_card_allowed) == ANSWERS[
        effect.action
    ]


@NAMED
def test_named_handler_disables_as_far_as_it_says(
    handler: Callable[..., HandlerResult], effect: Effect
) -> None:
    """A named handler takes a card out of use exactly as far as its effect says."""
    result = handler(Outcome(), details())

    assert result.disable_scope == effect.disable_scope
    assert result.disable_card == (effect.disable_scope is not None)


def test_every_action_has_a_handler() -> None:
    """A stored rule can name any action and finds a handler for it."""
    assert {effect.action for effect in EFFECTS.values()} == set(Action)


def test_actions_are_equal_to_their_names() -> None:
    """An action's member, value and stored string are one."""
    assert [action.name for action in Action] == [str(action) for action in Action]


@pytest.mark.parametrize("action", Action)
def test_action_finds_a_handler_of_its_own(action: Action) -> None:
    """An action's name alone leads to a handler that does it."""
    assert EFFECTS[handler_for(action)].action is action


@pytest.mark.parametrize("scope", DisableScope)
def test_disabling_finds_the_handler_of_its_scope(scope: DisableScope) -> None:
    """How far a card is disabled can be chosen; without a choice it is the card."""
    assert EFFECTS[handler_for(Action.card_disabled, scope)].disable_scope is scope
    assert handler_for(Action.card_disabled) is disable_card


def test_scope_without_a_disablement_is_refused() -> None:
    """An action that disables nothing takes no scope."""
    with pytest.raises(ValueError, match="disables no card"):
        handler_for(Action.failed, DisableScope.fingerprint)


def test_rule_words_the_result() -> None:
    """A row gives its handler's result the sentence, the meaning and the delay."""
    rule = Rule(ask_for_new_card, "Another card, please.", "no funds", retry_after_seconds=5)

    assert rule(Outcome(), details()) == HandlerResult(
        completed=True,
        requires_retry=True,
        message="Another card, please.",
        reason="no funds",
        retry_after_seconds=5,
    )


def test_rule_keeps_a_delay_it_does_not_set() -> None:
    """A row without a delay leaves the one of a deployment's handler."""
    own = answering(HandlerResult(True, True, same_card_allowed=True, retry_after_seconds=9))

    assert Rule(own, "Later.", "busy")(Outcome(), details()).retry_after_seconds == 9


def test_rule_knows_what_its_handler_does() -> None:
    """A row of a named handler names its action and scope."""
    rule = Rule(disable_card, "Another card, please.", "closed")

    assert (rule.action, rule.disable_scope) == ("card_disabled", "fingerprint")


def test_rule_of_an_own_handler_claims_no_action() -> None:
    """A row of a deployment's handler cannot say beforehand what it does."""
    rule = Rule(answering(HandlerResult(True, True)), "Another card, please.", "own")

    assert (rule.action, rule.disable_scope) == (None, None)


def test_generic_rule_must_be_worded_generically() -> None:
    """A row that hides its reason cannot be given a sentence of its own."""
    with pytest.raises(ValueError, match="generic"):
        Rule(disable_card, "Your card was reported lost.", "reported lost", generic=True)
