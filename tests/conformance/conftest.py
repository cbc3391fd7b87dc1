"""Each test once a side; what only the stand-in can do asks for ``stand_in`` instead."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.conformance.sides import (
    KEY_VARIABLE,
    TIMEOUT_SECONDS,
    Side,
    account_of_stand_in,
    checked_key,
    running_stand_in,
    stripe_itself,
)


@pytest.fixture(scope="session")
def stand_in_url() -> Iterator[str]:
    """The address of a stand-in that runs as a program of its own."""
    with running_stand_in() as url:
        yield url


# One skip that says so stands in ``test_sides.py`` where there is no key, not one a test.
SIDES = ("stand-in", "stripe") if os.environ.get(KEY_VARIABLE) else ("stand-in",)


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """Whom the test asks."""
    if request.param == "stand-in":
        url = request.getfixturevalue("stand_in_url")
        with account_of_stand_in(url, f"sk_test_{uuid.uuid4().hex}") as asked:
            yield asked
        return
    key = checked_key(os.environ)
    assert key is not None, "Stripe is a side only where a key is set"
    with stripe_itself(key) as asked:
        yield asked


@dataclass(frozen=True)
class StandIn(Side):
    """An account of the stand-in, with its control plane."""

    key: str

    def control(self, path: str, body: Any = None) -> Any:
        """Make a control call about this account."""
        headers = {"Authorization": f"Bearer {self.key}"}
        url = f"{self.url}/_sandbox{path}"
        with requests.Session() as http:
            http.trust_env = False
            answer = http.post(url, json=body or {}, headers=headers, timeout=TIMEOUT_SECONDS)
            assert answer.status_code == 200, answer.text
            return answer.json()


@pytest.fixture
def stand_in(stand_in_url: str) -> Iterator[StandIn]:
    """An account of the stand-in for what cannot be done at Stripe."""
    key = f"sk_test_{uuid.uuid4().hex}"
    with account_of_stand_in(stand_in_url, key) as asked:
        yield StandIn(asked.client, asked.url, key)


@pytest.fixture
def key() -> str:
    """An idempotency key nobody used before."""
    return f"conformance-{uuid.uuid4()}"


@pytest.fixture
def customer(side: Side) -> Iterator[str]:
    """A customer of the side that is asked, gone after the test."""
    made = side.v1.customers.create({"email": "ada@example.com", "name": "Ada"})
    yield made.id
    side.v1.customers.delete(made.id)
