"""SQLite's own ways around a rule: conflict clauses, rowids, loose types. All are closed."""

import sqlite3

import pytest

from orchestrator.store.schema import metadata, sqlite_metadata
from tests.store.builders import (
    FORGED,
    NOW,
    attempt_row,
    change,
    evidence_row,
    first_row,
    history_row,
    insert,
    payment_row,
    update,
)
from tests.store.refusal import Action, assert_refused, rows_of
from tests.store.worlds import SqliteWorld
from tests.stored_payments import new_payment

TABLES = [*metadata.tables, *sqlite_metadata.tables]

SOMEBODY: dict[str, object] = {"actor_id": "somebody"}
# A row of each table that may not be replaced, and what would be another in its place.
REPLACED: dict[str, tuple[str, str, dict[str, object]]] = {
    "edge": ("legal_edges", "event = 'succeed'", {}),
    "payment": ("payments", "id = 'pay_a'", {"amount": 1}),
    "history row": ("payment_transitions", "payment_id = 'pay_a' AND sequence = 2", SOMEBODY),
    "first history row": ("payment_transitions", "payment_id = 'pay_e'", SOMEBODY),
    "last history row": ("payment_transitions", "payment_id = 'pay_a' AND sequence = 5", SOMEBODY),
    "evidence": ("evidence", "payment_id = 'pay_a' AND sequence = 1", {"kind": "other"}),
    "last evidence": ("evidence", "payment_id = 'pay_a' AND sequence = 2", {"kind": "other"}),
    "attempt": ("attempts", "payment_id = 'pay_a' AND number = 1", {"closed_by": "canceled"}),
    "disablement": ("card_disablements", "payment_id = 'pay_c'", {"reason": "other"}),
    "idempotency key": ("idempotency_keys", "payment_id = 'pay_a'", {"payment_id": "pay_b"}),
    "customer": ("customers", "id = 'cus_kept'", {"owner": "other"}),
    "API key": ("api_keys", "id = 'kept'", {"scope": "admin"}),
    "anomaly": ("anomalies", "payment_id = 'pay_b'", {"detail": "other"}),
    "note of an anomaly": ("anomaly_notes", "owner = 'ada'", {"owner": "bob"}),
    "deployment": ("deployment", "single = 1", {"mode": "live"}),
}

OTHER_KEYS: dict[str, Action] = {
    "payment with another's intent": lambda w: [
        insert("payment_beginnings", first_row(new_payment("pay_new"))),
        insert("payments", payment_row(payment_intent="pi_pay_a"), "INSERT OR REPLACE"),
    ],
    "payment's intent taken over": lambda w: [
        update("payments", "id = 'pay_e'", payment_intent="pi_pay_a").replace(
            "UPDATE", "UPDATE OR REPLACE"
        )
    ],
    "outcome of another row's charge": lambda w: [
        insert(
            "evidence",
            evidence_row(w.payments["created"], outcome_charge="ch_pay_a_1"),
            "INSERT OR REPLACE",
        )
    ],
    "attempt with another's Stripe key": lambda w: opened(w, stripe_key="pay_a:confirm:1"),
    "attempt with another's charge": lambda w: opened(
        w, charge="ch_pay_a_1", closed_at=NOW, closed_by="outcome"
    ),
    "attempt beside an open one": lambda w: [
        insert(
            "attempts",
            attempt_row(w.payments["confirming"], number=3, sequence=4),
            "INSERT OR REPLACE",
        )
    ],
    "attempt of a confirm row that has one": lambda w: [
        insert(
            "attempts",
            attempt_row(w.payments["succeeded"], number=1, sequence=2, stripe_key="x"),
            "INSERT OR REPLACE",
        )
    ],
    "attempt closed with another's charge": lambda w: [
        update(
            "attempts",
            "payment_id = 'pay_d' AND number = 2",
            charge="ch_pay_a_1",
            closed_at=NOW,
            closed_by="outcome",
        ).replace("UPDATE", "UPDATE OR REPLACE")
    ],
    "active disablement": lambda w: [
        "INSERT OR REPLACE INTO card_disablements "
        "(owner, scope_key, disabled_at, scope, payment_method, payment_id, reason) "
        "SELECT owner, scope_key, '2027-01-01', scope, payment_method, payment_id, 'x' "
        "FROM card_disablements"
    ],
}

# Clauses that would let a statement go on after what its triggers could not write.
GOING_ON = ("INSERT OR IGNORE", "INSERT OR FAIL", "INSERT OR REPLACE", "INSERT OR ROLLBACK")

LOOSE: dict[str, str] = {
    "text as amount": change(new_payment("pay_e"), revision="many"),
    "fraction as count": "UPDATE payments SET revision = 9.5 WHERE id = 'pay_e'",
    "bytes as text": "UPDATE payments SET failure_reason = x'00' WHERE id = 'pay_e'",
    "bytes as a moment": "UPDATE payments SET due_at = x'00' WHERE id = 'pay_e'",
    "text as an attempt's number": update("attempts", "payment_id = 'pay_d'", number="two"),
}


def opened(world: SqliteWorld, **columns: object) -> list[str]:
    """List the statements of a confirm whose attempt replaces what is in its way."""
    payment = world.payments["created"]
    step = world.step(payment, history_row(payment, "confirm", "confirming"))
    return [*step, insert("attempts", attempt_row(payment, **columns), "INSERT OR REPLACE")]


def stored_row(world: SqliteWorld, table: str, where: str) -> dict[str, object]:
    """Read one stored row without what the database computes."""
    columns = [c.name for c in metadata.tables[table].c if c.computed is None]
    names = ", ".join(f'"{name}"' for name in columns)
    found = world.rows(f"SELECT {names} FROM {table} WHERE {where}")
    return dict(zip(columns, found[0], strict=True))


@pytest.mark.parametrize("how", ["INSERT OR REPLACE", "REPLACE"])
@pytest.mark.parametrize("name", REPLACED)
def test_row_is_not_replaced(sqlite_only: SqliteWorld, name: str, how: str) -> None:
    """A row with the same key is refused even where SQLite would delete the old one silently."""
    table, where, columns = REPLACED[name]
    row = stored_row(sqlite_only, table, where) | columns

    assert_refused(sqlite_only, [insert(table, row, how)])


@pytest.mark.parametrize("action", rows_of(OTHER_KEYS))
def test_row_is_not_replaced_by_another_key(sqlite_only: SqliteWorld, action: Action) -> None:
    """Nor does a row go because another one takes a value that only it may have."""
    assert_refused(sqlite_only, action(sqlite_only))


@pytest.mark.parametrize("table", TABLES)
def test_table_has_no_rowid(sqlite_only: SqliteWorld, table: str) -> None:
    """There is no hidden number by which a row could be replaced past its key."""
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        sqlite_only.rows(f"SELECT rowid FROM {table}")


@pytest.mark.parametrize("how", GOING_ON)
def test_row_stays_out_when_its_payment_cannot_move(sqlite_only: SqliteWorld, how: str) -> None:
    """No conflict clause stores a history row whose payment stayed where it was."""
    payment = sqlite_only.payments["last_chance"]
    row = history_row(payment, "require_new_card", "requires_new_card")
    failed = sqlite_only.run_and_commit_anyway(insert("payment_transitions", row, how))

    assert isinstance(failed[0], sqlite3.IntegrityError)
    assert sqlite_only.snapshot() == sqlite_only.seeded


@pytest.mark.parametrize("how", GOING_ON)
def test_payment_stays_out_without_its_first_row(sqlite_only: SqliteWorld, how: str) -> None:
    """No conflict clause stores a payment without history."""
    failed = sqlite_only.run_and_commit_anyway(insert("payments", payment_row(), how))

    assert isinstance(failed[0], sqlite3.IntegrityError)
    assert sqlite_only.snapshot() == sqlite_only.seeded


@pytest.mark.parametrize("how", GOING_ON)
@pytest.mark.parametrize(
    "columns", [{"actor_kind": "nobody"}, {"target": "failed"}, {"evidence": 1}], ids=str
)
def test_bad_first_row_cannot_wait(
    sqlite_only: SqliteWorld, how: str, columns: dict[str, object]
) -> None:
    """A first row that the history would refuse is refused where it waits for its payment."""
    payment = new_payment("pay_new")
    row = insert("payment_beginnings", first_row(payment, **columns), how)
    stored = insert("payments", payment_row(state=columns.get("target", "created")), how)
    failed = sqlite_only.run_and_commit_anyway(row, stored)

    assert isinstance(failed[0], sqlite3.IntegrityError)
    assert sqlite_only.snapshot() == sqlite_only.seeded


@pytest.mark.parametrize("statement", LOOSE.values(), ids=LOOSE)
def test_value_of_another_type_is_refused(sqlite_only: SqliteWorld, statement: str) -> None:
    """A column holds values of its own type alone."""
    assert_refused(sqlite_only, [statement])


def test_waiting_first_row_is_replaced(sqlite_only: SqliteWorld) -> None:
    """What a stranger left waiting for a payment does not keep the payment out."""
    payment = new_payment("pay_new")
    left = insert("payment_beginnings", first_row(payment, hash="e" * 64))
    ours = insert("payment_beginnings", first_row(payment), "INSERT OR REPLACE")

    sqlite_only.check(left, ours, insert("payments", payment_row()))


def test_temporary_tables_change_nothing(sqlite_only: SqliteWorld) -> None:
    """Rules look at the tables they were made for, whatever a session calls its own."""
    payment = sqlite_only.payments["created"]
    row = history_row(payment, "succeed", "succeeded", evidence=1, evidence_status="succeeded")
    shadows = [
        "CREATE TEMP TABLE legal_edges AS SELECT 'created' source, 'succeed' event, "
        "'succeeded' target",
        "CREATE TEMP TABLE evidence AS SELECT 'pay_e' payment_id, 1 sequence, "
        "'succeeded' intent_status",
    ]

    assert_refused(sqlite_only, [*shadows, insert("main.payment_transitions", row)])


def test_first_hash_is_no_hash(sqlite_only: SqliteWorld) -> None:
    """A first row waits only with nothing before it."""
    row = first_row(new_payment("pay_new"), previous_hash=FORGED)

    assert_refused(sqlite_only, [insert("payment_beginnings", row)])
