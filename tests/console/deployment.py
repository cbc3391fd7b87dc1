"""A deployment whose console a real browser opens, with payments of every kind in it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from api.app import create_app
from orchestrator.keys import create_key
from orchestrator.seals.sealing import make_seal
from orchestrator.settings import Settings
from orchestrator.store import migrate
from orchestrator.store.connections import open_database
from orchestrator.store.keys import insert_key
from tests.examples.conftest import serving
from tests.world import stand_in

NO_FUNDS = "pm_card_visa_chargeDeclinedInsufficientFunds"
EXPIRED = "pm_card_chargeDeclinedExpiredCard"
CHALLENGED = "pm_card_threeDSecure2Required"
LONG = "a very long name that nobody would give a thing, and that still has to fit"


@dataclass
class Deployment:
    """Where it is, an auditor's key, and its payments by what they are."""

    url: str
    file: Path
    auditor: str = ""
    payments: dict[str, str] = field(default_factory=dict)


@contextmanager
def deployed(folder: Path) -> Iterator[Deployment]:
    """Run stand-in and API, and let payments happen."""
    file = folder / "console.db"
    url = f"sqlite:///{file}"
    migrate.upgrade(url)
    with stand_in() as stripe:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it unannounced
            database_url=url,
            stripe_api_key=SecretStr(f"sk_test_{uuid4().hex}"),
            stripe_api_base=stripe,
            rules_need_approval=True,
        )
        with serving(create_app(settings=settings)) as address:
            opened = Deployment(address, file)
            asyncio.run(_fill(opened, url))
            yield opened


async def _fill(opened: Deployment, url: str) -> None:
    secrets = {}
    database = open_database(url)
    try:
        for name, scope in (("shop", "payments"), ("A. Auditor", "audit")):
            row, secrets[scope] = create_key(name, scope, None, datetime.now(UTC))
            await database.write(insert_key, row)
        opened.auditor = secrets["audit"]
        async with httpx2.AsyncClient(base_url=opened.url, trust_env=False) as http:
            await _Shop(http, secrets["payments"], opened.payments).trade()
        await make_seal(database, Ed25519PrivateKey.generate(), "test")
    finally:
        await database.close()
    _tamper(opened)


@dataclass
class _Shop:
    http: httpx2.AsyncClient
    secret: str
    payments: dict[str, str]

    async def trade(self) -> None:
        """Let payments of every kind happen."""
        for number in range(28):
            await self.create(transaction_id=f"order-{number}")
        paid = await self.create(
            transaction_id="order-1001",
            item_ids=["sku_kettle", "sku_filter"],
            description="Two things for the kitchen",
            metadata={"channel": "shop", "note": LONG},
            amount=129_900,
        )
        for card in (NO_FUNDS, EXPIRED, CHALLENGED, "pm_card_visa"):
            await self.post(f"{paid}/confirm", payment_method=card)
        await self.post(f"{paid}/refunds", amount=4900, reason="requested_by_customer")
        failed = await self.create(transaction_id="order-1002")
        await self.post(f"{failed}/confirm", payment_method=NO_FUNDS)
        await self.post(f"{failed}/cancel", reason="abandoned")
        challenged = await self.create(transaction_id=f"order-1003 {LONG}")
        await self.post(f"{challenged}/confirm", payment_method=CHALLENGED)
        forged = await self.create(transaction_id="order-1004")
        await self.post(f"{forged}/confirm", payment_method="pm_card_visa")
        self.payments |= {
            "paid": paid, "failed": failed, "challenged": challenged, "forged": forged
        }  # fmt: skip

    async def create(self, amount: int = 4200, **fields: Any) -> str:
        """Create a payment, and return its id."""
        created = await self.post("", amount=amount, currency="usd", **fields)
        id: str = created["id"]
        return id

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Send a request to the API."""
        headers = {"Authorization": f"Bearer {self.secret}", "Idempotency-Key": uuid4().hex}
        address = f"/v1/payments/{path}".rstrip("/")
        answer = await self.http.post(address, json=body, headers=headers)
        assert answer.status_code in (200, 201, 202), answer.text
        document: dict[str, Any] = answer.json()
        return document


def _tamper(opened: Deployment) -> None:
    """Change one payment as somebody does who may do anything with the database."""
    forged = opened.payments["forged"]
    with closing(sqlite3.connect(opened.file)) as connection, connection:
        for name in ("payment_transitions_no_update", "payment_transitions_append_only"):
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        connection.execute(
            "UPDATE payment_transitions SET actor_id = 'somebody else' "
            "WHERE payment_id = ? AND sequence = 2",
            (forged,),
        )
        connection.execute(
            "INSERT INTO anomalies (id, payment_id, kind, noted_at, detail) VALUES (?, ?, ?, ?, ?)",
            ("ano_1", forged, "late_success", "2026-03-01T12:00:00.000000Z", "pi_1 came late"),
        )
