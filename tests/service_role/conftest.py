"""Tests of the API, over a database that is somebody else's."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api, api


@pytest.fixture
def database_url(service_url: str) -> str:
    """Give the test PostgreSQL as the service's role sees it."""
    return service_url


@pytest.fixture
def sqlite_api(api: Api) -> Api:
    """Give tests that are content with SQLite elsewhere the same database."""
    return api


__all__ = ["api", "database_url", "sqlite_api"]
