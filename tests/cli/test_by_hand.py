"""What an operator does at a terminal is done and on record, under the operator's own name."""

import json
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy.engine import make_url

from orchestrator.operator import this_operator
from tests.cli.conftest import Run
from tests.world import stand_in_url

WHO = this_operator().id


@pytest.fixture
def deployed(stored: str, stand_in_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let commands find a stand-in, too."""
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_KEY", "sk_test_by_hand")
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_BASE", stand_in_url)
    return stored


def recorded(run: Run) -> list[dict[str, object]]:
    """Return the actions, newest first."""
    rows: list[dict[str, object]] = json.loads(run("audit", "actions", "--json").stdout)
    return rows


def test_keys_are_on_record(run: Run, stored: str) -> None:
    """Making and revoking a key are actions of whoever is at the terminal."""
    made = run("keys", "create", "--name", "shop", "--scope", "payments", "--json")
    key = json.loads(made.stdout)["id"]
    run("keys", "revoke", key)
    rows = recorded(run)

    assert [row["action"] for row in rows] == ["key_revoked", "key_created"]
    assert {str(row["actor"]) for row in rows} == {str({"kind": "operator", "id": WHO})}
    assert {str(row["subject"]) for row in rows} == {str({"kind": "api_key", "id": key})}
    assert "key_revoked" in run("audit", "actions").stdout


def test_nothing_is_said_to_have_been_done(run: Run, stored: str) -> None:
    """Where nothing is on record the list says so."""
    assert "Nobody has done anything yet." in run("audit", "actions").stdout


def test_changed_action_is_named(run: Run, stored: str) -> None:
    """``audit verify`` exits 1 and names the action that was changed."""
    run("keys", "create", "--name", "shop", "--scope", "payments")
    with closing(sqlite3.connect(make_url(stored).database or "")) as connection:
        connection.execute("DROP TRIGGER actions_no_update")
        connection.execute("UPDATE actions SET actor_id = 'somebody'")
        connection.commit()
    result = run("audit", "verify")

    assert result.exit_code == 1
    assert "actions row 1 breaks hash" in result.stderr


def test_cards_are_taken_out_of_use(run: Run, deployed: str) -> None:
    """A card goes out of use and back, each with the operator's name and words."""
    card = "pm_card_visa"
    off = run("cards", "disable", card, "--reason", "reported", "--json")
    on = run("cards", "enable", card, "--reason", "found again")
    rows = recorded(run)

    assert json.loads(off.stdout)["disabled_reason"] == "reported"
    assert (on.exit_code, "is in use" in on.stdout) == (0, True)
    assert [(row["action"], row["reason"]) for row in rows] == [
        ("card_enabled", "found again"),
        ("card_disabled", "reported"),
    ]
    assert {str(row["actor"]) for row in rows} == {str({"kind": "operator", "id": WHO})}


def test_unknown_payment_is_one_sentence(run: Run, deployed: str) -> None:
    """Resolving what is not there fails, and nothing is on record."""
    result = run(
        "payments", "resolve", "pay_nobody", "--resolution", "refresh", "--reason", "asked"
    )

    assert (result.exit_code, "No such payment" in result.stderr) == (1, True)
    assert recorded(run) == []


__all__ = ["stand_in_url"]
