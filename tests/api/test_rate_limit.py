"""Who sends too much is told to wait, and nothing is done for it meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from orchestrator import metrics
from tests.api.conftest import Api, open_api
from tests.world import open_world


@pytest.fixture
async def limited(sqlite_url: str, stand_in_url: str) -> AsyncIterator[Api]:
    """Give the test an API whose keys may send three requests an hour."""
    async with (
        open_world(sqlite_url, stand_in_url, rate_limit="3/hour") as world,
        open_api(world) as opened,
    ):
        yield opened


async def use_up(api: Api) -> None:
    """Send all that the key may send."""
    for _ in range(3):
        assert (await api.get("/v1/machine")).status_code == 200


async def test_the_fourth_is_refused(limited: Api) -> None:
    """Beyond the limit it is 429 with how long to wait, and counted."""
    before = metrics.REGISTRY.get_sample_value("orchestrator_rate_limited_total") or 0
    await use_up(limited)
    answer = await limited.get("/v1/machine")

    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 3590 <= int(answer.headers["Retry-After"]) <= 3600
    assert metrics.REGISTRY.get_sample_value("orchestrator_rate_limited_total") == before + 1


async def test_nothing_is_written(limited: Api) -> None:
    """A create that is refused for its haste made no payment and kept no key."""
    await use_up(limited)
    body = {"amount": 1000, "currency": "usd"}
    refused = await limited.post("/v1/payments", body, idempotency_key="k")
    limited.app.state.rate_limiter = None
    listed = (await limited.get("/v1/payments")).json()["data"]
    again = await limited.post("/v1/payments", body, idempotency_key="k")

    assert (refused.status_code, listed) == (429, [])
    assert "Idempotent-Replayed" not in again.headers


async def test_each_key_has_its_own_limit(limited: Api) -> None:
    """Another key of the same owner may still send."""
    await use_up(limited)
    _, other = await limited.key()

    assert (await limited.get("/v1/machine", secret=other)).status_code == 200


async def test_a_scope_does_not_matter(limited: Api) -> None:
    """What the key may not do counts like what it may."""
    _, audit = await limited.key("auditor", "audit")
    for _ in range(3):
        assert (await limited.post("/v1/payments", {}, secret=audit)).status_code == 403

    assert (await limited.post("/v1/payments", {}, secret=audit)).status_code == 429


async def test_strangers_are_strangers(limited: Api) -> None:
    """Without a key it is 401 however often: the limit is not for guessing at."""
    answers = [(await limited.get("/v1/machine", secret="none")).status_code for _ in range(5)]

    assert set(answers) == {401}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
async def test_probes_are_not_limited(limited: Api, path: str) -> None:
    """Load balancers and Prometheus are always answered."""
    await use_up(limited)

    assert {(await limited.get(path)).status_code for _ in range(5)} == {200}


async def test_webhooks_are_not_limited(limited: Api) -> None:
    """Stripe has no key: its events are looked at however many come."""
    answers = [
        (await limited.client.post("/v1/webhooks/stripe", content=b"{}")).status_code
        for _ in range(5)
    ]

    assert 429 not in answers


async def test_off_by_default(sqlite_api: Api) -> None:
    """Where nothing is set nobody is limited."""
    assert sqlite_api.app.state.rate_limiter is None
