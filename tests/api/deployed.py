"""A running deployment for Schemathesis to send to, and the description it makes requests up from.

Holds what every such test has in common: what is stored, which checks look, and the fresh
Idempotency-Keys without which most requests would be refused as another's repetition.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import schemathesis
import uvicorn
from schemathesis.core.parameters import ParameterLocation

from api.app import create_app
from orchestrator.keys import create_key
from orchestrator.outgoing.feed import Dispatcher
from orchestrator.reconcile import Difference, DifferenceKind
from orchestrator.reconcile.record import record_differences
from orchestrator.requests import utc_now
from orchestrator.store.anomalies import ListAnomalies
from orchestrator.store.keys import insert_key
from tests.api.conftest import Api, open_api
from tests.world import World, open_world

# Test cards: what Stripe knows decides how far a confirm gets.
CARDS = (
    "pm_card_visa",
    "pm_card_chargeDeclinedExpiredCard",
    "pm_card_visa_chargeDeclinedLostCard",
    "pm_card_authenticationRequired",
    "pm_card_radarBlock",
    "pm_nobody",
)
PAYMENTS = 5 * len(CARDS)
# Payments that nothing else is done to: paid, to be given back, and held, to be captured.
PAID = HELD = 6
# Anomalies that are only looked at, and as many to be given away, and to be resolved.
ANOMALIES = 6
# As many events as are named in paths.
EVENTS = 4

CHECKS = {
    # Ours, below, says which requests that fit may be refused, and why.
    "positive_data_acceptance": {"enabled": False},
    # A card that was detached can still be read, as at Stripe.
    "use_after_free": {"enabled": False},
}

# Why a request that fits its schemas may be refused all the same: what no schema can say.
REASONS = {
    "idempotency_key_reused",
    # Stripe knows no such card or customer, or takes neither from this one.
    "card_unknown",
    "stripe_refused",
    # Digits that were made up may happen to be a card's.
    "card_number_refused",
}
# Likewise, of single fields: the least amount depends on the currency, of two cursors only one may
# be given and it has to be a payment's, http is for this machine alone, and a year may be over.
# What looks like an address need be none that events are sent to.
FIELDS = {"amount", "starting_after", "ending_before", "return_url", "exp_year", "url"}
# Not every handler may be a code's, nor every delay stand beside it.
FIELDS |= {"handler", "auto_retry"}
# A 10.0 is an integer to JSON Schema, and none to us.
POINT = "must be a whole number, written without a point or quotes."


@schemathesis.check
def fits_and_is_taken(_ctx: Any, response: Any, case: Any) -> None:
    """Fail where a request that fits is refused for something that the description should say."""
    fits = case.meta is not None and case.meta.generation.mode.is_positive
    if not fits or response.status_code not in {400, 401, 403, 413, 415, 422}:
        return
    told = response.json()
    if told["code"] in REASONS:
        return
    excused = told["param"] in FIELDS or told["detail"].endswith(POINT)
    if told["code"] == "validation_error" and excused:
        return
    raise AssertionError(f"it fits, and is refused: {told['detail']}")


_used: set[str] = set()
_numbers = itertools.count(1)


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Use no Idempotency-Key twice, except where it is the key that is wrong."""
    key = (case.headers or {}).get("Idempotency-Key")
    if not key or (case.meta and case.meta.is_negative_at(ParameterLocation.HEADER)):
        return
    if key in _used:
        case.headers["Idempotency-Key"] = f"{key[:200]}.{next(_numbers)}"
    _used.add(key)


# Of a code that has no rule it makes one, so no other code than those there are is wrong.
MAKES_WHAT_IT_NAMES = "changeDeclineRule"


@dataclass
class Deployment:
    """A running API, its document, and what is stored in it."""

    url: str = ""
    secret: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    there: dict[str, list[str]] = field(default_factory=dict)
    # Of an operation that is carried out for some payments alone, which these are.
    fit: dict[str, list[str]] = field(default_factory=dict)
    # The same of things that are no payments, with the parameter that names them.
    fit_ids: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    strategies: dict[Any, dict[str, Any]] = field(default_factory=dict)

    def schema(
        self, document: dict[str, Any], *, with_keys_made_up: bool = True, **config: Any
    ) -> Any:
        """Return what makes requests up from a document and sends them here, with a key of admin.

        ``with_keys_made_up`` tries API keys that are none besides; a body is then seldom reached.
        """
        given = {
            "base-url": self.url,
            "auth": {"openapi": {"key": {"bearer": self.secret}}},
            "checks": CHECKS,
            "seed": 1,
            "continue-on-failure": True,
            "generation": {"with-security-parameters": with_keys_made_up},
        }
        return schemathesis.openapi.from_dict(
            document, config=schemathesis.Config.from_dict(given | config)
        )

    def with_ids(self) -> dict[str, Any]:
        """Return the document with ids of things that are there for those in paths."""
        document = copy.deepcopy(self.document)
        for name, values in self.there.items():
            parameter = document["components"]["parameters"][name]
            parameter["schema"] = {"type": "string", "enum": values}
            parameter["example"] = values[0]
        for item in document["paths"].values():
            for operation in item.values():
                fit = {name: ("payment_id", ids) for name, ids in self.fit.items()} | self.fit_ids
                if operation["operationId"] in fit:
                    _name(document, operation, *fit[operation["operationId"]])
                if operation["operationId"] == MAKES_WHAT_IT_NAMES:
                    named = copy.deepcopy(self.document["components"]["parameters"]["code"])
                    _put(operation, "code", named)
        return document


def _name(document: dict[str, Any], operation: dict[str, Any], name: str, ids: list[str]) -> None:
    """Let an operation be asked for of these things, and of no others."""
    named = copy.deepcopy(document["components"]["parameters"][name])
    named |= {"schema": {"type": "string", "enum": ids}, "example": ids[0]}
    _put(operation, name, named)


def _put(operation: dict[str, Any], name: str, named: dict[str, Any]) -> None:
    at = operation["parameters"].index({"$ref": f"#/components/parameters/{name}"})
    operation["parameters"][at] = named


def with_bodies(document: dict[str, Any], customers: list[str]) -> dict[str, Any]:
    """Return a document whose bodies name things that Stripe knows, and enough money."""
    document = copy.deepcopy(document)
    bodies = document["components"]["schemas"]
    for body in ("confirm_payment", "attach_card"):
        bodies[body]["properties"]["payment_method"] |= {"pattern": f"^({'|'.join(CARDS)})$"}
    bodies["create_payment"]["properties"]["customer"] = {"enum": [*customers, None]}
    bodies["create_webhook_endpoint"]["properties"]["url"] = {
        "type": "string",
        "pattern": "^https://[a-z]{1,20}\\.example/[a-z]{0,20}$",
    }
    # Of nobody's endpoint nothing is sent.
    bodies["replay_event"]["properties"]["webhook_endpoint"] = {"type": "null"}
    # No more than is held or was paid.
    for body, name in (("capture_payment", "amount_to_capture"), ("create_refund", "amount")):
        bodies[body]["properties"][name] |= {"minimum": 1, "maximum": 1000}
    # The version that is there, as it stands.
    bodies["decide_rule"]["properties"]["version"] = {"enum": [1]}
    bodies["decide_rule"]["properties"]["decision"] = {"enum": ["approved"]}
    # Enough in every currency, and no part of a step of any.
    amount = bodies["create_payment"]["properties"]["amount"]
    amount |= {"minimum": 1_000_000, "maximum": 99_999_000, "multipleOf": 1000}
    return document


@contextmanager
def running(database_url: str, stand_in_url: str) -> Iterator[Deployment]:
    """Serve the API on loopback from a thread that has the deployment's loop."""
    deployment, started = Deployment(), threading.Event()
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        async with open_world(database_url, stand_in_url) as world:
            row, deployment.secret = create_key("shop", "admin", None, utc_now())
            await world.runtime.database.write(insert_key, row)
            async with open_api(world) as api:
                deployment.there = await _store_something(api)
                deployment.there["code"] = await _change_a_rule(api, deployment.secret)
                deployment.fit = await _store_what_is_paid(api)
                deployment.there |= await _store_what_is_told(api, deployment.secret)
                deployment.there["anomaly_id"] = await _find(world)
                for operation in ("assignAnomaly", "resolveAnomaly"):
                    deployment.fit_ids[operation] = ("anomaly_id", await _find(world))
                doomed = await _register(api, deployment.secret)
                deployment.fit_ids["deleteWebhookEndpoint"] = ("webhook_endpoint_id", [doomed])
                deployment.there["refund_id"] = await _give_back(
                    api, deployment.fit["createRefund"][0]
                )
            app = create_app(world.runtime)
            deployment.document = app.openapi()
            # asyncio sends small answers at once only where the protocol is named: 4 ms, not 42.
            with socket.socket(proto=socket.IPPROTO_TCP) as listener:
                listener.bind(("127.0.0.1", 0))
                deployment.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
                config = uvicorn.Config(app, http="httptools", log_level="critical", lifespan="off")
                servers.append(uvicorn.Server(config))
                listener.listen(128)
                started.set()
                await servers[0].serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(30), "the deployment did not start"
    yield deployment
    servers[0].should_exit = True
    thread.join(30)


async def _store_something(api: Api) -> dict[str, list[str]]:
    """Store payments in every state, and a customer with cards; return their ids."""
    customer = (await api.post("/v1/customers", {})).json()["id"]
    path = f"/v1/customers/{customer}/cards"
    cards = [
        (await api.post(path, {"payment_method": card})).json()["id"] for card in CARDS[:1] * 3
    ]
    payments = [await api.create(customer=customer) for _ in range(PAYMENTS)]
    for payment, card in zip(payments, CARDS, strict=False):
        await api.confirm(payment, card)
    return {
        "payment_id": [payment["id"] for payment in payments],
        "customer_id": [customer],
        "card_id": cards,
    }


async def _change_a_rule(api: Api, secret: str) -> list[str]:
    """Store a version of a rule; return its code."""
    body = {"handler": "ask_for_new_card", "reason": "as it was"}
    path = "/v1/decline-rules/do_not_honor"
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await api.client.put(path, json=body, headers=headers)).status_code == 200
    return ["do_not_honor"]


async def _store_what_is_paid(api: Api) -> dict[str, list[str]]:
    """Store payments that can be given back, and some that can be captured."""
    paid = [await api.create() for _ in range(PAID)]
    held = [await api.create(capture_method="manual") for _ in range(HELD)]
    for payment in (*paid, *held):
        await api.confirm(payment, "pm_card_visa")
    return {
        "createRefund": [payment["id"] for payment in paid],
        "capturePayment": [payment["id"] for payment in held],
    }


async def _register(api: Api, admin: str) -> str:
    """Register a webhook endpoint; return its id."""
    body = {"url": "https://shop.example.com/hooks"}
    return str((await api.post("/v1/webhook-endpoints", body, secret=admin)).json()["id"])


async def _store_what_is_told(api: Api, admin: str) -> dict[str, list[str]]:
    """Register endpoints, and tell what has happened so far; return the ids of some of it."""
    endpoints = [await _register(api, admin) for _ in range(2)]
    await Dispatcher(api.world.runtime.database).run_once("schemathesis")
    told = (await api.get(f"/v1/events?limit={EVENTS}")).json()["data"]
    return {"webhook_endpoint_id": endpoints, "event_id": [event["id"] for event in told]}


async def _find(world: World) -> list[str]:
    """Find intents of nobody's; return the ids of the anomalies."""
    found = [
        Difference(DifferenceKind.unknown_intent, None, f"pi_{uuid4().hex}")
        for _ in range(ANOMALIES)
    ]
    await record_differences(world.runtime.database, found, world.clock)
    page = await world.runtime.anomalies.list(ListAnomalies(limit=ANOMALIES))
    return [anomaly.id for anomaly in page.anomalies]


async def _give_back(api: Api, payment: str) -> list[str]:
    """Give a part of a payment back; return the refund's id."""
    refund = await api.post(f"/v1/payments/{payment}/refunds", {"amount": 100})
    return [refund.json()["id"]]
