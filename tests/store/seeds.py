"""What every world starts with: payments in every state, written by the program itself."""

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select

from orchestrator.actions import Action, ActionName, endpoint_changed, signed_in
from orchestrator.change import Row
from orchestrator.gateway.views import CardView
from orchestrator.keys import create_key
from orchestrator.outgoing.event import EVENT_TYPES
from orchestrator.payment import Actor, Payment
from orchestrator.requests import card_row
from orchestrator.seals.sealing import make_seal
from orchestrator.store.connections import Database, open_database
from orchestrator.store.console_sessions import insert_session
from orchestrator.store.customers import keep_customer
from orchestrator.store.inbox import insert_event, settle_events
from orchestrator.store.keys import claim_mode, insert_key, revoke_key
from orchestrator.store.outbox import publish
from orchestrator.store.rollups import count_on
from orchestrator.store.schema import anomalies, anomaly_notes, card_outcomes
from orchestrator.store.webhook_endpoints import delete_endpoint, insert_endpoint
from tests.store.stories import Teller
from tests.stored_payments import START, new_payment, store_one_of_each

SEAL_KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
CARD = CardView("pm_card", fingerprint="finger", exp_month=12, exp_year=2034)


async def seed(url: str) -> dict[str, Payment]:
    """Store payments, keys and what goes with them; return the payments by what they are."""
    database = open_database(url)
    try:
        await _keys(database)
        for name in ("we_kept", "we_deleted"):
            await database.write(insert_endpoint, webhook_endpoint(name), None, registered(name))
        gone = done_to_endpoint(ActionName.webhook_endpoint_deleted, "we_deleted")
        await database.write(delete_endpoint, "we_deleted", START, gone)
        payments = await _payments(database)
        await database.write(assign_anomaly, "pay_b")
        await database.write(publish, START, 1000)
        await database.write(count_on, 1000)
        await make_seal(database, SEAL_KEY, "seeds")
        return payments
    finally:
        await database.close()


async def _keys(database: Database) -> None:
    await database.write(claim_mode, "test")
    for name in ("kept", "revoked"):
        row, _ = create_key(name, "audit", 30, START)
        await database.write(insert_key, row | {"id": name})
    row, _ = create_key("shop", "payments", None, START)
    await database.write(insert_key, row | {"id": "shop"})
    await database.write(insert_session, session(), signed_in("kept", START))
    await database.write(revoke_key, "revoked", START + timedelta(days=1))
    await database.write(keep_customer, "cus_kept", "shop", START, None)


def registered(name: str) -> Action:
    """Say that an endpoint was registered."""
    return done_to_endpoint(ActionName.webhook_endpoint_created, name)


def done_to_endpoint(what: ActionName, name: str) -> Action:
    """Say what an operator did to an endpoint."""
    return endpoint_changed(what, name, Actor("operator", "seeds"), START)


def session() -> Row:
    """Return the row of a session at the console."""
    return {
        "token_digest": "5" * 64,
        "key_id": "kept",
        "created_at": START,
        "last_seen_at": START,
        "expires_at": START + timedelta(hours=8),
    }


def webhook_endpoint(name: str) -> Row:
    """Return the row of an endpoint that gets every event."""
    return {
        "id": name,
        "owner": None,
        "url": "https://example.com/events",
        "description": None,
        "event_types": list(EVENT_TYPES),
        "secret": "whsec_c2VjcmV0",
        "secret_version": 1,
        "state": "enabled",
        "failures": 0,
        "created_by": "kept",
        "created_at": START,
        "updated_at": START,
    }


def stripe_event(name: str) -> Row:
    """Return the row of an event that has just come in."""
    return {
        "id": name,
        "type": "payment_intent.succeeded",
        "object_id": "pi_a",
        "payment_intent": "pi_a",
        "payment_id": None,
        "livemode": False,
        "request_key": None,
        "created_at": START,
        "received_at": START,
        "origin": "webhook",
        "digest": "d" * 64,
        "projection": {"object": "payment_intent"},
        "state": "pending",
        "tries": 0,
        "due_at": START,
        "lease_until": None,
        "lease_owner": None,
        "settled_at": None,
    }


def keep_outcome(connection: Connection, charge: str, payment_id: str) -> None:
    """Store that a charge on the seeded card was declined."""
    connection.execute(
        insert(card_outcomes),
        {
            "charge": charge,
            "payment_id": payment_id,
            "fingerprint": CARD.fingerprint,
            "approved": False,
            "noted_at": START,
        },
    )


def assign_anomaly(connection: Connection, payment_id: str) -> None:
    """Store that a payment's anomaly is somebody's."""
    query = select(anomalies.c.id).where(anomalies.c.payment_id == payment_id)
    connection.execute(insert(anomaly_notes), note_row(connection.execute(query).scalar_one()))


def note_row(anomaly_id: str, **columns: object) -> Row:
    """Return the first note of an anomaly: it is given to somebody."""
    row: Row = {
        "anomaly_id": anomaly_id,
        "sequence": 1,
        "source": "open",
        "state": "assigned",
        "owner": "ada",
        "resolution": None,
        "reason": None,
        "actor_kind": "api_key",
        "actor_id": "kept",
        "request_id": "req_1",
        "noted_at": START,
    }
    return row | columns


async def _payments(database: Database) -> dict[str, Payment]:
    stored = await store_one_of_each(database)
    tell = Teller(database)
    declined = await tell.created(new_payment("pay_f"))
    declined = await tell.opened_with(declined, "pm_six", cards=(card_row("shop", CARD, START),))
    declined = await tell.declined(declined, "insufficient_funds")
    await database.write(keep_outcome, "ch_counted", "pay_f")
    last_chance = await tell.created(new_payment("pay_g", max_attempts=1))
    last_chance = await tell.challenged(await tell.opened(last_chance, "pm_seven"))
    ending = await tell.ending(await tell.created(new_payment("pay_h")))
    failed = await tell.paid_late(stored["pay_b"])
    for name in ("evt_pending", "evt_settled"):
        await database.write(insert_event, stripe_event(name))
    await database.write(settle_events, ["evt_settled"], "pay_a", START)
    return {
        "succeeded": stored["pay_a"],
        "failed": failed,
        "card_disabled": stored["pay_c"],
        "confirming": stored["pay_d"],
        "created": stored["pay_e"],
        "requires_new_card": declined,
        "last_chance": last_chance,
        "ending": ending,
    }
