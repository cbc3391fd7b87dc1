"""The demonstration's clients: a shop that pays through the API, and a hand on the stand-in.

Neither knows anything of the orchestrator but its URL.
"""

import asyncio
import itertools
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from orchestrator.demo.processes import STRIPE_KEY, WEBHOOK_SECRET, Deployment

Json = dict[str, Any]
POLL_SECONDS: Final = 0.1
# Recovery of a killed process takes the Stripe timeout and a little; a slow machine takes more.
PATIENCE_SECONDS: Final = 45.0


class Disagreement(Exception):
    """Something did not go as the demonstration says it must."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the API."""

    status: int
    body: Json
    replayed: bool


class Shop:
    """A merchant's backend: creates payments, tries cards, and waits for what becomes of them."""

    def __init__(self, session: aiohttp.ClientSession, deployment: Deployment) -> None:
        self._session = session
        self._deployment = deployment
        self._numbers = itertools.count(1)

    async def create(self, *, key: str | None = None, **fields: Any) -> Json:
        """Create a payment; without fields, of 20.00 USD."""
        body = {"amount": 2000, "currency": "usd", **fields}
        answer = await self.post("/v1/payments", body, key=key)
        expect(answer.status == 201, f"create answered {answer.status}: {answer.body}")
        return answer.body

    async def confirm(
        self, payment: Json, card: str, *, key: str | None = None, **fields: Any
    ) -> Answer:
        """Try a card."""
        body = {"payment_method": card, **fields}
        return await self.post(self._path(payment, "confirm"), body, key=key)

    async def pay(self, payment: Json, card: str) -> Json:
        """Try a card and wait until it is known what came of it."""
        answer = await self.confirm(payment, card)
        expect(answer.status in {200, 202}, f"confirm answered {answer.status}: {answer.body}")
        return await self.settled(answer.body)

    async def create_customer(self) -> Json:
        """Create a customer."""
        answer = await self.post("/v1/customers", {"name": "Ada"})
        expect(answer.status == 201, f"the customer's create answered {answer.status}")
        return answer.body

    async def save_card(self, customer: Json, card: str) -> str:
        """Give a card to a customer and return the id it has from then on."""
        path = f"/v1/customers/{customer['id']}/cards"
        answer = await self.post(path, {"payment_method": card})
        expect(answer.status == 201, f"attaching answered {answer.status}: {answer.body}")
        id: str = answer.body["id"]
        return id

    async def cards(self, customer: Json) -> list[str]:
        """Fetch the ids of the cards that a customer may be offered, newest first."""
        listed = await self.get(f"/v1/customers/{customer['id']}/cards")
        return [card["id"] for card in listed["data"]]

    async def cancel(self, payment: Json) -> Json:
        """Cancel a payment and wait until it has ended."""
        answer = await self.post(self._path(payment, "cancel"), {"reason": "abandoned"})
        expect(answer.status in {200, 202}, f"cancel answered {answer.status}: {answer.body}")
        return await self.settled(answer.body)

    async def refresh(self, payment: Json) -> Json:
        """Have the orchestrator ask Stripe."""
        answer = await self.post(self._path(payment, "refresh"), {})
        expect(answer.status == 200, f"refresh answered {answer.status}: {answer.body}")
        return await self.settled(answer.body)

    async def settled(self, payment: Json) -> Json:
        """Poll a payment until nothing is outstanding but, perhaps, the customer.

        Raises:
            TimeoutError: it does not settle.
        """
        async with asyncio.timeout(PATIENCE_SECONDS):
            while payment["state"] == "confirming" and not payment["next_action"]:
                await asyncio.sleep(POLL_SECONDS)
                payment = await self.get(f"/v1/payments/{payment['id']}")
        return payment

    async def ended(self, payment: Json) -> Json:
        """Poll a payment until it is handled.

        Raises:
            TimeoutError: it does not end.
        """
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not payment["handled"]:
                await asyncio.sleep(POLL_SECONDS)
                payment = await self.get(f"/v1/payments/{payment['id']}")
        return payment

    async def history(self, payment_id: str) -> list[Json]:
        """Read a payment's transitions, oldest first."""
        listed: list[Json] = (await self.get(f"/v1/payments/{payment_id}/history"))["data"]
        return listed

    async def register(self, url: str) -> str:
        """Have every event sent to an address, as an administrator; return its secret."""
        headers = {"Authorization": f"Bearer {self._deployment.admin_key}"}
        body = {"url": url, "description": "the demonstration's receiver"}
        where = self._deployment.api + "/v1/webhook-endpoints"
        async with self._session.post(where, json=body, headers=headers) as answer:
            made: Json = await answer.json()
            expect(answer.status == 201, f"registering answered {answer.status}: {made}")
            secret: str = made["secret"]
            return secret

    async def get(self, path: str) -> Json:
        """Read something."""
        async with self._session.get(self._deployment.api + path, headers=self._headers()) as got:
            body: Json = await got.json()
            expect(got.status == 200, f"GET {path} answered {got.status}: {body}")
            return body

    async def post(self, path: str, body: Json, *, key: str | None = None) -> Answer:
        """Send something, under a fresh Idempotency-Key unless one is given."""
        key = key or self.new_key()
        headers = self._headers() | {"Idempotency-Key": key}
        url = self._deployment.api + path
        async with self._session.post(url, json=body, headers=headers) as sent:
            replayed = sent.headers.get("Idempotent-Replayed") == "true"
            return Answer(sent.status, await sent.json(content_type=None), replayed)

    def new_key(self) -> str:
        """Invent an Idempotency-Key."""
        return f"demo-{next(self._numbers)}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._deployment.api_key}"}

    def _path(self, payment: Json, action: str) -> str:
        return f"/v1/payments/{payment['id']}/{action}"


class StandIn:
    """A hand on the stand-in: breaks things, plays the customer, and reads the ledger."""

    def __init__(self, session: aiohttp.ClientSession, deployment: Deployment) -> None:
        self._session = session
        self._base = deployment.stand_in
        self._headers = {"Authorization": f"Bearer {STRIPE_KEY}"}

    async def break_confirm(self, payment: Json, kind: str, **details: Any) -> None:
        """Let the payment's next confirmation at Stripe go wrong."""
        match = {"id": payment["payment_intent"]}
        rule = {"operation": "payment_intents.confirm", "kind": kind, "match": match, **details}
        await self._post("/_sandbox/faults", {"rules": [rule]})

    async def authenticate(self, payment: Json, outcome: str) -> None:
        """Pass or fail 3-D Secure, as the customer."""
        await self._post(self._intent(payment, "authenticate"), {"outcome": outcome})

    async def pay_in_browser(self, payment: Json, card: str) -> None:
        """Confirm with the client secret, past the orchestrator, as a page of the shop does."""
        path = self._intent(payment, "confirm_in_browser")
        await self._post(path, {"payment_method": card})

    async def tell(self, api: str) -> None:
        """Register the API's address for webhooks, as an operator does at Stripe."""
        body = {"url": f"{api}/v1/webhooks/stripe", "secret": WEBHOOK_SECRET}
        await self._post("/_sandbox/webhook_endpoints", body)

    async def ledger(self) -> Json:
        """Read what was really charged."""
        async with self._session.get(
            self._base + "/_sandbox/ledger", headers=self._headers
        ) as answer:
            read: Json = await answer.json()
            return read

    async def charged(self, payment: Json) -> bool:
        """Tell whether money has moved for a payment."""
        charges = (await self.ledger())["charges"]
        return payment["payment_intent"] in {charge["payment_intent"] for charge in charges}

    async def _post(self, path: str, body: Json) -> None:
        async with self._session.post(
            self._base + path, json=body, headers=self._headers
        ) as answer:
            text = await answer.text()
            expect(answer.status == 200, f"the stand-in answered {answer.status}: {text}")

    def _intent(self, payment: Json, action: str) -> str:
        return f"/_sandbox/payment_intents/{payment['payment_intent']}/{action}"


def expect(holds: bool, sentence: str) -> None:
    """Insist on something.

    Raises:
        Disagreement: it does not hold.
    """
    if not holds:
        raise Disagreement(sentence)
