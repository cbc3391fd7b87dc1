"""The hand-written floor: what two handlers cost when nothing is promised.

FastAPI over raw asyncpg, and the Stripe SDK on aiohttp: three commits and two Stripe calls a
payment, each commit a single statement. No authentication, no idempotency, no history, and a crash
between two lines loses track.
"""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import stripe
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

# The raw driver's address of the database, and the address Stripe is found at.
DATABASE_VARIABLE = "FLOOR_DATABASE"
STRIPE_VARIABLE = "FLOOR_STRIPE"

TABLE = """
create table payments (
    id text primary key,
    amount bigint not null,
    currency text not null,
    item_ids text[] not null,
    transaction_id text,
    payment_intent text not null unique,
    payment_method text,
    state text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
)
"""
_INSERT = """
insert into payments (id, amount, currency, item_ids, transaction_id, payment_intent, state)
values ($1, $2, $3, $4, $5, $6, 'created')
"""
_CONFIRMING = """
update payments set state = 'confirming', payment_method = $2, updated_at = now()
where id = $1 and state <> 'succeeded' returning *
"""
_SETTLED = "update payments set state = $2, updated_at = now() where id = $1"


class NewPayment(BaseModel):
    """A payment to be made."""

    amount: int
    currency: str
    item_ids: list[str] = []
    transaction_id: str | None = None


class Card(BaseModel):
    """A card to try."""

    payment_method: str


@asynccontextmanager
async def _connected(app: FastAPI) -> AsyncIterator[None]:
    transport = stripe.AIOHTTPClient()
    app.state.stripe = stripe.StripeClient(
        "sk_test_floor",
        base_addresses={"api": os.environ[STRIPE_VARIABLE]},
        http_client=transport,
    )
    async with asyncpg.create_pool(os.environ[DATABASE_VARIABLE], max_size=20) as pool:
        app.state.pool = pool
        yield
    await transport.close_async()  # type: ignore[no-untyped-call]  # the SDK's


def create_app() -> FastAPI:
    """Build the application."""
    app = FastAPI(lifespan=_connected)

    @app.post("/v1/payments", status_code=201)
    async def create(request: NewPayment) -> dict[str, Any]:
        id = f"pay_{uuid.uuid4().hex}"
        intent = await app.state.stripe.v1.payment_intents.create_async(
            {
                "amount": request.amount,
                "currency": request.currency,
                "payment_method_types": ["card"],
                "metadata": {
                    "payment_id": id,
                    "transaction_id": request.transaction_id or "",
                    "item_ids": ",".join(request.item_ids),
                },
            }
        )
        async with app.state.pool.acquire() as connection:
            await connection.execute(
                _INSERT,
                id,
                request.amount,
                request.currency,
                request.item_ids,
                request.transaction_id,
                intent.id,
            )
        return {
            "id": id,
            "object": "payment",
            "state": "created",
            "amount": request.amount,
            "currency": request.currency,
            "payment_intent": intent.id,
            "client_secret": intent.client_secret,
        }

    @app.post("/v1/payments/{id}/confirm")
    async def confirm(id: str, card: Card) -> dict[str, Any]:
        async with app.state.pool.acquire() as connection:
            payment = await connection.fetchrow(_CONFIRMING, id, card.payment_method)
        if payment is None:
            raise HTTPException(404)
        intent = await app.state.stripe.v1.payment_intents.confirm_async(
            payment["payment_intent"], {"payment_method": card.payment_method}
        )
        async with app.state.pool.acquire() as connection:
            await connection.execute(_SETTLED, id, intent.status)
        return {
            "id": id,
            "object": "payment",
            "state": intent.status,
            "amount": payment["amount"],
            "currency": payment["currency"],
            "payment_intent": intent.id,
        }

    return app
