"""Starts an orchestrator over the stand-in in this process, and says how its payments went.

Everything is gone when the block ends: servers, database, keys. Takes no setting from the
environment, so that a test does the same on every machine.
"""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Any, Final

import structlog
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from orchestrator.client import Client, Payment, Transition
from orchestrator.keys import create_key
from orchestrator.settings import Settings
from orchestrator.testing.stand_in import StandIn

STRIPE_KEY: Final = "sk_test_kit"
WEBHOOK_SECRET: Final = "whsec_kit"  # noqa: S105, RUF100  it guards nothing
# Tests decline the same few cards over and over: no card is refused for that.
DEFAULTS: Final = {"declines_per_day": 0, "declines_per_30_days": 0}
LOOK_SECONDS: Final = 0.05


class OtherPath(AssertionError):
    """A payment took another path than was expected; the message shows both."""


@dataclass(frozen=True)
class Deployment:
    """A running orchestrator, as one owner sees it."""

    url: str
    key: str
    client: Client
    stand_in: StandIn
    database_url: str

    def path(self, payment: Payment | str) -> list[str]:
        """Return the events of a payment's history, ``create`` first."""
        return [row.event for row in self._history(payment)]

    def assert_path(self, payment: Payment | str, *events: str) -> None:
        """Assert that a payment went exactly this way; ``create`` may be left out.

        Raises:
            OtherPath: with both ways, and what stands in the history.
        """
        expected = [str(event) for event in events]
        if expected[:1] != ["create"]:
            expected.insert(0, "create")
        history = self._history(payment)
        went = [row.event for row in history]
        if went != expected:
            raise OtherPath(
                f"{_id(payment)} went another way.\n"
                f"  expected: {' '.join(expected)}\n"
                f"  went:     {' '.join(went)}\n" + "\n".join(map(_line, history))
            )

    def wait_until(
        self, payment: Payment | str, holds: Callable[[Payment], bool], seconds: float = 10.0
    ) -> Payment:
        """Read a payment until ``holds`` says yes of it, and return it.

        Raises:
            TimeoutError: it did not within these seconds; the message tells its state.
        """
        give_up_at = time.monotonic() + seconds
        while not holds(found := self.client.payments.get(_id(payment))):
            if time.monotonic() >= give_up_at:
                raise TimeoutError(f"{found.id} is still {found.state} after {seconds:g} seconds.")
            time.sleep(LOOK_SECONDS)
        return found

    def wait_until_handled(self, payment: Payment | str, seconds: float = 10.0) -> Payment:
        """Read a payment until it is over, by a webhook or a worker, and return it.

        Raises:
            TimeoutError: it was not over within these seconds.
        """
        return self.wait_until(payment, lambda found: found.handled, seconds)

    def new_key(self, name: str | None = None, scope: str = "payments") -> str:
        """Make an API key; keys of one name see the same payments."""
        return _new_key(self.database_url, name or f"owner-{secrets.token_hex(6)}", scope)

    @contextmanager
    def as_owner(self, name: str | None = None) -> "Iterator[Deployment]":
        """Give the same deployment as another owner sees it, a new one unless named."""
        key = self.new_key(name)
        with Client(self.url, key) as client:
            yield Deployment(self.url, key, client, self.stand_in, self.database_url)

    def _history(self, payment: Payment | str) -> list[Transition]:
        return list(self.client.payments.history(_id(payment)).data)


def _id(payment: Payment | str) -> str:
    return payment if isinstance(payment, str) else payment.id


def _line(row: Transition) -> str:
    why = ", ".join(str(word) for word in (row.code, row.reason, row.handler) if word is not None)
    return f"  {row.sequence}. {row.event} -> {row.target}" + (f" ({why})" if why else "")


# ── starting one ─────────────────────────────────────────────────────────────────────────────


class _GivenSettings(Settings):
    """Settings that nothing but the test decides."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


@contextmanager
def start(**settings: Any) -> Iterator[Deployment]:
    """Run API, worker and stand-in beside the block, over a database of their own.

    Settings are those of docs/operating.md in lower case: ``start(max_attempts=2)``.

    Raises:
        CommandFailed: a part did not start.
        ValueError: a setting is not one, or not in its bounds.
    """
    # Loaded here: whoever only compares tables needs no server.
    from orchestrator.cli.beside import api_beside, stand_in_beside
    from orchestrator.store.migrate import upgrade

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="orchestrator-"))
        database_url = f"sqlite:///{FilePath(folder, 'orchestrator.db')}"
        stack.enter_context(_logging_the_usual_way())
        stand_in = StandIn(stack.enter_context(stand_in_beside()), STRIPE_KEY)
        stack.callback(stand_in.close)
        given = _settings(stand_in.url, database_url, settings)
        upgrade(database_url)
        url = stack.enter_context(api_beside(given))
        endpoint = {"url": f"{url}/v1/webhooks/stripe", "secret": WEBHOOK_SECRET}
        stand_in.call("POST", "/webhook_endpoints", endpoint)
        key = _new_key(database_url, "testing", "payments")
        client = stack.enter_context(Client(url, key))
        yield Deployment(url, key, client, stand_in, database_url)


def _settings(stand_in_url: str, database_url: str, given: dict[str, Any]) -> Settings:
    unknown = sorted(given.keys() - Settings.model_fields.keys())
    if unknown:
        raise ValueError(f"There are no settings {', '.join(unknown)}.")
    return _GivenSettings(
        **{
            **DEFAULTS,
            **given,
            "database_url": database_url,
            "stripe_api_base": stand_in_url,
            "stripe_api_key": STRIPE_KEY,
            "stripe_webhook_secrets": WEBHOOK_SECRET,
        }
    )


def _new_key(database_url: str, name: str, scope: str) -> str:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from orchestrator.store.connections import sqlite_url
    from orchestrator.store.keys import insert_key

    row, secret = create_key(name, scope, None, datetime.now(UTC))
    engine = create_engine(sqlite_url(database_url), poolclass=NullPool)
    with engine.begin() as connection:
        insert_key(connection, row)
    return secret


@contextmanager
def _logging_the_usual_way() -> Iterator[None]:
    """Let the log go through ``logging``, where pytest shows it, unless the program decided."""
    if structlog.is_configured():
        yield
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    try:
        yield
    finally:
        structlog.reset_defaults()
