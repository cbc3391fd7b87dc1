"""Every row that was changed behind the program's back is found and named."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.audit import Problem, pages, verify_all, verify_one, verify_payment
from orchestrator.chain import instant, row_hash
from orchestrator.payment import Payment
from orchestrator.states import PaymentState
from orchestrator.store.connections import Database, open_database
from orchestrator.store.history import read_attempts, read_evidence, read_history
from tests.stored_payments import Storyteller, new_payment, store_one_of_each
from tests.tampering import tamper

PAID = "payment_id = 'pay_a'"

# What is done to the stored rows, and the first problem that must be named.
TAMPERINGS: dict[str, tuple[str, tuple[str, int | None, str]]] = {
    "reason": (
        f"UPDATE payment_transitions SET reason = 'x' WHERE {PAID} AND sequence = 3",
        ("payment_transitions", 3, "hash"),
    ),
    "moment": (
        "UPDATE payment_transitions SET occurred_at = '2026-03-01T12:00:00.000001Z' "
        f"WHERE {PAID} AND sequence = 4",
        ("payment_transitions", 4, "hash"),
    ),
    "actor": (
        f"UPDATE payment_transitions SET actor_id = NULL WHERE {PAID} AND sequence = 1",
        ("payment_transitions", 1, "hash"),
    ),
    "decline code": (
        f"UPDATE payment_transitions SET decline_code = NULL WHERE {PAID} AND sequence = 3",
        ("payment_transitions", 3, "hash"),
    ),
    "history row removed": (
        f"DELETE FROM payment_transitions WHERE {PAID} AND sequence = 3",
        ("payment_transitions", 4, "sequence_without_gaps"),
    ),
    "last history row removed": (
        f"DELETE FROM payment_transitions WHERE {PAID} AND sequence = 5",
        ("payments", None, "state"),
    ),
    "whole history removed": (
        f"DELETE FROM payment_transitions WHERE {PAID}",
        ("payments", None, "has_history"),
    ),
    "amount": (
        "UPDATE payments SET amount = 1 WHERE id = 'pay_a'",
        ("payments", None, "facts_hash"),
    ),
    "items": (
        "UPDATE payments SET item_ids = '[]' WHERE id = 'pay_a'",
        ("payments", None, "facts_hash"),
    ),
    "budget": (
        "UPDATE payments SET max_attempts = 9 WHERE id = 'pay_a'",
        ("payments", None, "facts_hash"),
    ),
    "state": (
        "UPDATE payments SET state = 'created' WHERE id = 'pay_a'",
        ("payments", None, "state"),
    ),
    "state nobody knows": (
        "UPDATE payments SET state = 'paid' WHERE id = 'pay_a'",
        ("payments", None, "readable"),
    ),
    "attempts given back": (
        "UPDATE payments SET attempts_used = 0 WHERE id = 'pay_a'",
        ("payments", None, "attempts_used"),
    ),
    "version": (
        "UPDATE payments SET version = 7 WHERE id = 'pay_a'",
        ("payments", None, "version"),
    ),
    "memory": (
        "UPDATE payments SET settling = '{}' WHERE id = 'pay_a'",
        ("payments", None, "readable"),
    ),
    "payment removed": (
        "DELETE FROM payments WHERE id = 'pay_a'",
        ("payment_transitions", 1, "has_payment"),
    ),
    "evidence": (
        f"UPDATE evidence SET payload = '{{}}' WHERE {PAID} AND sequence = 1",
        ("evidence", 1, "hash"),
    ),
    "evidence with a float": (
        f"UPDATE evidence SET payload = '{{\"amount\": 0.5}}' WHERE {PAID} AND sequence = 1",
        ("evidence", 1, "hash"),
    ),
    "evidence of the end removed": (
        f"DELETE FROM evidence WHERE {PAID} AND sequence = 2",
        ("payment_transitions", 5, "evidence_exists"),
    ),
    "status of the end": (
        f"UPDATE evidence SET intent_status = 'processing' WHERE {PAID} AND sequence = 2",
        ("payment_transitions", 5, "evidence_status"),
    ),
    "attempt removed": (
        f"DELETE FROM attempts WHERE {PAID} AND number = 2",
        ("payment_transitions", 4, "confirm_has_attempt"),
    ),
    "attempt renumbered": (
        f"UPDATE attempts SET number = 3 WHERE {PAID} AND number = 2",
        ("attempts", 3, "attempt_has_confirm"),
    ),
    "charge of an attempt": (
        f"UPDATE attempts SET charge = 'ch_other' WHERE {PAID} AND number = 2",
        ("attempts", 2, "charge_has_evidence"),
    ),
    "Stripe key of an attempt": (
        f"UPDATE attempts SET stripe_key = 'again' WHERE {PAID} AND number = 2",
        ("attempts", 2, "stripe_key"),
    ),
    "card of an attempt": (
        f"UPDATE attempts SET payment_method = 'pm_x' WHERE {PAID} AND number = 2",
        ("attempts", 2, "payment_method"),
    ),
    "attempt opened again": (
        f"UPDATE attempts SET closed_at = NULL, closed_by = NULL WHERE {PAID} AND number = 2",
        ("attempts", 2, "open_is_remembered"),
    ),
    "edge added": (
        "INSERT INTO legal_edges VALUES ('failed', 'succeed', 'succeeded')",
        ("legal_edges", None, "edges"),
    ),
}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a migrated database of this test's own."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


async def rows_of(database: Database, id: str) -> tuple[list[dict[str, Any]], ...]:
    """Read a payment's history, evidence and attempts."""
    return (
        await database.read(read_history, id),
        await database.read(read_evidence, id),
        await database.read(read_attempts, id),
    )


def named(problem: Problem) -> tuple[str, int | None, str]:
    """Give what names a problem."""
    return problem.table, problem.sequence, problem.rule


async def test_untouched_payments_hold(database: Database) -> None:
    """Payments of every kind, as the program writes them, give no problem."""
    await store_one_of_each(database)

    report = await verify_all(database)

    assert [str(problem) for problem in report.problems] == []
    assert (report.payments, report.transitions, report.evidence, report.attempts) == (5, 15, 5, 5)


async def test_empty_database_holds(database: Database) -> None:
    """Nothing stored is nothing wrong."""
    report = await verify_all(database)

    assert (report.holds, report.payments) == (True, 0)


@pytest.mark.parametrize(("statement", "expected"), TAMPERINGS.values(), ids=TAMPERINGS.keys())
async def test_tampering_is_named(
    database: Database, database_url: str, statement: str, expected: tuple[str, int | None, str]
) -> None:
    """A row changed by SQL is the first problem, and no other payment is accused."""
    await store_one_of_each(database)
    await tamper(database_url, statement)

    report = await verify_all(database)

    assert named(report.problems[0]) == expected
    assert {problem.payment for problem in report.problems} <= {"pay_a", "-"}


async def test_rehashed_row_breaks_the_next(database: Database, database_url: str) -> None:
    """Whoever changes a row and hashes it anew is found by the row after it."""
    await store_one_of_each(database)
    row = (await rows_of(database, "pay_a"))[0][1] | {"actor_id": "somebody"}
    hashed = {str(k): v for k, v in row.items() if k not in {"hash", "prev_sequence"}}
    forged = row_hash(hashed | {"occurred_at": instant(row["occurred_at"])})
    await tamper(
        database_url,
        f"UPDATE payment_transitions SET actor_id = 'somebody', hash = '{forged}' "
        f"WHERE {PAID} AND sequence = 2",
    )

    report = await verify_all(database)

    assert [named(problem) for problem in report.problems] == [
        ("payment_transitions", 3, "previous_hash")
    ]


async def test_charge_of_two_payments_is_found(database: Database, postgresql_url: str) -> None:
    """One charge counted for two payments is a problem of both."""
    opened = open_database(postgresql_url)
    await store_one_of_each(opened)
    await tamper(
        postgresql_url,
        "UPDATE evidence SET outcome_charge = 'ch_pay_a_2' WHERE outcome_charge = 'ch_pay_c_1'",
    )
    report = await verify_all(opened)
    await opened.close()

    accused = [(p.payment, p.sequence) for p in report.problems if p.rule == "charge_counted_once"]

    assert accused == [("pay_a", 2), ("pay_c", 1)]


async def test_pages_are_walked_to_the_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages smaller than the table still meet every payment, and progress is told."""
    monkeypatch.setattr(pages, "PAGE", 2)
    await store_one_of_each(database)
    told: list[tuple[int, int]] = []

    report = await verify_all(database, lambda done, total: told.append((done, total)))

    assert report.payments == 5
    assert told == [(2, 5), (4, 5), (5, 5)]


async def test_one_payment_is_checked_alone(database: Database, database_url: str) -> None:
    """A problem of another payment is not reported for the one asked about."""
    await store_one_of_each(database)
    await tamper(database_url, TAMPERINGS["amount"][0])

    asked, other = await verify_one(database, "pay_b"), await verify_one(database, "pay_a")

    assert asked is not None
    assert asked.holds
    assert other is not None
    assert not other.holds


async def test_unknown_payment_is_told_apart(database: Database) -> None:
    """An id that nothing is stored under is no success."""
    assert await verify_one(database, "pay_nobody") is None


async def test_reading_leaves_no_snapshot_open(database: Database) -> None:
    """A payment written after a check is seen by the next one."""
    await store_one_of_each(database)
    before = await verify_all(database)
    await Storyteller(database).created(new_payment("pay_z"))

    after = await verify_all(database)

    assert (before.payments, after.payments) == (5, 6)


# ── the pure rules ───────────────────────────────────────────────────────────────────────────

BROKEN_PAYMENTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "due after the end": ("pay_a", {"due_at": new_payment().due_at}, "handled_is_final"),
    "never due": ("pay_e", {"due_at": None}, "unhandled_is_due"),
    "too many attempts": ("pay_a", {"attempts_used": 4}, "attempts_bounded"),
    "waiting with none left": ("pay_c", {"max_attempts": 1}, "waiting_has_attempt"),
    "confirming nothing": ("pay_e", {"state": PaymentState.confirming}, "confirming_has_attempt"),
    "evidence head": ("pay_a", {"evidence_hash": "0" * 64}, "evidence_hash"),
    "evidence count": ("pay_a", {"evidence_count": 1}, "evidence_count"),
    "history head": ("pay_a", {"last_hash": "0" * 64}, "last_hash"),
}


@pytest.mark.parametrize(
    ("id", "columns", "rule"), BROKEN_PAYMENTS.values(), ids=BROKEN_PAYMENTS.keys()
)
async def test_payment_row_is_checked(
    database: Database, id: str, columns: dict[str, Any], rule: str
) -> None:
    """A payment's row that its history does not bear out breaks the rule of that column."""
    payment = (await store_one_of_each(database))[id]
    rows = await rows_of(database, id)

    problems = verify_payment(replace(payment, **columns), *rows)

    assert rule in {problem.rule for problem in problems}


async def test_illegal_edge_is_named(database: Database) -> None:
    """A row that is no edge of the table is a problem even where its hash is right."""
    payment, rows = await paid_rows(database)
    rows[0][4]["event"] = "require_new_card"

    problems = verify_payment(payment, *rows)

    assert ("payment_transitions", 5, "legal_edge") in [named(problem) for problem in problems]


async def test_broken_path_is_named(database: Database) -> None:
    """A row that starts elsewhere than the row before it ended is a problem."""
    payment, rows = await paid_rows(database)
    rows[0][3]["source"] = "created"

    problems = verify_payment(payment, *rows)

    assert ("payment_transitions", 4, "path") in [named(problem) for problem in problems]


async def test_confirmation_over_budget_is_named(database: Database) -> None:
    """A history with more confirmations than the budget breaks at the first too many."""
    payment, rows = await paid_rows(database)

    problems = verify_payment(replace(payment, max_attempts=1), *rows)

    assert ("payment_transitions", 3, "attempts_bounded") in [named(p) for p in problems]


async def test_double_count_is_named(database: Database) -> None:
    """One charge counted twice for a payment is a problem of both rows."""
    payment, rows = await paid_rows(database)
    rows[1][0]["outcome_charge"] = rows[1][1]["outcome_charge"]

    problems = verify_payment(payment, *rows)

    found = [problem.sequence for problem in problems if problem.rule == "charge_counted_once"]
    assert found == [1, 2]


async def paid_rows(database: Database) -> tuple[Payment, tuple[list[dict[str, Any]], ...]]:
    """Give the payment that was declined once and then paid, with its rows."""
    payment = (await store_one_of_each(database))["pay_a"]
    return payment, await rows_of(database, "pay_a")
