"""Two programs migrate one database at the same moment: one waits, then finds nothing to do."""

import os
import subprocess
import sys
import time

import pytest
from sqlalchemy import Connection, text

from orchestrator.store import migrate
from tests.store.migrated import on, rules, step_back

# Says when everything is loaded, so that both begin in the same moment.
PROGRAM = """
import sys
import alembic.command
import orchestrator.store.migrate
from orchestrator.cli import app
print("ready", flush=True)
sys.stdin.readline()
app(["migrate"], prog_name="orchestrator")
"""
# What keeps every migration from ending until it is undone, by where the migration starts.
IN_THE_WAY = {
    "base": "CREATE TABLE alembic_version (id INTEGER)",
    "0001": "UPDATE alembic_version SET version_num = version_num",
}


class Undo(Exception):
    """Takes back what a transaction did."""


def start(url: str) -> subprocess.Popen[str]:
    """Start a program that migrates once it is told to."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"ORCHESTRATOR_DATABASE_URL": url},
    )
    assert process.stdout is not None, "the program was given a pipe"
    assert process.stdout.readline() == "ready\n"
    return process


def let_go(process: subprocess.Popen[str]) -> None:
    """Tell a program to migrate now."""
    assert process.stdin is not None, "the program was given a pipe"
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.parametrize("start_from", ["base", pytest.param("0001", marks=pytest.mark.thorough)])
def test_both_end_well(database_url: str, start_from: str) -> None:
    """Whoever comes second waits for the first, and both say that the schema is the newest."""
    newest = on(database_url, rules)
    step_back(database_url, start_from)
    if start_from == "base":
        on(database_url, lambda connection: connection.execute(text("DROP TABLE alembic_version")))
    programs = [start(database_url), start(database_url)]

    def hold_up(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            # Python's driver would begin no transaction before it makes a table.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.execute(text(IN_THE_WAY[start_from]))
        for program in programs:
            let_go(program)
        # Both get as far as they can; were one slower, it would only be easier for it.
        time.sleep(1)
        raise Undo

    with pytest.raises(Undo):
        on(database_url, hold_up)
    ends = [program.communicate(timeout=60) for program in programs]

    assert ends == [(f"The database is at the newest schema ({migrate.head()}).\n", "")] * 2
    assert [program.returncode for program in programs] == [0, 0]
    assert on(database_url, rules) == newest
