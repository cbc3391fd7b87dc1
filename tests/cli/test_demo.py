"""The demonstration: it runs, it would notice a disagreement, and it leaves nothing behind."""

import io
import itertools
import re
import signal
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from orchestrator.audit import AuditReport, Problem
from orchestrator.demo.checks import Finished, all_told, compare, totals
from orchestrator.demo.plays import cards
from orchestrator.demo.random_payments import planned
from orchestrator.demo.report import Reporter, timeline
from orchestrator.demo.scenarios import LEFT_BEHIND, PAID, SCENARIOS, Scenario
from orchestrator.states import TRANSITIONS, PaymentState
from tests.cli.programs import Program, children_of, wait_until_gone

Start = Callable[..., Program]


def row(target: str, event: str = "x", **columns: Any) -> dict[str, Any]:
    """Build a transition as the API shows it."""
    shown = {"target": target, "event": event, "code": None, "decline_code": None, "reason": None}
    told_by = {"actor": {"kind": "stripe", "id": None}, "stripe_event_id": None}
    return shown | told_by | columns


def paid(**columns: Any) -> Finished:
    """Build a payment that went as it should."""
    payment = {
        "state": "succeeded",
        "handled": True,
        "attempts_used": 1,
        "payment_intent": "pi_1",
        "amount": 2000,
        "amount_received": 2000,
        "currency": "usd",
    }
    history = [row(state) for state in PAID]
    return Finished(Scenario("Paid", cards("pm_card_visa"), PAID), payment | columns, history)


def failed() -> Finished:
    """Build a payment that failed as it should."""
    path = ("created", "failed")
    one = paid(state="failed", attempts_used=0, payment_intent="pi_2")
    one.scenario = Scenario("Failed", cards(), path, "abandoned")
    one.history = [row("created"), row("failed", reason="abandoned")]
    return one


def charge(intent: str = "pi_1", amount: int = 2000, currency: str = "usd") -> dict[str, Any]:
    """Build a charge of the ledger."""
    return {"payment_intent": intent, "amount": amount, "currency": currency}


INTENTS = [{"id": "pi_1", "status": "succeeded"}, {"id": "pi_2", "status": "canceled"}]
AUDIT = AuditReport(payments=2)


def broken_claims(
    finished: list[Finished],
    charges: list[dict[str, Any]],
    intents: list[dict[str, Any]] = INTENTS,
    audit: AuditReport = AUDIT,
) -> list[int]:
    """List the places of the claims that do not hold."""
    ledger = {"charges": charges, "intents": intents}
    checks = compare(finished, ledger, audit)
    return [place for place, check in enumerate(checks) if not check.holds]


def test_agreement_is_seen() -> None:
    """Where everything is as expected, every claim holds."""
    assert broken_claims([paid(), failed()], [charge()]) == []


def told() -> dict[tuple[str, int], dict[str, Any]]:
    """Build what an endpoint was told of a payment that went as it should."""
    rows = [{**each, "payment": "pay_1", "sequence": n} for n, each in enumerate(paid().history, 1)]
    return {(each["payment"], each["sequence"]): each for each in rows}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda rows: rows, None),
        (lambda rows: dict(list(rows.items())[1:]), "pay_1, step 1: not told"),
        (lambda rows: rows | {("pay_2", 1): {}}, "pay_2, step 1: told, and not in any history"),
        (
            lambda rows: rows | {("pay_1", 3): row("failed")},
            "pay_1, step 3: told otherwise than its history says",
        ),
    ],
    ids=["as it is", "one lacks", "one too many", "another end"],
)
def test_what_was_told_is_compared(change: Callable[[Any], Any], sentence: str | None) -> None:
    """A step that was not told, or told otherwise, or that nobody made, is named."""
    one = paid()
    one.history = list(told().values())

    check = all_told([one], change(told()))

    assert check.against == (() if sentence is None else (sentence,))


DISAGREEMENTS: dict[str, tuple[list[Finished], list[dict[str, Any]], list[int]]] = {
    "success without a charge": ([paid(), failed()], [], [1]),
    "charged twice": ([paid(), failed()], [charge(), charge()], [1]),
    "failure with a charge": ([paid(), failed()], [charge(), charge("pi_2")], [1]),
    "charge of nobody": ([paid(), failed()], [charge(), charge("pi_9")], [1]),
    "another amount": ([paid(), failed()], [charge(amount=1)], [2]),
    "another currency": ([paid(), failed()], [charge(currency="eur")], [2]),
    "another state": ([paid(handled=False), failed()], [charge()], [0]),
    "attempts miscounted": ([paid(attempts_used=2), failed()], [charge()], [0]),
}


@pytest.mark.parametrize(
    ("finished", "charges", "expected"), DISAGREEMENTS.values(), ids=DISAGREEMENTS.keys()
)
def test_disagreement_is_seen(
    finished: list[Finished], charges: list[dict[str, Any]], expected: list[int]
) -> None:
    """Each way in which ledger and payments can differ breaks the claim about it."""
    assert broken_claims(finished, charges) == expected


def test_open_intent_of_failed_payment_is_seen() -> None:
    """A failed payment that could still be paid at Stripe breaks a claim."""
    left_open = [INTENTS[0], {"id": "pi_2", "status": "requires_payment_method"}]

    assert broken_claims([paid(), failed()], [charge()], left_open) == [3]


def test_bad_row_is_seen() -> None:
    """A problem of the audit, or a payment it did not meet, breaks a claim."""
    audit = AuditReport(payments=2)
    audit.add(Problem("pay_1", "evidence", 1, "hash", "Changed."))

    assert broken_claims([paid(), failed()], [charge()], audit=audit) == [4]
    assert broken_claims([paid(), failed()], [charge()], audit=AuditReport(payments=1)) == [4]


def test_wrong_path_reason_or_actor_is_seen() -> None:
    """A payment that took another way, or ended for another reason, or by another, differs."""
    detour = paid()
    detour.history.insert(1, row("requires_new_card"))
    other_reason = failed()
    other_reason.scenario = replace(other_reason.scenario, because="payment_expired")
    not_by_itself = paid()
    not_by_itself.scenario = replace(not_by_itself.scenario, unasked=True)

    assert [len(one.differences) for one in (detour, other_reason, not_by_itself)] == [1, 1, 1]


def test_what_failed_to_play_is_seen() -> None:
    """A scenario that broke off counts against the demonstration."""
    one = Finished(SCENARIOS[0], error="TimeoutError: ")

    assert broken_claims([one, paid(), failed()], [charge()]) == [0, 4]


def test_same_seed_gives_the_same_payments() -> None:
    """Random payments are decided by the seed alone."""
    again = [(one.title, one.path, one.because) for one in planned(30, 7)]

    assert [(one.title, one.path, one.because) for one in planned(30, 7)] == again
    assert [(one.title, one.path, one.because) for one in planned(30, 8)] != again


@pytest.mark.parametrize("path", sorted({one.path for one in planned(300, 1)} | {PAID}))
def test_planned_paths_are_paths_of_the_table(path: tuple[str, ...]) -> None:
    """Every expected path starts in created, follows the table and ends handled."""
    edges = {(str(edge.source), str(edge.target)) for edge in TRANSITIONS}

    assert path[0] == "created"
    assert path[-1] in {"succeeded", "failed"}
    assert set(itertools.pairwise(path)) <= edges


def test_scenarios_visit_every_state() -> None:
    """The scripted payments pass every state there is."""
    visited = {state for scenario in (*SCENARIOS, *LEFT_BEHIND) for state in scenario.path}

    assert visited == {str(state) for state in PaymentState}


def test_timeline_tells_why() -> None:
    """A step shows its code, a reason that is a word, and that a worker took it."""
    worker = {"kind": "worker", "id": "w"}
    history = [
        row("card_disabled", code="card_declined", decline_code="lost_card", reason="a sentence"),
        row("failed", code="x", reason="attempts_exhausted", actor=worker),
    ]

    written = re.sub(r"\[[^]]*\]", "", timeline(history))

    assert written == "card_disabled (lost_card) → failed (x, attempts_exhausted, by the worker)"


def test_totals_count_what_happened() -> None:
    """Payments, ends, attempts and charges are counted."""
    counted = dict(totals([paid(), failed()], {"charges": [charge()]}))

    assert (counted["payments"], counted["succeeded"], counted["failed"]) == ("2", "1", "1")
    assert (counted["attempts"], counted["charges at Stripe"]) == ("1", "1")


def test_report_is_plain_where_signs_are_missing() -> None:
    """On a console that knows no Unicode the report is written in ASCII."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="ascii")
    reporter = Reporter(Console(file=stream, width=160))
    reporter.payment(paid())
    reporter.verdict(compare([paid()], {"charges": [], "intents": []}, AUDIT), 1.0)
    stream.flush()

    assert b"ok Paid" in written.getvalue()
    assert b"created -> confirming -> succeeded" in written.getvalue()


# `make demo` runs it whole.
@pytest.mark.thorough
def test_demo_agrees_and_leaves_nothing(program: Start, tmp_path: Path, own_tmp: Path) -> None:
    """The whole demonstration ends with status 0, in plain text, without a file left."""
    demo = program("demo", "--payments", "6", "--seed", "3")

    code, output, errors = demo.finish(within=180)

    assert (code, errors) == (0, ""), output
    assert "All agree." in output
    assert output.count("✓") == len(SCENARIOS) + len(LEFT_BEHIND) + 6 + 6
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", output)
    assert list(own_tmp.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "reached"),
    [
        pytest.param(signal.SIGINT, "A card that works", marks=pytest.mark.thorough, id="INT"),
        pytest.param(signal.SIGTERM, "First a payment", id="TERM"),
    ],
)
def test_stopped_demo_leaves_nothing(
    program: Start, own_tmp: Path, number: signal.Signals, reached: str
) -> None:
    """A demonstration that is stopped half-way ends every process and removes its files."""
    demo = program("demo")
    demo.read_until(reached)
    children = children_of(demo)

    demo.process.send_signal(number)
    code, _, errors = demo.finish()

    assert (code, errors) == (1, "error: Stopped. Nothing is left running.\n")
    assert len(children) >= 3
    assert all(wait_until_gone(child, 0) for child in children)
    assert list(own_tmp.iterdir()) == []


@pytest.mark.thorough
def test_killed_demo_leaves_no_process(program: Start, own_tmp: Path) -> None:
    """Even a demonstration that is killed takes its processes with it."""
    demo = program("demo")
    demo.read_until("First a payment")
    children = children_of(demo)

    demo.process.kill()

    assert len(children) == 3
    assert all(wait_until_gone(child) for child in children)


@pytest.fixture
def own_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the programs a folder of their own for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    assert tempfile.gettempdir() != str(folder), "only the programs are to use it"
    return folder
