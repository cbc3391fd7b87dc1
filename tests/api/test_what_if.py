"""What the what-if answer says is what a payment then meets; it takes any body, and writes nothing.

The payments are declined by the stand-in; what is tried out is what it shows of them afterwards.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from orchestrator.decline_rules import ChangeRule
from orchestrator.store.schema import metadata
from tests.api.conftest import Api
from tests.card_expectations import DECLINE_CODES

PATH = "/v1/decline-rules/what-if"


async def at_stripe(api: Api, path: str) -> Any:
    """Read an object as Stripe shows it."""
    headers = {"Authorization": f"Bearer {api.world.stripe_key}"}
    async with api.world.http.get(f"{api.world.url}/v1{path}", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def decline(api: Api, card: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Decline a card; gives the payment and the last row of its history."""
    answer = await api.confirm(await api.create(), card)
    payment = answer.json()
    rows = await api.get(f"/v1/payments/{payment['id']}/history")
    return payment, rows.json()["data"][-1]


async def tried(api: Api, payment: dict[str, Any], secret: str) -> dict[str, Any]:
    """Try out what Stripe shows of a payment's last failure."""
    intent = await at_stripe(api, f"/payment_intents/{payment['payment_intent']}")
    error = intent["last_payment_error"]
    charge = await at_stripe(api, f"/charges/{error['charge']}")
    body = {"error": error, "charge": charge}
    answer = await api.post(PATH, body, secret=secret, idempotency_key=None)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def as_told(told: dict[str, Any], attempts_left: int) -> dict[str, Any]:
    """Put down what the answer says of a payment with so many attempts left."""
    effect = next(each for each in told["effects"] if each["attempts_left"] == attempts_left)
    return {
        "event": effect["event"],
        "state": effect["state"],
        "handler": told["handler"],
        "row": told["decided_by"],
        "rules_version": told["rules_version"],
        "message": told["message"],
        "same_card": told["card"]["same_card_allowed"],
        "disabled": told["card"]["disabled"] is not None,
    }


def as_lived(payment: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Put down the same of what happened."""
    outcome = payment["last_outcome"]
    return {
        "event": row["event"],
        "state": payment["state"],
        "handler": row["handler"],
        "row": row["reason"],
        "rules_version": row["rules_version"],
        "message": outcome["message"],
        "same_card": outcome["same_card_allowed"],
        "disabled": payment["excluded_cards"] != [],
    }


async def test_the_answers_are_what_happens(sqlite_api: Api) -> None:
    """For every decline code, event, handler, row, rules and words are those that were told."""
    _, secret = await sqlite_api.key("auditors", "audit")
    told, lived = {}, {}
    for code in DECLINE_CODES:
        payment, row = await decline(sqlite_api, f"pm_sim_{code}")
        told[code] = as_told(
            await tried(sqlite_api, payment, secret), attempts_left=payment["attempts_left"]
        )
        lived[code] = as_lived(payment, row)

    assert told == lived


async def test_a_stored_rule_is_told_and_met(sqlite_api: Api) -> None:
    """Once a rule is changed, the answer and the payment name its version."""
    _, secret = await sqlite_api.key("auditors", "audit")
    desk = sqlite_api.world.runtime.decline_rules
    wish = ChangeRule("allow_same_card_later", "they pass later", "Later, please.")
    await desk.change("do_not_honor", wish, sqlite_api.world.caller())
    payment, row = await decline(sqlite_api, "pm_sim_do_not_honor")
    told = await tried(sqlite_api, payment, secret)
    shown = await sqlite_api.get(f"/v1/payments/{payment['id']}/explain")

    assert as_told(told, payment["attempts_left"]) == as_lived(payment, row)
    assert (told["version"], told["message"]) == (1, "Later, please.")
    assert shown.json()["rule"]["version"] == 1


NUMBER = "42" * 8
NESTED: Any = []
for _ in range(60):
    NESTED = [NESTED]

HOSTILE: dict[str, dict[str, Any]] = {
    "codes of no kind": {"code": ["a"], "decline_code": {"b": 1}, "advice_code": 7},
    "a code that is evidence of another kind": {"code": "x", "decline_code": "blocked:rule"},
    "the wildcard": {"code": "*", "decline_code": "*"},
    "unknown codes": {"code": "card_declined", "decline_code": "a_code_of_tomorrow"},
    "a deep one": {"code": "card_declined", "payment_intent": NESTED},
    "a wide one": {"code": "card_declined", **{f"field_{n}": n for n in range(500)}},
    "a long code": {"code": "c" * 4000, "decline_code": "d" * 4000},
    "an intent that is paid": {"code": "x", "payment_intent": {"status": "succeeded"}},
    "an odd method": {"code": "x", "payment_method": 1, "charge": {"id": "ch_1"}, "message": []},
    "a lone surrogate": {"code": "\ud800"},
    "nothing": {},
}


@pytest.mark.parametrize("error", HOSTILE.values(), ids=HOSTILE.keys())
async def test_no_body_breaks_it(sqlite_api: Api, error: dict[str, Any]) -> None:
    """Whatever stands in the error, the answer is a decision that is no success, or a refusal."""
    _, secret = await sqlite_api.key("auditors", "audit")
    before = await sqlite_api.world.runtime.database.read(how_many)
    answer = await sqlite_api.post(
        PATH,
        secret=secret,
        idempotency_key=None,
        headers={"Content-Type": "application/json"},
        content=json.dumps({"error": error}).encode(),
    )

    assert answer.status_code in {200, 400, 422}, answer.text
    if answer.status_code == 200:
        assert "succeed" not in {each["event"] for each in answer.json()["effects"]}
    assert await sqlite_api.world.runtime.database.read(how_many) == before


def how_many(connection: Connection) -> dict[str, int]:
    """Count the rows of every table."""
    counts = {
        table.name: select(func.count()).select_from(table) for table in metadata.sorted_tables
    }
    return {name: connection.execute(count).scalar_one() for name, count in counts.items()}


@pytest.mark.parametrize("field", ["error", "charge"])
async def test_a_card_number_is_refused(sqlite_api: Api, field: str) -> None:
    """A number of a card anywhere in the body is refused, and not repeated."""
    _, secret = await sqlite_api.key("auditors", "audit")
    body = {"error": {"code": "x"}} | {field: {"code": "x", "deep": [{"message": NUMBER}]}}
    answer = await sqlite_api.post(PATH, body, secret=secret, idempotency_key=None)

    assert (answer.status_code, answer.json()["code"]) == (422, "card_number_refused")
    assert NUMBER not in answer.text
