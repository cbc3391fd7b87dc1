"""``audit reconcile`` and ``audit anomalies`` from a terminal: what they say, and how they exit."""

import json
from datetime import UTC, datetime
from urllib.request import Request, urlopen

import pytest

from orchestrator.cli.reconcile import read_period
from tests.cli.conftest import Run

KEY = "sk_test_reconciling"
NIGHT = ("audit", "reconcile", "--from", "2026-01-01", "--to", "2099-12-31")


@pytest.fixture
def account(
    stored: str, stand_in_url: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> str:
    """Let commands find a stand-in, with an account for this test; give the test its key."""
    key = f"{KEY}_{abs(hash(request.node.name))}"
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_KEY", key)
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_BASE", stand_in_url)
    return key


@pytest.fixture
def unrelated(account: str, stand_in_url: str) -> str:
    """Have somebody make an intent at Stripe that names nobody."""
    request = Request(
        f"{stand_in_url}/v1/payment_intents",
        data=b"amount=500&currency=usd",
        headers={"Authorization": f"Bearer {account}"},
    )
    with urlopen(request) as answer:
        made: str = json.load(answer)["id"]
    return made


def test_books_that_agree_are_success(run: Run, account: str) -> None:
    """Where nothing differs the command says so and exits with 0."""
    result = run(*NIGHT)

    assert result.exit_code == 0
    assert "0 payments, 0 intents and 0 charges compared" in result.stdout
    assert "they agree." in result.stdout


def test_difference_is_named(run: Run, unrelated: str) -> None:
    """What differs is a line, and the exit status is 1."""
    result = run(*NIGHT)
    drawn = json.loads(run(*NIGHT, "--json").stdout)

    assert result.exit_code == 1
    assert f"{unrelated}: unrelated_intent: an intent names no payment of ours" in result.stdout
    assert "error: 1 difference" in result.stderr
    assert (drawn["ok"], drawn["by_kind"]) == (False, {"unrelated_intent": 1})
    assert drawn["differences"][0]["payment_intent"] == unrelated


def test_what_is_of_others_may_be_left_to_them(run: Run, unrelated: str) -> None:
    """On an account that others use, what names no payment of ours is counted alone."""
    result = run(*NIGHT, "--shared-account", "--json")

    assert (result.exit_code, json.loads(result.stdout)["of_others"]) == (0, 1)


def test_difference_is_kept_once(run: Run, unrelated: str) -> None:
    """Kept as an anomaly by the first comparison, it is known to the second, and listed."""
    none = run("audit", "anomalies")
    recorded = [json.loads(run(*NIGHT, "--record", "--json").stdout)["recorded"] for _ in "ab"]
    listed = json.loads(run("audit", "anomalies", "--json").stdout)
    (found,) = listed["anomalies"]

    assert "There are none." in none.stdout
    assert recorded == [1, 0]
    assert (found["kind"], found["state"], found["payment_intent"]) == (
        "unrelated_intent",
        "open",
        unrelated,
    )
    assert found["id"] in run("audit", "anomalies", "--kind", "unrelated_intent").stdout
    assert "There are none." in run("audit", "anomalies", "--kind", "late_success").stdout


def test_stripe_that_is_away_says_nothing_of_the_period(
    run: Run, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that could not be read is no agreement."""
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_BASE", "http://127.0.0.1:9/v1")
    monkeypatch.setattr("orchestrator.reconcile.stripe_side.WAITS", ())
    result = run(*NIGHT)

    assert result.exit_code == 1
    assert "error: Stripe did not show everything of the period" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("since", "until", "first", "end"),
    [
        ("2026-11-01", "2026-11-01", "2026-11-01T00:00:00", "2026-11-02T00:00:00"),
        ("2026-11-01T12:00:00Z", "2026-11-02", "2026-11-01T12:00:00", "2026-11-03T00:00:00"),
        ("2026-11-01", "2026-11-01T12:00:00+02:00", "2026-11-01T00:00:00", "2026-11-01T10:00:00"),
    ],
)
def test_dates_are_whole_days(since: str, until: str, first: str, end: str) -> None:
    """A date as the end is meant to its end; a moment is a moment."""
    period = read_period(since, until)

    assert [moment.strftime("%Y-%m-%dT%H:%M:%S") for moment in period] == [first, end]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("yesterday", "2026-11-01"),
        ("0001-01-01T00:00:00+14:00", "2026-11-01"),
        ("9999-12-31", "9999-12-31"),
        ("2026-11-01", "2026-13-01"),
        ("2026-11-01T12:00:00", "2026-11-02"),
        ("2026-11-03", "2026-11-01"),
    ],
)
def test_period_that_is_none_is_refused(run: Run, account: str, since: str, until: str) -> None:
    """What cannot be read, has no offset or ends before it begins is a mistake of usage."""
    result = run("audit", "reconcile", "--from", since, "--to", until)

    assert result.exit_code == 2
    assert "must be" in result.stderr


def test_period_is_in_utc() -> None:
    """Whoever sits elsewhere compares the same period."""
    assert read_period("2026-11-01", "2026-11-01").since == datetime(2026, 11, 1, tzinfo=UTC)
