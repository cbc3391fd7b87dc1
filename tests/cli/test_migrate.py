"""Migrating by one role, for another to serve."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Run
from tests.databases import OWNER_ROLE, SERVICE_ROLE
from tests.postgres_server import PostgresServer

URL = "ORCHESTRATOR_DATABASE_URL"
MIGRATION_URL = "ORCHESTRATOR_MIGRATION_DATABASE_URL"


def test_grant_is_told(run: Run, service_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner migrates and lets the service's role in, as often as it likes."""
    monkeypatch.setenv(URL, service_url)
    owner = service_url.replace(f"//{SERVICE_ROLE}@", f"//{OWNER_ROLE}@")
    monkeypatch.setenv(MIGRATION_URL, owner)

    result = run("migrate", "--grant", SERVICE_ROLE, "--json")

    assert (result.exit_code, json.loads(result.stdout)["granted"]) == (0, SERVICE_ROLE)


@pytest.fixture
def other_role(postgres_server: PostgresServer) -> Iterator[str]:
    """Give the test a role that nothing was granted to."""
    postgres_server.execute("CREATE ROLE newcomer")
    yield "newcomer"
    postgres_server.execute("DROP ROLE newcomer")


def test_service_cannot_migrate(
    run: Run, service_url: str, other_role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the owner's address nothing can be granted, and a sentence says so."""
    monkeypatch.setenv(URL, service_url)

    result = run("migrate", "--grant", other_role)

    assert result.exit_code == 1
    assert result.stderr.startswith("error: Only the owner")


def test_sqlite_has_no_roles(run: Run, stored: str) -> None:
    """There is nobody to grant anything to."""
    result = run("migrate", "--grant", SERVICE_ROLE)

    assert result.exit_code == 2
    assert "SQLite has no roles" in result.stderr
