"""The inbox: an event is stored once, by its id, before Stripe is told that it was taken."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import structlog
from sqlalchemy.exc import IntegrityError

from orchestrator.driver import Driver
from orchestrator.store.inbox import insert_event, is_stored
from orchestrator.webhooks.event import StripeEvent

log = structlog.get_logger("orchestrator.webhooks")

Origin = Literal["webhook", "catch_up"]


class EventRefused(Exception):
    """An event of another mode, or of another account; the sentence says what to check."""


class Received(StrEnum):
    """What became of an event that was received."""

    stored = "stored"
    repeat = "repeat"  # it was stored already
    ignored = "ignored"  # of a type that we do not act on


@dataclass(slots=True)
class Inbox:
    """Takes events in."""

    driver: Driver
    live: bool

    async def receive(self, event: StripeEvent, body: bytes, origin: Origin) -> Received:
        """Store an event, unless it is stored already or is none that we act on.

        Raises:
            EventRefused: it is of the other mode, or of an account that is not the key's.
        """
        self._refuse_others(event)
        if not event.handled:
            return Received.ignored
        row = self._row(event, hashlib.sha256(body).hexdigest(), origin)
        try:
            stored = await self.driver.database.write(insert_event, row)
        except IntegrityError:
            # Its twin was first, or the database is not as it should be.
            if not await self.driver.database.read(is_stored, event.id):
                raise
            stored = False
        if not stored:
            return Received.repeat
        log.info("stripe_event_stored", stripe_event=event.id, type=event.type, origin=origin)
        return Received.stored

    def _refuse_others(self, event: StripeEvent) -> None:
        if event.livemode != self.live:
            raise EventRefused(
                f"The event is of {_mode(event.livemode)} mode and this deployment's key of "
                f"{_mode(self.live)} mode. Register the endpoint in the mode of the key."
            )
        if event.account is not None:
            raise EventRefused(
                "The event is a connected account's. Register the endpoint for events of your own "
                "account."
            )

    def _row(self, event: StripeEvent, digest: str, origin: Origin) -> dict[str, Any]:
        now = self.driver.clock()
        return {
            "id": event.id,
            "type": event.type,
            "object_id": event.object_id,
            "payment_intent": event.payment_intent,
            "payment_id": None,
            "livemode": event.livemode,
            "request_key": event.request_key,
            "created_at": event.created,
            "received_at": now,
            "origin": origin,
            "digest": digest,
            "projection": event.projection,
            "state": "pending",
            "tries": 0,
            "due_at": now,
            "lease_until": None,
            "lease_owner": None,
            "settled_at": None,
        }


def _mode(live: bool) -> str:
    return "live" if live else "test"
