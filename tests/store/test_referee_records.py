"""The tables beside a payment refuse to be rewritten, and name only what is stored."""

import pytest

from tests.store.builders import NOW, Row, insert, update
from tests.store.refusal import assert_refused
from tests.store.worlds import World


def anomaly(**columns: object) -> Row:
    """Build the row of another anomaly."""
    row: Row = {
        "id": "ano_other",
        "payment_id": "pay_c",
        "kind": "odd",
        "noted_at": NOW,
        "detail": "x",
    }
    return row | columns


def idempotency_key(**columns: object) -> Row:
    """Build the row of another Idempotency-Key."""
    row: Row = {
        "owner": "shop",
        "key": "other",
        "operation": "cancel",
        "request_digest": "x",
        "payment_id": "pay_c",
        "created_at": NOW,
    }
    return row | columns


def customer(**columns: object) -> Row:
    """Build the row of another customer."""
    row: Row = {"id": "cus_other", "owner": "shop", "created_at": NOW}
    return row | columns


def api_key(**columns: object) -> Row:
    """Build the row of another API key."""
    row: Row = {
        "id": "other",
        "name": "other",
        "scope": "audit",
        "secret_hash": "x",
        "created_at": NOW,
    }
    return row | columns


REFUSED: dict[str, str] = {
    "edge added": insert(
        "legal_edges", {"source": "failed", "event": "succeed", "target": "succeeded"}
    ),
    "edge to itself": insert(
        "legal_edges", {"source": "failed", "event": "fail", "target": "failed"}
    ),
    "edge changed": update("legal_edges", "target = 'failed'", target="succeeded"),
    "edge changed that no row takes": update(
        "legal_edges", "source = 'card_disabled' AND event = 'expire'", target="succeeded"
    ),
    "edge removed": "DELETE FROM legal_edges WHERE event = 'expire'",
    "anomaly of no payment": insert("anomalies", anomaly(payment_id="pay_new")),
    "anomaly changed": update("anomalies", "payment_id = 'pay_b'", detail="x"),
    "anomaly deleted": "DELETE FROM anomalies WHERE payment_id = 'pay_b'",
    "key of no payment": insert("idempotency_keys", idempotency_key(payment_id="pay_new")),
    "key twice": insert("idempotency_keys", idempotency_key(key="create-pay_a")),
    "key of another request": update(
        "idempotency_keys", "payment_id = 'pay_a'", request_digest="x"
    ),
    "key of another payment": update(
        "idempotency_keys", "payment_id = 'pay_a'", payment_id="pay_b"
    ),
    "key of nothing": insert("idempotency_keys", idempotency_key(payment_id=None)),
    "key of two things": insert("idempotency_keys", idempotency_key(resource="cus_1")),
    "key of a customer twice": insert(
        "idempotency_keys",
        idempotency_key(key="create-pay_a", payment_id=None, resource="cus_1"),
    ),
    "key of another thing": update(
        "idempotency_keys", "payment_id = 'pay_a'", payment_id=None, resource="cus_1"
    ),
    "key deleted": "DELETE FROM idempotency_keys WHERE payment_id = 'pay_a'",
    "customer twice": insert("customers", customer(id="cus_kept")),
    "customer's owner": update("customers", "id = 'cus_kept'", owner="other"),
    "customer deleted": "DELETE FROM customers WHERE id = 'cus_kept'",
    "API key of no scope": insert("api_keys", api_key(scope="everything")),
    "API key twice": insert("api_keys", api_key(id="kept")),
    "API key's scope": update("api_keys", "id = 'kept'", scope="admin"),
    "API key's scope while revoked": update(
        "api_keys", "id = 'kept'", scope="admin", revoked_at=NOW
    ),
    "API key's owner": update("api_keys", "id = 'kept'", name="other", revoked_at=NOW),
    "API key's secret": update("api_keys", "id = 'kept'", secret_hash="x", revoked_at=NOW),
    "API key's expiry": update("api_keys", "id = 'kept'", expires_at=None, revoked_at=NOW),
    "API key's birth": update("api_keys", "id = 'kept'", created_at="2020-01-01", revoked_at=NOW),
    "API key's id": update("api_keys", "id = 'kept'", id="other", revoked_at=NOW),
    "API key in use again": update("api_keys", "id = 'revoked'", revoked_at=None),
    "API key revoked twice": update("api_keys", "id = 'revoked'", revoked_at=NOW),
    "API key deleted": "DELETE FROM api_keys WHERE id = 'revoked'",
    "second deployment": insert("deployment", {"single": 2, "mode": "live"}),
    "deployment again": insert("deployment", {"single": 1, "mode": "live"}),
    "deployment of no mode": update("deployment", "single = 1", mode="both"),
    "deployment's mode": update("deployment", "single = 1", mode="live"),
    "deployment deleted": "DELETE FROM deployment",
}

ACCEPTED: dict[str, str] = {
    "anomaly": insert("anomalies", anomaly()),
    "anomaly of another kind": insert("anomalies", anomaly(payment_id="pay_b")),
    "anomaly again": insert("anomalies", anomaly(payment_id="pay_b", kind="late_success")),
    "key": insert("idempotency_keys", idempotency_key()),
    "key of a customer": insert(
        "idempotency_keys", idempotency_key(payment_id=None, resource="cus_1")
    ),
    "customer": insert("customers", customer()),
    "API key": insert("api_keys", api_key()),
    "API key revoked": update("api_keys", "id = 'kept'", revoked_at=NOW),
    "card seen again": update("cards", "payment_method = 'pm_card'", exp_year=2040),
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_statement_is_refused(world: World, statement: str) -> None:
    """What is on record stays as it was recorded."""
    assert_refused(world, [statement])


@pytest.mark.parametrize("statement", ACCEPTED.values(), ids=ACCEPTED)
def test_statement_is_accepted(world: World, statement: str) -> None:
    """What the program does with these tables is no rewriting."""
    world.check(statement)
