"""What the service's own role may do in PostgreSQL: read, append, and move what moves.

It owns nothing, so that whoever takes the service over can change neither the tables nor the rules
in them, and deletes nothing. Refuses a role that no grant could keep from anything.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from orchestrator.errors import Misconfigured
from orchestrator.store.limits import Limits
from orchestrator.store.primary import Primary

READ: Final = ("SELECT",)
APPEND: Final = ("SELECT", "INSERT")
CHANGE: Final = ("SELECT", "INSERT", "UPDATE")
# One row, which a migration has written: it is locked, or moved on.
TURN: Final = ("SELECT", "UPDATE")
# A trigger says when a row may leave: once it stands in the feed, or before it is sealed.
PASS_ON: Final = ("SELECT", "INSERT", "DELETE")
# Who has signed out leaves nothing behind but what is on record.
KEEP: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")

# Every table, decided one by one; one that is not named here is granted nothing. Where rows change,
# triggers say how.
GRANTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "alembic_version": READ,
        "legal_edges": READ,
        # ── a payment, and what proves it ──
        "payments": CHANGE,
        "payment_transitions": APPEND,
        "evidence": APPEND,
        "attempts": CHANGE,
        "anomalies": APPEND,
        "anomaly_notes": APPEND,
        "refunds": CHANGE,
        "disputes": CHANGE,
        # ── cards ──
        "customers": APPEND,
        "cards": CHANGE,
        "card_disablements": CHANGE,
        "card_outcomes": APPEND,
        # ── who calls, and what people did ──
        "api_keys": CHANGE,
        "idempotency_keys": APPEND,
        "deployment": APPEND,
        "actions": APPEND,
        "decline_rules": CHANGE,
        "rule_sets": APPEND,
        "action_head": TURN,
        # ── what Stripe tells ──
        "stripe_events": CHANGE,
        "catch_up": CHANGE,
        # ── what others are told ──
        "outbox": PASS_ON,
        "feed_turn": TURN,
        "events": APPEND,
        "webhook_endpoints": CHANGE,
        "webhook_deliveries": CHANGE,
        # ── seals ──
        "seals": APPEND,
        "seal_leaves": PASS_ON,
        "seal_turn": TURN,
        # ── the console ──
        "console_sessions": KEEP,
        "rollups": CHANGE,
        "rollup_turn": TURN,
    }
)

_ROLE = text("SELECT rolsuper FROM pg_roles WHERE rolname = :role")
_OWNED = text(
    "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE nspname = current_schema() AND pg_has_role(:role, relowner, 'MEMBER')"
)
# PostgreSQL itself only warns of a grant that grants nothing.
_NOT_OURS = text(
    "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE nspname = current_schema() AND relkind = 'r' "
    "AND NOT pg_has_role(current_user, relowner, 'USAGE')"
)
_OWNS_DATABASE = text(
    "SELECT pg_has_role(current_user, datdba, 'USAGE') FROM pg_database "
    "WHERE datname = current_database()"
)
# What a role can make by itself could stand before our tables in the eyes of our own triggers.
_CAN_MAKE = text(
    "SELECT has_database_privilege(:role, current_database(), 'TEMPORARY') "
    "OR has_schema_privilege(:role, current_schema(), 'CREATE')"
)


def grant_to(url: str, role: str) -> None:
    """Let a role serve payments from the database at ``url``, and no more than that.

    May be called from inside a running event loop, and again after each migration.

    Raises:
        Misconfigured: there is no such role, or it could do more whatever it is granted.
    """
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _grant_to(url, role)).result()


async def _grant_to(url: str, role: str) -> None:
    connect_args = {"async_creator_fn": Primary(Limits().connect_seconds)}
    engine = create_async_engine(url, poolclass=NullPool, connect_args=connect_args)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_grant, role)
    finally:
        await engine.dispose()


def _grant(connection: Connection, role: str) -> None:
    _refuse_powerful(connection, role)
    quote = connection.dialect.identifier_preparer.quote_identifier
    name = quote(role)
    schema = quote(connection.execute(text("SELECT current_schema()")).scalar_one())
    database = quote(connection.execute(text("SELECT current_database()")).scalar_one())
    statements = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {name}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC",
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {name}",
        f"GRANT USAGE ON SCHEMA {schema} TO {name}",
        *(
            f"GRANT {', '.join(allowed)} ON {schema}.{quote(table)} TO {name}"
            for table, allowed in GRANTS.items()
        ),
    ]
    if connection.execute(_OWNS_DATABASE).scalar_one():
        statements.append(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC, {name}")
    for statement in statements:
        connection.exec_driver_sql(statement)
    if connection.execute(_CAN_MAKE, {"role": role}).scalar_one():
        raise Misconfigured(
            f"The role {role} can make tables of its own, which our triggers could take for ours. "
            f"As the database's owner run: REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC, "
            f"{name}; REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {name}"
        )


def _refuse_powerful(connection: Connection, role: str) -> None:
    is_superuser = connection.execute(_ROLE, {"role": role}).scalar_one_or_none()
    if is_superuser is None:
        raise Misconfigured(f"There is no role {role}. Run: CREATE ROLE {role} LOGIN")
    if is_superuser or connection.execute(_OWNED, {"role": role}).scalar_one():
        raise Misconfigured(
            f"The role {role} is a superuser, or owns the tables: no grant keeps it from anything. "
            "Let another role own them, and name it in ORCHESTRATOR_MIGRATION_DATABASE_URL."
        )
    if connection.execute(_NOT_OURS).scalar_one():
        raise Misconfigured(
            "Only the owner of the tables can grant anything on them. Name it in "
            "ORCHESTRATOR_MIGRATION_DATABASE_URL."
        )


__all__ = ["APPEND", "CHANGE", "GRANTS", "KEEP", "PASS_ON", "READ", "TURN", "grant_to"]
