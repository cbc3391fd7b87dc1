"""The queue of anomalies over HTTP: who sees it, who moves it, and what is shown of it."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.reconcile import Difference, DifferenceKind
from orchestrator.reconcile.record import record_differences
from tests.api.conftest import Api

FIELDS = {
    "id",
    "object",
    "kind",
    "state",
    "payment",
    "payment_intent",
    "stripe_object",
    "detail",
    "evidence",
    "owner",
    "resolution",
    "reason",
    "noted_at",
    "notes",
}


@pytest.fixture
async def found(sqlite_api: Api) -> str:
    """Have a comparison find something; return the anomaly's id."""
    difference = Difference(DifferenceKind.unknown_intent, None, "pi_lost", None, "500 usd")
    world = sqlite_api.world
    await record_differences(world.runtime.database, [difference], world.clock)
    _, auditor = await sqlite_api.key("auditors", "audit")
    listed = (await sqlite_api.get("/v1/anomalies", secret=auditor)).json()
    return str(listed["data"][0]["id"])


async def _post(api: Api, path: str, body: Any) -> Any:
    _, admin = await api.key("admins", "admin")
    return await api.post(path, body, secret=admin)


async def test_anomaly_is_shown(sqlite_api: Api, found: str) -> None:
    """An auditor sees what was found, and nothing that nobody has said about it."""
    _, auditor = await sqlite_api.key("auditors", "audit")
    shown = (await sqlite_api.get(f"/v1/anomalies/{found}", secret=auditor)).json()

    assert shown.keys() == FIELDS
    assert (shown["object"], shown["kind"], shown["payment_intent"]) == (
        "anomaly",
        "unknown_intent",
        "pi_lost",
    )
    assert (shown["state"], shown["notes"]) == ("open", [])


async def test_anomaly_is_assigned_and_resolved(sqlite_api: Api, found: str) -> None:
    """Each step is shown with who took it, and stays."""
    path = f"/v1/anomalies/{found}"
    assigned = await _post(sqlite_api, f"{path}/assign", {"owner": "ada"})
    taken = await _post(sqlite_api, f"{path}/assign", {"owner": "bob"})
    ended = {"resolution": "refunded", "reason": "paid by mistake"}
    resolved = await _post(sqlite_api, f"{path}/resolve", ended)
    again = await _post(sqlite_api, f"{path}/resolve", ended | {"reason": "another"})
    notes = resolved.json()["notes"]

    assert (assigned.json()["state"], assigned.json()["owner"]) == ("assigned", "ada")
    assert (taken.status_code, taken.json()["code"]) == (409, "anomaly_assigned")
    assert taken.json()["param"] == "instead_of"
    assert [(note["state"], note["owner"], note["reason"]) for note in notes] == [
        ("assigned", "ada", None),
        ("resolved", "ada", "paid by mistake"),
    ]
    assert (again.status_code, again.json()["code"]) == (409, "anomaly_resolved")


async def test_queue_is_filtered(sqlite_api: Api, found: str) -> None:
    """What was resolved has left the open ones."""
    _, auditor = await sqlite_api.key("auditors", "audit")
    ended = {"resolution": "accepted", "reason": "x"}
    await _post(sqlite_api, f"/v1/anomalies/{found}/resolve", ended)

    async def ids(query: str) -> list[str]:
        listed = await sqlite_api.get(f"/v1/anomalies{query}", secret=auditor)
        return [each["id"] for each in listed.json()["data"]]

    assert await ids("?state=open") == []
    assert await ids("?state=resolved&kind=unknown_intent") == [found]
    assert await ids("?payment=pay_none") == []
