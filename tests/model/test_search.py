"""The exploration finds what is wrong, by the shortest way, and nothing where all is well."""

import pytest
from rich.console import Console

from benchmarks import prove
from benchmarks.model.broken import BROKEN, Broken, broken
from benchmarks.model.scenarios import QUICK, SMALL
from benchmarks.model.search import Search
from benchmarks.model.world import Bounds

ONE_ATTEMPT = Bounds(1, ("approved", "declined", "challenged"), ("declined@browser",), 1)


def test_no_order_of_events_breaks_one_attempt() -> None:
    """With one attempt, a browser and any order of everything, all that must hold holds."""
    found = Search(ONE_ATTEMPT).run()

    assert found.violations == []
    assert found.complete
    assert found.situations > 5_000


@pytest.mark.parametrize("name", sorted(SMALL))
def test_small_scenarios_hold(name: str) -> None:
    """What the broken copies are caught in, the rules themselves pass."""
    found = Search(SMALL[name], most_situations=5_000).run()

    assert found.violations == []
    assert found.situations > 20


@pytest.mark.parametrize("copy", BROKEN.values(), ids=BROKEN)
def test_broken_copy_is_caught(copy: Broken) -> None:
    """Rules that leave out one word are caught, and are whole again afterwards."""
    right = getattr(copy.module, copy.name)

    with broken(copy):
        found = Search(SMALL[copy.scenario]).run()

    assert found.violations
    assert getattr(copy.module, copy.name) is right


def test_trace_is_the_shortest() -> None:
    """The way to a violation is as short as any, so that a person can follow it."""
    with broken(BROKEN["a read resets the timer of an intention"]):
        found = Search(SMALL["outside"]).run()

    assert len(found.violations[0].trace) == 3


def test_limit_stops_a_search() -> None:
    """A search that is stopped says that it has not seen everything."""
    found = Search(ONE_ATTEMPT, most_situations=10).run()

    assert (found.complete, found.situations) == (False, 10)


def test_quick_scenarios_have_at_most_two_attempts() -> None:
    """The part that every run of the tests makes stays small."""
    assert {bounds.max_attempts for bounds in QUICK.values()} == {1, 2}


def test_proof_fails_on_a_violation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A violation is printed with its trace and makes the proof's exit code 1."""
    monkeypatch.setattr(prove, "QUICK", {"canceled": SMALL["outside"]})
    monkeypatch.setattr(prove, "BROKEN", {})
    monkeypatch.setattr(prove, "console", Console(highlight=False, soft_wrap=True))

    with broken(BROKEN["a canceled intent is still open"]):
        code = prove.main(["--quick"])
    printed = capsys.readouterr().out

    assert code == 1
    assert "FAILED  canceled" in printed
    assert printed.splitlines()[-1] == "prove: 0 passed, 1 failed"


def test_proof_fails_on_unnoticed_sabotage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A broken copy that nobody notices makes the proof's exit code 1."""
    copy = BROKEN["a canceled intent is still open"]
    whole = Broken(copy.module, copy.name, getattr(copy.module, copy.name), "processing")
    monkeypatch.setattr(prove, "QUICK", {})
    monkeypatch.setattr(prove, "BROKEN", {"not broken at all": whole})
    monkeypatch.setattr(prove, "console", Console(highlight=False, soft_wrap=True))

    code = prove.main(["--quick"])

    assert code == 1
    assert "NOT NOTICED" in capsys.readouterr().out
