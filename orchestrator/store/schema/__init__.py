"""The tables, with every rule that a constraint can hold; the migrations hold the triggers.

Read ``payments`` and ``history`` first: a payment's (version, state, hash) is its last history
row's, each history row's source is the row before's target, and each takes an edge of
``legal_edges``. So what is stored is always a path of the machine. Whoever needs a table takes it
from here, so that no table is missing from ``metadata``.
"""

from orchestrator.store.schema.actions import action_head, actions
from orchestrator.store.schema.anomalies import anomalies, anomaly_notes
from orchestrator.store.schema.attempts import attempts
from orchestrator.store.schema.base import metadata, metadata_of, sqlite_metadata
from orchestrator.store.schema.cards import card_disablements, card_outcomes, cards, customers
from orchestrator.store.schema.console import console_sessions
from orchestrator.store.schema.deployment import deployment
from orchestrator.store.schema.history import (
    evidence,
    legal_edges,
    payment_beginnings,
    payment_transitions,
)
from orchestrator.store.schema.keys import api_keys, idempotency_keys
from orchestrator.store.schema.outgoing import (
    events,
    feed_turn,
    outbox,
    webhook_deliveries,
    webhook_endpoints,
)
from orchestrator.store.schema.payments import payments
from orchestrator.store.schema.refunds import disputes, refunds
from orchestrator.store.schema.rollups import rollup_turn, rollups
from orchestrator.store.schema.rules import decline_rules, rule_sets
from orchestrator.store.schema.seals import seal_leaves, seal_turn, seals
from orchestrator.store.schema.stripe_events import catch_up, stripe_events

__all__ = [
    "action_head",
    "actions",
    "anomalies",
    "anomaly_notes",
    "api_keys",
    "attempts",
    "card_disablements",
    "card_outcomes",
    "cards",
    "catch_up",
    "console_sessions",
    "customers",
    "decline_rules",
    "deployment",
    "disputes",
    "events",
    "evidence",
    "feed_turn",
    "idempotency_keys",
    "legal_edges",
    "metadata",
    "metadata_of",
    "outbox",
    "payment_beginnings",
    "payment_transitions",
    "payments",
    "refunds",
    "rollup_turn",
    "rollups",
    "rule_sets",
    "seal_leaves",
    "seal_turn",
    "seals",
    "sqlite_metadata",
    "stripe_events",
    "webhook_deliveries",
    "webhook_endpoints",
]
