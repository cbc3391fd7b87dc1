"""What somebody with the database's password could do: disarm its rules, then change rows."""

import sqlite3
from contextlib import closing

import asyncpg
from sqlalchemy.engine import make_url

# Foreign keys, checks and unique constraints; primary keys and NOT NULL stay.
_DISARM_POSTGRESQL = """
DO $$
DECLARE rule record;
BEGIN
  FOR rule IN
    SELECT conrelid::regclass AS relation, conname FROM pg_constraint
    WHERE contype IN ('f', 'c', 'u') AND connamespace = 'public'::regnamespace
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE',
                   rule.relation, rule.conname);
  END LOOP;
  FOR rule IN
    SELECT tgrelid::regclass AS relation, tgname AS conname FROM pg_trigger WHERE NOT tgisinternal
  LOOP
    EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', rule.conname, rule.relation);
  END LOOP;
END $$;
"""


async def tamper(url: str, *statements: str) -> None:
    """Run statements with every trigger dropped, so that nothing refuses them."""
    if make_url(url).get_backend_name() == "sqlite":
        _tamper_sqlite(url, statements)
        return
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))
    try:
        for statement in (_DISARM_POSTGRESQL, *statements):
            await connection.execute(statement)
    finally:
        await connection.close()


def _tamper_sqlite(url: str, statements: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(make_url(url).database or "")) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (trigger,) in connection.execute(query).fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        for statement in statements:
            connection.execute(statement)
        connection.commit()
