"""Which rules a process decides by, and which deployments' modules it refuses."""

import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from orchestrator.errors import Misconfigured
from orchestrator.handlers import (
    ERROR_HANDLERS,
    SUCCESS_HANDLERS,
    HandlerResult,
    InvalidHandlers,
    Outcome,
    Rule,
    RuleSet,
    ask_for_new_card,
    describe,
    disable_card,
    fail_payment,
    handler_name,
    load_rules,
    rule_on,
)
from tests.handlers.builders import BUILT_IN, answering, declined, details

HEADER = """
from orchestrator.handlers import HandlerResult, Rule, ask_for_new_card

def own(outcome, payment):
    return HandlerResult(completed=True, requires_retry=True, message="Own words.")
"""

ModuleMaker = Callable[[str], str]
NUMBERS = count()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleMaker:
    """Write a deployment's module that can be imported by the name returned."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(source: str) -> str:
        name = f"deployment_{next(NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(HEADER + source)
        return name

    return make


# --- loading


@pytest.mark.parametrize("name", [None, ""])
def test_no_module_means_the_built_in_rules(name: str | None) -> None:
    """Without a deployment's module the built-in maps decide."""
    rules = load_rules(name)

    assert (rules.errors, rules.successes, rules.own) == (
        ERROR_HANDLERS,
        SUCCESS_HANDLERS,
        frozenset(),
    )


def test_deployments_rows_go_over_ours(module: ModuleMaker) -> None:
    """A deployment replaces a row, adds one, and keeps the rest."""
    name = module("ERROR_HANDLERS = {'insufficient_funds': own, 'brand_new_code': own}")

    rules = load_rules(name)

    assert rules.own == {"insufficient_funds", "brand_new_code"}
    assert set(rules.errors) == {*ERROR_HANDLERS, "brand_new_code"}
    assert rules.errors["lost_card"] is ERROR_HANDLERS["lost_card"]


def test_deployments_handler_is_asked_by_name(module: ModuleMaker) -> None:
    """A loaded handler decides, and history can name it."""
    name = module("ERROR_HANDLERS = {'insufficient_funds': own}")

    ruling = rule_on(declined("insufficient_funds"), details(), load_rules(name))

    assert (ruling.handler, ruling.result.message) == (f"{name}.own", "Own words.")


def test_deployment_may_use_our_words(module: ModuleMaker) -> None:
    """A deployment's row may be a Rule around a named handler of ours."""
    name = module("ERROR_HANDLERS = {'new': Rule(ask_for_new_card, 'Another one.', 'new')}")

    ruling = rule_on(declined("new"), details(), load_rules(name))

    assert (ruling.handler, ruling.event, ruling.unknown_code) == (
        "ask_for_new_card",
        "require_new_card",
        None,
    )


def test_success_handlers_alone_will_do(module: ModuleMaker) -> None:
    """A module may bring one map and not the other."""
    name = module(
        "def thank(outcome, payment):\n"
        "    return HandlerResult(True, False, message='Thank you!')\n"
        "SUCCESS_HANDLERS = {'succeeded': thank}"
    )

    ruling = rule_on(Outcome(status="succeeded"), details(), load_rules(name))

    assert (ruling.result.message, ruling.event) == ("Thank you!", "succeed")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import no_such_package", "does not import (ModuleNotFoundError"),
        ("1 / 0", "does not import (ZeroDivisionError"),
        ("def", "does not import (SyntaxError"),
        ("HANDLERS = {}", "neither ERROR_HANDLERS nor SUCCESS_HANDLERS"),
        ("ERROR_HANDLERS = [own]", "ERROR_HANDLERS is no mapping but a list"),
        ("SUCCESS_HANDLERS = None", "SUCCESS_HANDLERS is no mapping but a NoneType"),
        ("ERROR_HANDLERS = {1: own}", "ERROR_HANDLERS[1] has a key that is no code"),
        ("ERROR_HANDLERS = {'': own}", "ERROR_HANDLERS[''] has a key that is no code"),
        ("ERROR_HANDLERS = {'x': 'fail'}", "ERROR_HANDLERS['x'] is not callable"),
        ("ERROR_HANDLERS = {'x': Rule('fail', '', '')}", "['x'] is not callable"),
        ("ERROR_HANDLERS = {'x': print}", "neither a plain function nor a Rule"),
        ("ERROR_HANDLERS = {'x': HandlerResult}", "neither a plain function nor a Rule"),
        (
            "async def late(outcome, payment): ...\nERROR_HANDLERS = {'x': late}",
            "is a coroutine function",
        ),
        (
            "async def late(outcome, payment): yield\nERROR_HANDLERS = {'x': late}",
            "is a coroutine function",
        ),
        (
            "async def late(outcome, payment): ...\nERROR_HANDLERS = {'x': Rule(late, '', '')}",
            "is a coroutine function",
        ),
        (
            "def slow(outcome, payment): yield\nERROR_HANDLERS = {'x': slow}",
            "is a generator",
        ),
        ("ERROR_HANDLERS = {'x': lambda outcome: None}", "cannot be called as"),
        ("ERROR_HANDLERS = {'x': lambda outcome, payment, more: None}", "cannot be called as"),
        ("SUCCESS_HANDLERS = {'paid': own}", "SUCCESS_HANDLERS has ['paid']"),
    ],
)
def test_unusable_module_is_refused(module: ModuleMaker, source: str, problem: str) -> None:
    """A module that could fail when a payment needs it is refused, with the reason."""
    name = module(source)

    with pytest.raises(InvalidHandlers) as refusal:
        load_rules(name)

    assert problem in refusal.value.problem
    assert refusal.value.origin == name


def test_missing_module_is_refused() -> None:
    """A module that does not exist is refused as one that does not import."""
    with pytest.raises(InvalidHandlers, match="does not import"):
        load_rules("no_such_module_anywhere")


def test_refusal_says_what_to_do(module: ModuleMaker) -> None:
    """The operator reads which module, what is wrong, and how to go on."""
    name = module("ERROR_HANDLERS = {'x': 1}")

    with pytest.raises(Misconfigured) as refusal:
        load_rules(name)

    assert str(refusal.value) == (
        f"The handlers of {name} cannot be used: ERROR_HANDLERS['x'] is not callable. "
        "Correct them, or unset ORCHESTRATOR_HANDLERS to run with the built-in ones."
    )


# --- one unchanging snapshot


def test_snapshot_does_not_follow_its_source() -> None:
    """Who still holds the map a rule set was made of cannot change a decision."""
    errors = dict(ERROR_HANDLERS)
    rules = RuleSet(errors, SUCCESS_HANDLERS)

    errors.clear()

    assert len(rules.errors) == len(ERROR_HANDLERS)


def test_snapshot_cannot_be_changed() -> None:
    """The maps of a rule set are read-only."""
    with pytest.raises(TypeError):
        BUILT_IN.errors["lost_card"] = fail_payment  # type: ignore[index]  # the point


def test_overrides_make_another_set() -> None:
    """A stored rule goes over ours in a new set; the old one still decides as it did."""
    stored = BUILT_IN.with_overrides({"do_not_honor": Rule(fail_payment, "No.", "stored")})

    assert rule_on(declined(), details(), stored).event == "fail"
    assert rule_on(declined(), details(), BUILT_IN).event == "require_new_card"


def test_overrides_go_over_a_deployments_rows(module: ModuleMaker) -> None:
    """A stored rule goes over a deployment's, which stays marked as not ours."""
    deployed = load_rules(module("ERROR_HANDLERS = {'insufficient_funds': own, 'x': own}"))

    rules = deployed.with_overrides({"insufficient_funds": Rule(fail_payment, "No.", "stored")})

    assert rules.own == {"insufficient_funds", "x"}
    assert handler_name(rules.errors["insufficient_funds"]) == "fail_payment"


def test_unusable_override_is_refused() -> None:
    """A stored rule is checked like a deployment's."""
    with pytest.raises(InvalidHandlers, match="stored rules"):
        BUILT_IN.with_overrides({"x": None})  # type: ignore[dict-item]  # the point


# --- rules_version


def test_version_is_the_same_in_every_process() -> None:
    """Two processes with the same rules put the same version on their rows."""
    script = "from orchestrator.handlers import load_rules; print(load_rules().rules_version)"
    root = Path(__file__).parents[2]

    other = subprocess.run(
        [sys.executable, "-c", script], cwd=root, check=True, capture_output=True, text=True
    )

    assert other.stdout.strip() == load_rules().rules_version


def test_version_ignores_the_order_of_rows() -> None:
    """The same rows in another order are the same rules."""
    reversed_rows = dict(reversed(list(ERROR_HANDLERS.items())))

    assert RuleSet(reversed_rows, SUCCESS_HANDLERS).rules_version == BUILT_IN.rules_version


@pytest.mark.parametrize(
    "rule",
    [
        Rule(fail_payment, "Another card.", "meaning", "source"),
        Rule(ask_for_new_card, "Other words.", "meaning", "source"),
        Rule(ask_for_new_card, "Another card.", "other", "source"),
        Rule(ask_for_new_card, "Another card.", "meaning", "other"),
        Rule(ask_for_new_card, "Another card.", "meaning", "source", alert=True),
        Rule(ask_for_new_card, "Another card.", "meaning", "source", retry_after_seconds=1),
        Rule(ask_for_new_card, "Another card.", "meaning", "source", yields_to=(disable_card,)),
    ],
    ids=["handler", "message", "meaning", "source", "alert", "delay", "yields"],
)
def test_version_changes_with_any_fact_of_a_row(rule: Rule) -> None:
    """Two sets of rules that could decide or speak differently have different versions."""
    base = Rule(ask_for_new_card, "Another card.", "meaning", "source")

    changed = BUILT_IN.with_overrides({"do_not_honor": rule}).rules_version

    assert changed != BUILT_IN.with_overrides({"do_not_honor": base}).rules_version


def test_version_changes_with_a_success_row() -> None:
    """The success rows are part of the rules."""
    thanks = answering(HandlerResult(True, False))

    rules = RuleSet(ERROR_HANDLERS, {**SUCCESS_HANDLERS, "succeeded": thanks})

    assert rules.rules_version != BUILT_IN.rules_version


def test_version_changes_with_a_deployments_code(tmp_path: Path) -> None:
    """A handler whose code changed under the same name is another rule."""
    script = "from orchestrator.handlers import load_rules; print(load_rules('ours').rules_version)"
    root = Path(__file__).parents[2]
    versions = []
    for words in ("Own words.", "Own words.", "Other words."):
        source = HEADER.replace("Own words.", words) + "ERROR_HANDLERS = {'x': own}"
        (tmp_path / "ours.py").write_text(source)
        done = subprocess.run(
            [sys.executable, "-B", "-c", script],
            cwd=root,
            env={"PYTHONPATH": f"{root}:{tmp_path}"},
            check=True,
            capture_output=True,
            text=True,
        )
        versions.append(done.stdout)

    assert versions[0] == versions[1]
    assert versions[1] != versions[2]


def test_code_without_a_source_file_has_a_version() -> None:
    """A function made where there is no file is told apart by its compiled code."""
    versions = set()
    for body in ("return None", "return outcome"):
        namespace: dict[str, Callable[..., HandlerResult]] = {}
        exec(f"def own(outcome, payment): {body}", {"__name__": "nowhere"}, namespace)
        versions.add(BUILT_IN.with_overrides({"x": namespace["own"]}).rules_version)

    assert len(versions) == 2


# --- describing rows


def test_row_is_described_as_json_can_hold_it() -> None:
    """A row's facts can be shown and stored."""
    assert describe(ERROR_HANDLERS["lost_card"]) == {
        "handler": "disable_card",
        "action": "card_disabled",
        "message": "Your card was declined. Please contact your card issuer or use another card.",
        "meaning": "reported lost",
        "source": "docs.stripe.com/declines/codes",
        "disable_scope": "fingerprint",
        "generic": True,
        "alert": False,
        "retry_after_seconds": None,
        "yields_to": [],
        "auto_retry": [],
    }


def test_deployments_function_is_described_by_its_name() -> None:
    """Of a function only its name can be told."""
    own = answering(HandlerResult(True, True))

    assert describe(own) == {
        "handler": "tests.handlers.builders.answering.<locals>.handler",
        "action": None,
    }
