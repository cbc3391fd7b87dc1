"""PostgreSQL's own ways around a rule: TRUNCATE, many steps in one transaction, shadowed names."""

from collections.abc import Iterator

import asyncpg
import pytest

from tests.postgres_server import PostgresServer
from tests.store.builders import (
    FORGED,
    attempt_row,
    change,
    evidence_row,
    first_row,
    history_row,
    insert,
    payment_row,
)
from tests.store.refusal import Action, assert_refused, rows_of
from tests.store.worlds import PostgresWorld
from tests.stored_payments import new_payment

PROTECTED = (
    "legal_edges",
    "payments",
    "payment_transitions",
    "evidence",
    "attempts",
    "card_disablements",
    "idempotency_keys",
    "customers",
    "api_keys",
    "anomalies",
    "anomaly_notes",
    "deployment",
    "refunds",
    "disputes",
)
A, B, C = ("a" * 64, "b" * 64, "c" * 64)

MANY_STEPS: dict[str, Action] = {
    "confirm hidden behind a second version": lambda w: [
        change(w.payments["created"], version=2, state="requires_new_card", last_hash=A),
        insert("payment_transitions", confirm_of(w, hash=A)),
        change(w.payments["created"], version=3, state="requires_new_card", last_hash=B),
        insert("payment_transitions", decline_of(w)),
    ],
    "versions first, rows after": lambda w: [
        change(w.payments["created"], version=2, state="requires_new_card", last_hash=A),
        change(w.payments["created"], version=3, state="requires_new_card", last_hash=B),
        insert("payment_transitions", confirm_of(w, hash=A)),
        insert("payment_transitions", decline_of(w)),
    ],
    "there and back again": lambda w: [
        change(w.payments["created"], version=2, state="confirming", last_hash=A, attempts_used=1),
        insert("payment_transitions", confirm_of(w, hash=A)),
        change(
            w.payments["created"],
            version=1,
            state="created",
            last_hash=w.payments["created"].last_hash,
            attempts_used=0,
        ),
    ],
    "finished payment that spent more": lambda w: finished(attempts_used=2),
    "finished payment that spent less": lambda w: finished(attempts_used=0),
    "finished payment without its rows": lambda w: finished()[:1],
    "finished payment whose confirm names another attempt": lambda w: [
        statement.replace("'confirming', 1,", "'confirming', 2,") for statement in finished()
    ],
    "finished payment that confirmed one attempt twice": lambda w: confirmed_twice(2, 2),
    "finished payment that confirmed an attempt it had not": lambda w: confirmed_twice(3, 2),
    "written over by a conflict": lambda w: [
        insert("evidence", evidence_row(w.payments["card_disabled"], sequence=1))
        + " ON CONFLICT (payment_id, sequence) DO UPDATE SET kind = 'other'"
    ],
}


def confirm_of(world: PostgresWorld, **columns: object) -> dict[str, object]:
    """Build the confirm row of the created payment."""
    return history_row(world.payments["created"], "confirm", "confirming", **columns)


def decline_of(world: PostgresWorld) -> dict[str, object]:
    """Build the row that would follow that confirm."""
    return history_row(
        world.payments["created"],
        "require_new_card",
        "requires_new_card",
        sequence=3,
        source="confirming",
        previous_hash=A,
        hash=B,
    )


def finished(**columns: object) -> list[str]:
    """List the statements that bring a payment in with its whole past, as a bulk load does."""
    payment = new_payment("pay_new")
    past = {"version": 3, "state": "succeeded", "attempts_used": 1, "last_hash": C}
    known = {"evidence_count": 1, "evidence_hash": FORGED, "due_at": None}
    proof = {"evidence": 1, "evidence_status": "succeeded"}
    rows = [
        first_row(payment, hash=A),
        history_row(payment, "confirm", "confirming", sequence=2, previous_hash=A, hash=B),
        history_row(payment, "succeed", "succeeded", sequence=3, previous_hash=B, hash=C)
        | {"source": "confirming", **proof},
    ]
    return [
        insert("payments", payment_row(**{**past, **known, **columns})),
        insert("evidence", evidence_row(payment, "succeeded")),
        *[insert("payment_transitions", row) for row in rows],
        insert("attempts", attempt_row(payment, sequence=2)),
    ]


def confirmed_twice(*attempts: int) -> list[str]:
    """List the statements that bring in a payment with two confirmations of these numbers."""
    payment = new_payment("pay_new")
    decline = {"source": "confirming", "previous_hash": B, "hash": C}
    second = {"source": "requires_new_card", "previous_hash": C, "hash": FORGED}
    rows = [
        first_row(payment, hash=A),
        history_row(payment, "confirm", "confirming", sequence=2, previous_hash=A, hash=B),
        history_row(payment, "require_new_card", "requires_new_card", sequence=3, **decline),
        history_row(payment, "confirm", "confirming", sequence=4, **second),
    ]
    rows[1]["attempt"], rows[3]["attempt"] = attempts
    end = {"version": 4, "state": "confirming", "attempts_used": 2, "last_hash": FORGED}
    return [
        insert("payments", payment_row(**end)),
        *[insert("payment_transitions", row) for row in rows],
    ]


@pytest.mark.parametrize("table", PROTECTED)
def test_table_is_not_emptied(postgresql: PostgresWorld, table: str) -> None:
    """TRUNCATE is refused, alone or with all that depends on the table."""
    assert_refused(postgresql, [f"TRUNCATE {table} CASCADE"])


@pytest.mark.parametrize("action", rows_of(MANY_STEPS))
def test_transaction_is_refused(postgresql: PostgresWorld, action: Action) -> None:
    """What each statement may do, many in one transaction may not either."""
    assert_refused(postgresql, action(postgresql))


def test_finished_payment_is_accepted(postgresql: PostgresWorld) -> None:
    """A bulk load may bring payments with their past, as long as it is a past."""
    postgresql.check(*finished())
    postgresql.check(*confirmed_twice(1, 2))


def test_temporary_table_hides_no_payment(postgresql: PostgresWorld) -> None:
    """A session's own table of payments does not let a history row run ahead."""
    payment = postgresql.payments["created"]
    shadow = "CREATE TEMP TABLE payments ON COMMIT DROP AS SELECT * FROM public.payments"
    ahead = "UPDATE pg_temp.payments SET version = 9, attempts_used = 1 WHERE id = 'pay_e'"
    row = insert("public.payment_transitions", history_row(payment, "confirm", "confirming"))

    assert_refused(postgresql, [shadow, ahead, row])


def test_own_operator_changes_no_rule(postgresql: PostgresWorld) -> None:
    """A session's own idea of equality is not the rules'."""
    cheat = [
        "CREATE SCHEMA cheat",
        "CREATE FUNCTION cheat.never(integer, integer) RETURNS boolean "
        "LANGUAGE sql IMMUTABLE RETURN false",
        "CREATE OPERATOR cheat.> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = cheat.never)",
        "SET LOCAL search_path = cheat, pg_catalog, public",
    ]
    payment = postgresql.payments["created"]
    row = insert("payment_transitions", history_row(payment, "confirm", "confirming"))

    assert_refused(postgresql, [*cheat, row])


@pytest.fixture
def service_role(postgres_server: PostgresServer, postgresql: PostgresWorld) -> Iterator[str]:
    """Create a role that may read and write, and owns nothing."""
    role = f"service_{postgresql.database[-12:]}"
    allow = f'GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO "{role}"'
    for statement in (f'CREATE ROLE "{role}"', allow):
        postgres_server.execute(statement, postgresql.database)
    yield role
    for statement in (f'DROP OWNED BY "{role}"', f'DROP ROLE "{role}"'):
        postgres_server.execute(statement, postgresql.database)


def test_service_role_can_do_its_work(postgresql: PostgresWorld, service_role: str) -> None:
    """The rules need no more rights than the statements that they judge."""
    payment = postgresql.payments["created"]
    step = postgresql.step(payment, history_row(payment, "confirm", "confirming"))

    postgresql.check(f'SET LOCAL ROLE "{service_role}"', *step)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE payments DISABLE TRIGGER ALL",
        "DROP TRIGGER payments_step ON payments",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NULL; END $$",
        "SET session_replication_role = replica",
        "DELETE FROM cards",
        "TRUNCATE cards",
    ],
    ids=lambda statement: " ".join(statement.split()[:2]).lower(),
)
def test_service_role_cannot_disarm(
    postgresql: PostgresWorld, service_role: str, statement: str
) -> None:
    """A role that owns nothing cannot take the rules away."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        postgresql.run(f'SET LOCAL ROLE "{service_role}"', statement)

    assert postgresql.snapshot() == postgresql.seeded
