"""The service's role can do what serving takes, and in plain SQL nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from orchestrator.errors import Misconfigured
from orchestrator.store.connections import open_database
from orchestrator.store.grants import GRANTS, grant_to
from tests.databases import OWNER_ROLE, SERVICE_ROLE
from tests.postgres_server import PostgresServer
from tests.stored_payments import store_one_of_each

NOT_ALLOWED = "42501"
FORBIDDEN = {
    "delete history": "DELETE FROM payment_transitions",
    "delete a payment": "DELETE FROM payments",
    "rewrite history": "UPDATE payment_transitions SET actor_id = 'somebody'",
    "rewrite evidence": "UPDATE evidence SET kind = 'read'",
    "truncate": "TRUNCATE evidence CASCADE",
    "drop a table": "DROP TABLE evidence",
    "add a column": "ALTER TABLE payments ADD COLUMN paid boolean",
    "drop a rule": "ALTER TABLE payments DROP CONSTRAINT fk_payments_head",
    "disable a trigger": "ALTER TABLE payments DISABLE TRIGGER payments_step",
    "disable every trigger": "ALTER TABLE payments DISABLE TRIGGER ALL",
    "drop a trigger": "DROP TRIGGER payments_step ON payments",
    "add a trigger": "CREATE TRIGGER mine BEFORE INSERT ON payments "
    "EXECUTE FUNCTION refuse_change()",
    "replace a rule's function": "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger "
    "LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "switch rules off": "SET session_replication_role = replica",
    "add a legal edge": "INSERT INTO legal_edges VALUES ('failed', 'confirm', 'confirming')",
    "tell another schema": "UPDATE alembic_version SET version_num = '0000'",
    "make a table": "CREATE TABLE mine (id text)",
    "shadow a table": "CREATE TEMPORARY TABLE payments (id text, version integer)",
    "become the owner": f"SET ROLE {OWNER_ROLE}",
}


@pytest.fixture
async def engine(service_url: str) -> AsyncIterator[AsyncEngine]:
    """Open a database with payments in every state, as the service's role."""
    database = open_database(service_url)
    await store_one_of_each(database)
    await database.close()
    opened = create_async_engine(service_url, poolclass=NullPool)
    yield opened
    await opened.dispose()


async def test_forbidden(engine: AsyncEngine) -> None:
    """Each of these is refused for want of a right, before any trigger is asked."""
    refused = {}
    for name, statement in FORBIDDEN.items():
        async with engine.connect() as connection:
            with pytest.raises(DBAPIError) as refusal:
                await connection.execute(text(statement))
            refused[name] = getattr(refusal.value.orig, "sqlstate", None)

    assert refused == dict.fromkeys(FORBIDDEN, NOT_ALLOWED)


async def test_rights_are_those_listed(engine: AsyncEngine) -> None:
    """On each table the role has the rights that stand in the list; on no other table any."""
    query = text(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants "
        "WHERE grantee IN (:role, 'PUBLIC') AND table_schema = 'public'"
    )
    async with engine.connect() as connection:
        rows = (await connection.execute(query, {"role": SERVICE_ROLE})).all()

    found: dict[str, set[str]] = {}
    for table, privilege in rows:
        found.setdefault(table, set()).add(privilege)
    assert found == {table: set(allowed) for table, allowed in GRANTS.items()}


async def test_every_table_has_an_answer(engine: AsyncEngine) -> None:
    """A table that a migration adds is in the list."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        stored = set(rows.scalars())

    assert stored == set(GRANTS)


async def test_role_owns_nothing(engine: AsyncEngine) -> None:
    """Neither a table nor a function nor a sequence is the role's."""
    query = text(
        "SELECT relname FROM pg_class WHERE pg_has_role(:role, relowner, 'MEMBER') "
        "UNION ALL SELECT proname FROM pg_proc WHERE pg_has_role(:role, proowner, 'MEMBER')"
    )
    async with engine.connect() as connection:
        assert (await connection.execute(query, {"role": SERVICE_ROLE})).all() == []


def test_nothing_is_deleted() -> None:
    """No list of rights holds more than reading, appending and changing, but for three tables.

    Triggers let a row of the outbox leave only once it stands in the feed, and a leaf only before
    it is sealed. A session of the console is gone once it is over.
    """
    passing = {"outbox", "seal_leaves", "console_sessions"}
    granted = {
        each for table, allowed in GRANTS.items() if table not in passing for each in allowed
    }

    assert granted == {"SELECT", "INSERT", "UPDATE"}
    assert {table: set(GRANTS[table]) for table in passing} == {
        "outbox": {"SELECT", "INSERT", "DELETE"},
        "seal_leaves": {"SELECT", "INSERT", "DELETE"},
        "console_sessions": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    }


# ── roles that cannot be kept from anything ──────────────────────────────────────────────────


@pytest.fixture
def half_owner(postgres_server: PostgresServer) -> Iterator[str]:
    """Give the test a role that may become the owner of the tables."""
    postgres_server.execute("CREATE ROLE half_owner IN ROLE postgres")
    yield "half_owner"
    postgres_server.execute("DROP ROLE half_owner")


@pytest.mark.parametrize(
    ("role", "why"),
    [("nobody_at_all", "no role"), ("postgres", "superuser"), ("half_owner", "owns")],
)
def test_role_is_refused(postgres_url: str, half_owner: str, role: str, why: str) -> None:
    """A role that is not there, a superuser, and a member of the owner are refused."""
    with pytest.raises(Misconfigured, match=why):
        grant_to(postgres_url, role)


def test_role_that_can_shadow_tables_is_refused(
    postgres_server: PostgresServer, service_url: str
) -> None:
    """Where the migrating role cannot forbid temporary tables, it says who can."""
    name = make_url(service_url).database
    postgres_server.execute(f'GRANT TEMPORARY ON DATABASE "{name}" TO PUBLIC')
    owner = service_url.replace(f"//{SERVICE_ROLE}@", f"//{OWNER_ROLE}@")

    with pytest.raises(Misconfigured, match="REVOKE TEMPORARY"):
        grant_to(owner, SERVICE_ROLE)
