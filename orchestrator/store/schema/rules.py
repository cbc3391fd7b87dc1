"""Stored decline rules, version by version, and the sets of rules that decisions were made by."""

from sqlalchemy import CheckConstraint, Column, Integer, Table, Text

from orchestrator.store.schema.base import SQLITE, metadata
from orchestrator.store.types import DOCUMENT, FLAG, MOMENT

# A version is inserted once and decided once; the newest approved one of a code is in force.
decline_rules = Table(
    "decline_rules",
    metadata,
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("handler", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("alert", FLAG, nullable=False),
    Column("retry_after_seconds", Integer),
    Column("auto_retry", DOCUMENT, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("needs_approval", FLAG, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_by_name", Text),
    Column("decided_reason", Text),
    Column("decided_at", MOMENT),
    CheckConstraint("version >= 1", name="version_from_one"),
    CheckConstraint(
        "handler in ('ask_for_new_card','bar_same_card','allow_same_card_later',"
        "'ask_to_fix_details','ask_to_authenticate','disable_card','disable_until_renewed',"
        "'disable_for_customer','fail_payment','read_intent','resend','stay_and_alert')",
        name="handler_of_failures",
    ),
    CheckConstraint("state in ('proposed','approved','rejected')", name="state_known"),
    CheckConstraint(
        "(state = 'proposed') = (decided_at is null) "
        "and (state = 'proposed') = (decided_by is null) "
        "and (state = 'proposed') = (decided_by_name is null)",
        name="decided",
    ),
    CheckConstraint(
        "state <> 'approved' or not needs_approval or decided_by_name <> author_name",
        name="second_person",
    ),
    **SQLITE,
)

# What a ``rules_version`` of the history stands for, by the first process that took it up.
rule_sets = Table(
    "rule_sets",
    metadata,
    Column("rules_version", Text, primary_key=True),
    # What the version is the hash of, and the version of each stored rule in it.
    Column("content", DOCUMENT, nullable=False),
    Column("stored", DOCUMENT, nullable=False),
    Column("application_version", Text, nullable=False),
    Column("adopted_at", MOMENT, nullable=False),
    **SQLITE,
)
