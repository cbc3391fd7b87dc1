"""The fixtures, for ``pytest_plugins = ["orchestrator.testing.plugin"]``.

One deployment serves all tests of a session. Each test is an owner of its own in it, and what it
told the stand-in is taken back when it ends; so no test sees another's payments or faults.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.client import Client
from orchestrator.testing.deployment import Deployment, start
from orchestrator.testing.stand_in import StandIn


@pytest.fixture(scope="session")
def orchestrator_settings() -> dict[str, Any]:
    """Give the deployment's settings; a project's own fixture of this name decides instead."""
    return {}


@pytest.fixture(scope="session")
def orchestrator_deployment(orchestrator_settings: dict[str, Any]) -> Iterator[Deployment]:
    """Run API, worker and stand-in in this process until the last test has ended."""
    with start(**orchestrator_settings) as deployment:
        yield deployment


@pytest.fixture
def orchestrator(orchestrator_deployment: Deployment) -> Iterator[Deployment]:
    """Give the test the deployment, as an owner that has no payment yet."""
    try:
        with orchestrator_deployment.as_owner() as deployment:
            yield deployment
    finally:
        orchestrator_deployment.stand_in.restore()


@pytest.fixture
def orchestrator_client(orchestrator: Deployment) -> Client:
    """Give the test a client with its owner's key."""
    return orchestrator.client


@pytest.fixture
def stand_in(orchestrator: Deployment) -> StandIn:
    """Give the test the stand-in behind the deployment."""
    return orchestrator.stand_in
