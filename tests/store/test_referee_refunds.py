"""The records beside a payment: only legal moves, never more than was received, never a move of it.

``pay_a`` has succeeded over 42.00 EUR; what Stripe received is what its last history row cites.
"""

import pytest

from tests.store.builders import NOW, Row, insert, update
from tests.store.refusal import assert_refused
from tests.store.worlds import SqliteWorld, World

OURS = "id = 'ref_1'"


def refund(**columns: object) -> Row:
    """Build the row of a refund that somebody asked us for."""
    row: Row = {
        "id": "ref_1",
        "payment_id": "pay_a",
        "amount": 4200,
        "currency": "eur",
        "reason": None,
        "metadata": {},
        "state": "pending",
        "failure_reason": None,
        "stripe_refund": None,
        "stripe_key": "pay_a:refund:ref_1",
        "parameters": {"amount": 4200},
        "origin": "api",
        "actor_kind": "api_key",
        "actor_id": "key1",
        "request_id": "req_1",
        "tries": 0,
        "due_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return row | columns


def found(**columns: object) -> Row:
    """Build the row of a refund that was found at Stripe."""
    row = refund(
        id="ref_2",
        state="succeeded",
        stripe_refund="re_2",
        stripe_key=None,
        parameters=None,
        origin="stripe",
        actor_kind=None,
        actor_id=None,
        request_id=None,
        due_at=None,
    )
    return row | columns


def dispute(**columns: object) -> Row:
    """Build the row of a dispute."""
    row: Row = {
        "id": "dp_1",
        "payment_id": "pay_a",
        "amount": 4200,
        "currency": "eur",
        "reason": "fraudulent",
        "status": "needs_response",
        "evidence_due_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return row | columns


ASKED = insert("refunds", refund())
FOUND = insert("refunds", found())
DISPUTED = insert("disputes", dispute())
SUCCEEDED = update("refunds", OURS, state="succeeded", stripe_refund="re_1", due_at=None)
FAILED = update("refunds", OURS, state="failed", failure_reason="x", due_at=None)

CHANGED = {
    "id": "ref_9",
    "payment_id": "pay_b",
    "amount": 1,
    "currency": "usd",
    "reason": "duplicate",
    "metadata": {"a": "b"},
    "stripe_key": "x",
    "parameters": {"amount": 1},
    "actor_kind": "worker",
    "actor_id": "x",
    "request_id": "x",
    "created_at": "2020-01-01T00:00:00.000000Z",
}

REFUSED: dict[str, list[str]] = {
    "refund of no payment": [insert("refunds", found(payment_id="pay_new"))],
    "refund of a payment that failed": [insert("refunds", refund(payment_id="pay_b", amount=1))],
    "refund of a payment that waits": [insert("refunds", refund(payment_id="pay_e", amount=1))],
    "refund of too much": [insert("refunds", refund(amount=4201))],
    "refunds of too much": [
        ASKED,
        insert("refunds", refund(id="ref_3", stripe_key="x", amount=1)),
    ],
    "refund beside a succeeded one": [
        FOUND,
        insert("refunds", refund(amount=1)),
    ],
    "refund of nothing": [insert("refunds", refund(amount=0))],
    "refund that begins succeeded": [
        insert("refunds", refund(state="succeeded", stripe_refund="re_1", due_at=None))
    ],
    "refund that Stripe knows before it was asked": [
        insert("refunds", refund(stripe_refund="re_1"))
    ],
    "refund of ours without its request": [insert("refunds", refund(parameters=None))],
    "refund of ours without its key": [insert("refunds", refund(stripe_key=None))],
    "refund of ours by nobody": [insert("refunds", refund(actor_kind=None))],
    "refund of Stripe's by somebody": [insert("refunds", found(actor_kind="operator"))],
    "refund of Stripe's without its id": [insert("refunds", found(stripe_refund=None))],
    "refund of no origin": [insert("refunds", found(origin="elsewhere"))],
    "refund in no state": [insert("refunds", found(state="canceled"))],
    "refund that nobody carries on": [insert("refunds", refund(due_at=None))],
    "refund carried on for ever": [insert("refunds", found(due_at=NOW))],
    "refund twice": [ASKED, insert("refunds", refund(stripe_key="x", amount=1))],
    "refund of one key twice": [ASKED, FAILED, insert("refunds", refund(id="ref_3"))],
    "refund of Stripe's twice": [FOUND, insert("refunds", found(id="ref_3"))],
    "refund that is another's at Stripe": [
        insert("refunds", found(amount=1)),
        insert("refunds", refund(amount=1)),
        update("refunds", OURS, stripe_refund="re_2"),
    ],
    "refund's Stripe id": [ASKED, SUCCEEDED, update("refunds", OURS, stripe_refund="re_9")],
    "refund that has succeeded, pending": [
        ASKED,
        SUCCEEDED,
        update("refunds", OURS, state="pending", due_at=NOW),
    ],
    "refund that has failed, succeeded": [ASKED, FAILED, SUCCEEDED],
    "refund that has failed, pending": [
        ASKED,
        FAILED,
        update("refunds", OURS, state="pending", failure_reason=None, due_at=NOW),
    ],
    "refund that has failed for another reason": [
        ASKED,
        FAILED,
        update("refunds", OURS, failure_reason="y"),
    ],
    "refund that succeeds unknown to Stripe": [
        ASKED,
        update("refunds", OURS, state="succeeded", due_at=None),
    ],
    "refund that succeeds with a reason to fail": [
        FOUND,
        update("refunds", "id = 'ref_2'", failure_reason="x"),
    ],
    "refund deleted": [ASKED, "DELETE FROM refunds"],
    **{
        f"refund's {name}": [ASKED, update("refunds", OURS, **{name: value})]
        for name, value in CHANGED.items()
    },
    "dispute of no payment": [insert("disputes", dispute(payment_id="pay_new"))],
    "dispute twice": [DISPUTED, DISPUTED],
    "dispute's amount": [DISPUTED, update("disputes", "id = 'dp_1'", amount=1)],
    "dispute's payment": [DISPUTED, update("disputes", "id = 'dp_1'", payment_id="pay_b")],
    "dispute open again": [
        DISPUTED,
        update("disputes", "id = 'dp_1'", status="lost"),
        update("disputes", "id = 'dp_1'", status="under_review"),
    ],
    "dispute deleted": [DISPUTED, "DELETE FROM disputes"],
    "sum of refunds by hand": [update("payments", "id = 'pay_a'", amount_refunded=1)],
    "sum of disputes by hand": [update("payments", "id = 'pay_a'", amount_disputed=1)],
    "sum of refunds taken away": [FOUND, update("payments", "id = 'pay_a'", amount_refunded=0)],
}

ACCEPTED: dict[str, list[str]] = {
    "refund asked for": [ASKED],
    "refunds that add up to what was received": [
        insert("refunds", refund(amount=4199)),
        insert("refunds", refund(id="ref_3", stripe_key="x", amount=1)),
    ],
    "refund after one that failed": [
        ASKED,
        FAILED,
        insert("refunds", refund(id="ref_3", stripe_key="x")),
    ],
    "refund that succeeds": [ASKED, SUCCEEDED],
    "refund that fails": [ASKED, FAILED],
    "refund that fails after it succeeded": [ASKED, SUCCEEDED, FAILED],
    "refund found at Stripe": [FOUND],
    "refund found at Stripe beyond what we know was received": [
        insert("refunds", found(payment_id="pay_b", amount=99999))
    ],
    "refund taken by a worker": [ASKED, update("refunds", OURS, lease_owner="w", lease_until=NOW)],
    "dispute": [DISPUTED],
    "dispute that goes on": [DISPUTED, update("disputes", "id = 'dp_1'", status="under_review")],
    "dispute won after it was lost": [
        DISPUTED,
        update("disputes", "id = 'dp_1'", status="lost"),
        update("disputes", "id = 'dp_1'", status="won"),
    ],
}


@pytest.mark.parametrize("statements", REFUSED.values(), ids=REFUSED)
def test_statements_are_refused(world: World, statements: list[str]) -> None:
    """A record keeps what it says, and no more is given back than was received."""
    assert_refused(world, statements)


@pytest.mark.parametrize("statements", ACCEPTED.values(), ids=ACCEPTED)
def test_statements_are_accepted(world: World, statements: list[str]) -> None:
    """What the program does with the records is no rewriting."""
    world.check(*statements)


def test_all_but_the_last_statement_is_accepted(world: World) -> None:
    """What is refused is refused for its last statement, not for what prepares it."""
    for statements in REFUSED.values():
        world.check(*statements[:-1])


OVERWRITTEN: dict[str, list[str]] = {
    "refund": [ASKED, insert("refunds", refund(amount=1), "INSERT OR REPLACE")],
    "refund of the same key": [
        insert("refunds", refund(amount=1)),
        insert("refunds", refund(id="ref_3", amount=1), "INSERT OR REPLACE"),
    ],
    "refund of the same id at Stripe": [
        FOUND,
        insert("refunds", found(id="ref_3"), "INSERT OR REPLACE"),
    ],
    "refund that takes another's id at Stripe": [
        insert("refunds", found(amount=1)),
        insert("refunds", refund(amount=1)),
        update("refunds", OURS, stripe_refund="re_2").replace("UPDATE", "UPDATE OR REPLACE"),
    ],
    "dispute": [DISPUTED, insert("disputes", dispute(amount=1), "INSERT OR REPLACE")],
}


@pytest.mark.parametrize("statements", OVERWRITTEN.values(), ids=OVERWRITTEN)
def test_record_is_not_replaced(sqlite_only: SqliteWorld, statements: list[str]) -> None:
    """A record does not go because another takes its place, which SQLite would do silently."""
    assert_refused(sqlite_only, statements)


SUMS = "SELECT amount_refunded, amount_disputed, state, version FROM payments WHERE id = 'pay_a'"


def test_sums_follow_the_records(world: World) -> None:
    """The payment shows what succeeded, not what is pending or failed; nothing else of it moves."""
    before = world.rows(SUMS)
    steps = {
        "asked": [insert("refunds", refund(amount=1000))],
        "succeeded": [SUCCEEDED],
        "another": [insert("refunds", found(amount=500)), DISPUTED],
        "failed": [FAILED],
    }
    seen = []
    for statements in steps.values():
        world.run(*statements)
        seen.append(world.rows(SUMS)[0][:2])

    assert seen == [(0, 0), (1000, 0), (1500, 4200), (500, 4200)]
    assert world.rows(SUMS)[0][2:] == before[0][2:]
