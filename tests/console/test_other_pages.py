"""The pages beside the payments': each answers anything, shows what is stored, and is closed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, text

from orchestrator.seals.files import read_seal_file
from orchestrator.seals.sealing import make_seal
from orchestrator.store.actions import ListActions, read_actions
from orchestrator.store.inbox import insert_event
from orchestrator.store.unmatched import PAGE
from tests.console.visitor import Visitor, text_of
from tests.store.seeds import stripe_event
from tests.stored_payments import START

ANSWERS = {
    "/console/totals": 200,
    "/console/anomalies": 200,
    "/console/anomalies?state=open&kind=late_success&payment=pay_1": 200,
    "/console/anomalies?state=&kind=": 200,
    "/console/anomalies?state=lost": 422,
    "/console/anomalies?kind=odd": 422,
    "/console/anomalies?before=ano_never": 422,
    "/console/anomalies?colour=red": 422,
    "/console/anomalies/ano_never": 404,
    "/console/anomalies/%00": 404,
    "/console/unmatched-events": 200,
    "/console/unmatched-events?before=2026-03-01T12:00:00%2B00:00~evt_1": 200,
    "/console/unmatched-events?before=evt_1": 422,
    "/console/seals": 200,
    "/console/seals?before=3": 200,
    "/console/seals?before=-3": 422,
    f"/console/seals?before={2**31}": 422,
    "/console/seals/1": 404,
    "/console/seals/one": 404,
    f"/console/seals/{2**40}": 404,
    "/console/decline-rules": 200,
    "/console/decline-rules/insufficient_funds": 200,
    "/console/decline-rules/never_heard_of": 404,
    "/console/record": 200,
    "/console/record?action=signed_in&before=900": 200,
    "/console/record?action=danced": 422,
    "/console/record?before=x": 422,
    f"/console/record?before={10**20}": 422,
    "/console/downloads": 200,
}
PAGES = [path for path, status in ANSWERS.items() if status == 200]


@pytest.mark.parametrize("path", ANSWERS)
async def test_every_address_has_an_answer(auditor: Visitor, path: str) -> None:
    """Whatever is asked for is a page that is kept nowhere and holds nothing inline."""
    answer = await auditor.get(path)
    page = answer.text
    loaded = re.findall(r'(?:src|href|action)="([^"]+)"', page)

    assert answer.status_code == ANSWERS[path], text_of(answer)
    assert "<h1" in page
    assert answer.headers["cache-control"] == "no-store"
    assert re.findall(r"<style|<script(?! src=)|\son\w+=|\sstyle=|javascript:", page) == []
    assert [each for each in loaded if not each.startswith(("/console", "#"))] == []


@pytest.mark.parametrize("path", PAGES)
async def test_nobody_else_sees_them(visitor: Visitor, path: str) -> None:
    """Without a session each leads to the sign-in."""
    answer = await visitor.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/sign-in?next=")


# ── unmatched events, seals, rules ───────────────────────────────────────────────────────────


async def test_unmatched_events_are_paged(auditor: Visitor) -> None:
    """Each is on one page, newest first; what belongs to a payment is on none."""
    database = auditor.api.world.runtime.database
    for number in range(PAGE + 2):
        row = stripe_event(f"evt_{number:03}") | {"state": "unmatched", "due_at": None}
        row |= {"received_at": START + timedelta(seconds=number // 2)}
        await database.write(insert_event, row)
    await database.write(insert_event, stripe_event("evt_waits"))
    first = (await auditor.get("/console/unmatched-events")).text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = (await auditor.get(older[1])).text
    found = re.findall(r"<code>(evt_\w+)</code>", first + second)

    assert found == [f"evt_{number:03}" for number in reversed(range(PAGE + 2))]


async def test_a_seal_says_what_it_covers(auditor: Visitor, tmp_path: Any) -> None:
    """A seal's page shows root, key and leaves; its file holds, and taking it is on record."""
    payment = await auditor.api.create()
    database = auditor.api.world.runtime.database
    signed = await make_seal(database, Ed25519PrivateKey.generate(), "test")
    page = await auditor.text("/console/seals/1")
    token = await auditor.form_token("/console/seals/1")
    answer = await auditor.post("/console/seals/1/file", {"form_token": token})
    (tmp_path / "seal").write_bytes(answer.content)
    last = (await database.read(read_actions, ListActions(limit=1))).actions[0]

    assert signed is not None
    for shown in (signed.seal.root, signed.seal.key_id, payment["id"], "Covers 1 payment "):
        assert shown in page
    assert answer.headers["content-disposition"] == 'attachment; filename="seal-1.jsonl"'
    assert read_seal_file(tmp_path / "seal") == signed
    assert (last["action"], last["subject_id"]) == ("export_made", "1")


async def test_a_seal_that_vouches_for_itself_is_not_called_good(auditor: Visitor) -> None:
    """Where no public key is named, both pages say how little a signature proves."""
    payment = await auditor.api.create()
    await make_seal(auditor.api.world.runtime.database, Ed25519PrivateKey.generate(), "test")
    seal = (await auditor.get("/console/seals/1")).text
    shown = await auditor.text(f"/console/payments/{payment['id']}")

    assert "notice good" not in seal
    assert "Signed, but nobody says by whom." in seal
    assert "ORCHESTRATOR_SEAL_PUBLIC_KEYS" in seal
    assert "which no public key named here vouches for" in shown


async def test_a_forged_seal_is_told(auditor: Visitor) -> None:
    """A seal that says other than what was signed is shown as such."""
    database = auditor.api.world.runtime.database
    await make_seal(database, Ed25519PrivateKey.generate(), "test")

    def forge(connection: Connection) -> None:
        connection.execute(text("DROP TRIGGER seals_no_update"))
        connection.execute(text(f"UPDATE seals SET root = '{'0' * 64}'"))

    await database.write(forge)

    assert "Its signature is not of what it says." in await auditor.text("/console/seals/1")


async def test_rules_are_those_in_force(auditor: Visitor) -> None:
    """Each code's rule is listed with where it is from, a stored version with its author."""
    admin = (await auditor.api.key("rules people", "admin"))[1]
    body = {"handler": "ask_for_new_card", "reason": "as the bank asked"}
    answer = await auditor.api.client.put(
        "/v1/decline-rules/generic_decline",
        json=body,
        headers={"Authorization": f"Bearer {admin}"},
    )
    page = await auditor.text("/console/decline-rules")
    rule = await auditor.text("/console/decline-rules/generic_decline")

    assert answer.status_code == 200, answer.text
    assert "insufficient_funds" in page
    assert "stored, version 1 by rules people" in page
    assert "as the bank asked" in rule


# ── the record ───────────────────────────────────────────────────────────────────────────────


async def test_the_record_holds(auditor: Visitor) -> None:
    """A sign-in is on it, with its hash recomputed, and filters leave what they say."""
    page = await auditor.text("/console/record")
    none = await auditor.text("/console/record?actor=nobody")

    assert "What is shown is what was written" in page
    assert "signed in" in page
    assert "Nothing is like this on record." in none


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE actions SET request_id = 'req_forged'", "holds other than what was hashed"),
        ("DELETE FROM actions WHERE number = 2", "Action 3 does not follow action 1."),
        (
            "DELETE FROM actions WHERE number = (SELECT max(number) FROM actions)",
            "not the last here",
        ),
        ("DELETE FROM action_head", "Where the chain ends is not told any more."),
    ],
)
async def test_a_forged_record_is_told(auditor: Visitor, change: str, told: str) -> None:
    """Somebody who changed the record in the database is found out on the page."""
    database = auditor.api.world.runtime.database
    sessions = auditor.api.app.state.console.sessions
    for _ in range(2):
        await sessions.refuse(None, "key_not_in_use", "req_1")

    def forge(connection: Connection) -> None:
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for name in found.scalars().all():
            if name.startswith("action"):
                connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(change))

    await database.write(forge)

    assert told in await auditor.text("/console/record")
