"""What people did is listed for auditors: who, what, to what, why, in which request."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Api


async def listed(api: Api, secret: str, query: str = "") -> dict[str, Any]:
    """Return a list of actions."""
    answer = await api.get(f"/v1/actions{query}", secret=secret)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_cards_out_of_use_are_on_record(sqlite_api: Api) -> None:
    """Disabling and enabling a card by hand are two actions with the request's own facts."""
    key, admin = await sqlite_api.key("office", "admin")
    path = "/v1/cards/pm_card_visa"
    off = await sqlite_api.post(f"{path}/disable", {"reason": "reported"}, secret=admin)
    again = await sqlite_api.post(f"{path}/disable", {"reason": "again"}, secret=admin)
    on = await sqlite_api.post(f"{path}/enable", {"reason": "found"}, secret=admin)
    newest, older = (await listed(sqlite_api, admin, f"?actor={key}"))["data"]

    assert [answer.status_code for answer in (off, again, on)] == [200, 200, 200]
    assert (older["action"], older["reason"]) == ("card_disabled", "reported")
    assert older["request_id"] == off.headers["Request-Id"]
    assert older["actor"] == {"kind": "api_key", "id": key}
    assert older["subject"]["kind"] == "card"
    assert (newest["action"], newest["request_id"]) == ("card_enabled", on.headers["Request-Id"])
    assert newest["previous_hash"] == older["hash"]


async def test_keys_are_on_record_without_their_secrets(sqlite_api: Api) -> None:
    """Who made a key is known, and what it may do; neither the secret nor its hash is told."""
    key, admin = await sqlite_api.key("office", "admin")
    (action,) = (await listed(sqlite_api, admin, f"?subject={key}"))["data"]

    assert (action["action"], action["actor"]["kind"]) == ("key_created", "operator")
    assert action["details"] == {"name": "office", "scope": "admin", "expires_at": None}
    assert admin.rpartition("_")[2] not in str(action)


async def test_pages_lead_on(sqlite_api: Api) -> None:
    """From the last id of a page the next one goes on, until there is no more."""
    _, auditor = await sqlite_api.key("auditor", "audit")
    for _ in range(4):
        await sqlite_api.key()
    first = await listed(sqlite_api, auditor, "?limit=4")
    after = first["data"][-1]["id"]
    rest = await listed(sqlite_api, auditor, f"?limit=4&starting_after={after}")
    numbers = [action["number"] for page in (first, rest) for action in page["data"]]

    assert numbers == [6, 5, 4, 3, 2, 1]
    assert (first["has_more"], rest["has_more"]) == (True, False)


async def test_both_cursors_are_refused(sqlite_api: Api) -> None:
    """A page adjoins one action."""
    _, auditor = await sqlite_api.key("auditor", "audit")
    answer = await sqlite_api.get(
        "/v1/actions?starting_after=act_1&ending_before=act_1", secret=auditor
    )

    assert (answer.status_code, answer.json()["param"]) == (422, "ending_before")


async def test_a_payment_is_resolved(sqlite_api: Api) -> None:
    """An administrator of another name ends a shop's payment; the shop sees why."""
    payment = await sqlite_api.create()
    key, admin = await sqlite_api.key("office", "admin")
    path = f"/v1/payments/{payment['id']}"
    body = {"resolution": "cancel", "reason": "withdrawn"}
    answer = await sqlite_api.post(f"{path}/resolve", body, secret=admin)
    last = (await sqlite_api.get(f"{path}/history")).json()["data"][-1]
    told = (await sqlite_api.get(f"{path}/explain")).json()["summary"]
    (action,) = (await listed(sqlite_api, admin, f"?subject={payment['id']}"))["data"]

    assert (answer.status_code, answer.json()["state"]) == (200, "failed")
    assert last["actor"] == {"kind": "operator", "id": key} == action["actor"]
    assert last["request_id"] == answer.headers["Request-Id"] == action["request_id"]
    assert "an operator canceled it, with the reason: withdrawn" in told
