"""A customer's cards in a test's hands: saved, tried, renewed, taken away, in and out of use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
from sqlalchemy import Connection, select

from orchestrator.store.schema import card_disablements
from tests.api.conftest import Api

Document = dict[str, Any]
EXPIRED = "pm_sim_expired_card"
STOLEN = "pm_sim_stolen_card"
REVOKED = "pm_sim_revocation_of_authorization"


@dataclass
class Wallet:
    """A customer with cards, and the keys that may look at them."""

    api: Api
    customer: str
    admin: str

    async def attach(self, card: str, **more: Any) -> httpx2.Response:
        """Attach a card."""
        path = f"/v1/customers/{self.customer}/cards"
        return await self.api.post(path, {"payment_method": card}, **more)

    async def keep(self, card: str) -> str:
        """Attach a card and return its new id."""
        answer = await self.attach(card)
        assert answer.status_code == 201, answer.text
        id: str = answer.json()["id"]
        return id

    async def listed(self, query: str = "") -> list[Document]:
        """List the cards."""
        answer = await self.api.get(f"/v1/customers/{self.customer}/cards{query}")
        assert answer.status_code == 200, answer.text
        cards: list[Document] = answer.json()["data"]
        return cards

    async def ids(self, query: str = "") -> list[str]:
        """List the ids of the cards."""
        return [card["id"] for card in await self.listed(query)]

    async def card(self, id: str) -> Document:
        """Read a card."""
        card: Document = (await self.api.get(f"/v1/cards/{id}")).json()
        return card

    async def pay(self, card: str) -> Document:
        """Try a card on a new payment of the customer."""
        payment = await self.api.create(customer=self.customer)
        paid: Document = (await self.api.confirm(payment, card)).json()
        return paid

    async def by_hand(self, verb: str, card: str, reason: str, **more: Any) -> httpx2.Response:
        """Disable or enable a card."""
        path = f"/v1/cards/{card}/{verb}"
        return await self.api.post(path, {"reason": reason}, **{"secret": self.admin} | more)

    async def update(self, card: str, **fields: Any) -> httpx2.Response:
        """Update a card."""
        return await self.api.post(f"/v1/cards/{card}", fields)

    async def detach(self, card: str) -> httpx2.Response:
        """Detach a card."""
        headers = {"Authorization": f"Bearer {self.api.secret}"}
        return await self.api.client.delete(f"/v1/cards/{card}", headers=headers)

    async def record(self) -> list[Document]:
        """Read all that is on record of disabled cards, oldest first."""
        return await self.api.world.runtime.database.read(_disablements)


def _disablements(connection: Connection) -> list[Document]:
    query = select(card_disablements).order_by(card_disablements.c.disabled_at)
    return [dict(row) for row in connection.execute(query).mappings()]


def told(answer: httpx2.Response) -> tuple[int, str]:
    """Return a refusal's status and code."""
    return answer.status_code, answer.json()["code"]


async def elsewhere(wallet: Wallet, card: str) -> tuple[str, str]:
    """Make a customer at Stripe itself, with a card; return both ids."""
    http, url = wallet.api.world.http, wallet.api.world.url
    async with http.post(f"{url}/v1/customers") as answer:
        customer: str = (await answer.json())["id"]
    path = f"{url}/v1/payment_methods/{card}/attach"
    async with http.post(path, data={"customer": customer}) as answer:
        kept: str = (await answer.json())["id"]
    return customer, kept
