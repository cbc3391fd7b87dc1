"""``orchestrator run``: everything on this machine, ready to try, with a key and a line to send."""

import asyncio
import logging
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.addresses import LOOPBACK, is_free, listen
from orchestrator.cli.output import console

if TYPE_CHECKING:
    from orchestrator.settings import Settings

DEFAULT_PORT = 8000


def run(
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="The API's port; by default 8000, or a free one if that is taken.",
        ),
    ] = None,
) -> None:
    """Run API, worker and Stripe stand-in on loopback over a SQLite file, with a fresh API key."""
    from orchestrator.cli.logs import write_logs
    from orchestrator.cli.server import migrate_for_trying, serve_until_stopped, stand_in
    from orchestrator.settings import Settings

    write_logs(Settings(), logging.WARNING)
    chosen = port if port is not None else DEFAULT_PORT if is_free(LOOPBACK, DEFAULT_PORT) else 0
    with listen(LOOPBACK, chosen) as listener, stand_in(Settings(), listener) as settings:
        migrate_for_trying(settings)
        secret = asyncio.run(_fresh_key(settings))
        serve_until_stopped(
            listener,
            settings,
            worker=True,
            started=lambda url: _welcome(url, secret, settings),
        )
    typer.echo("Stopped.")


async def _fresh_key(settings: "Settings") -> str:
    from orchestrator.keys import create_key
    from orchestrator.store.connections import open_database
    from orchestrator.store.keys import insert_key

    row, secret = create_key("run", "admin", 1, datetime.now(UTC))
    database = open_database(settings.database_url, pool_size=2)
    try:
        await database.write(insert_key, row)
    finally:
        await database.close()
    return secret


def _welcome(url: str, secret: str, settings: "Settings") -> None:
    """Print what somebody needs who sees this for the first time."""
    database = settings.database_url.removeprefix("sqlite:///")
    order = secrets.token_hex(4)
    head = f"-H 'Authorization: Bearer {secret}' -H 'Content-Type: application/json'"
    lines = f"""
The payment orchestrator is running, over a stand-in for Stripe: no account, no real money.

  API        {url}   (its description: {url}/openapi.json)
  API key    {secret}
  stand-in   {settings.stripe_api_base}
  database   {database}

1. Create a payment. In another terminal:

curl -sS {url}/v1/payments {head} -H 'Idempotency-Key: order-{order}' \
-d '{{"amount": 1999, "currency": "usd", "item_ids": ["sku_1"]}}'

   It answers 201 with the payment: "state": "created", "attempts_left": {settings.max_attempts}, \
and an "id" that begins with pay_.
   Sent again it answers with the same payment: its Idempotency-Key makes it the same request.

2. Try a card on it. Put the payment's id in place of PAYMENT:

curl -sS {url}/v1/payments/PAYMENT/confirm {head} -H 'Idempotency-Key: card-{order}' \
-d '{{"payment_method": "pm_card_visa"}}'

   It answers 200: "state": "succeeded". Another card, another answer:
     pm_card_visa_chargeDeclinedInsufficientFunds   requires_new_card
     pm_card_visa_chargeDeclinedLostCard            card_disabled
     pm_card_radarBlock                             failed
     pm_card_authenticationRequired                 confirming, with 3-D Secure in next_action

3. See how it got there, from this folder:  {_program()} payments show PAYMENT
   and what else there is:                   {_program()} payments list

4. Save a card with a customer, and pay with that: POST {url}/v1/customers, then
   /v1/customers/CUSTOMER/cards with {{"payment_method": "pm_card_visa"}}. docs/integrating.md \
tells the rest, and `make shop` shows it on a page.

5. Look at it as an auditor: open {url}/console and sign in with the API key.
   The key is of scope admin and good for a day. docs/auditing.md tells the rest.

Stop with Ctrl-C. Run again and the payments are still there to read; the stand-in forgets its side.
Start over: stop, delete {database}, run again.
"""
    console().print(lines, markup=False, soft_wrap=True)


def _program() -> str:
    """Name this program as it can be called from the folder it was started in."""
    script = Path(sys.executable).with_name("orchestrator")
    if not script.exists():
        return f"{sys.executable} -m orchestrator"
    here = Path.cwd()
    return str(script.relative_to(here) if script.is_relative_to(here) else script)
