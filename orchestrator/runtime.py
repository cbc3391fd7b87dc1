"""Puts the parts together from the settings, and refuses a deployment that cannot be right."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from orchestrator import tracing
from orchestrator.anomalies import Anomalies
from orchestrator.captures import Captures
from orchestrator.card_caps import Caps
from orchestrator.customers import Cards, CardsByHand, Customers, Standings
from orchestrator.decline_rules import DeclineRules
from orchestrator.driver import Driver
from orchestrator.errors import Misconfigured
from orchestrator.gateway.stripe_gateway import StripeGateway
from orchestrator.handlers import ERROR_HANDLERS, RuleSet, load_rules
from orchestrator.live_rules import LiveRules
from orchestrator.outgoing.deliveries import Deliveries
from orchestrator.outgoing.endpoints import Endpoints
from orchestrator.outgoing.feed import Dispatcher, Feed
from orchestrator.outgoing.sending import Sender
from orchestrator.payments import Payments
from orchestrator.payments_by_hand import PaymentsByHand
from orchestrator.recovery import Worker
from orchestrator.refunds import Refunds, RefundsDue
from orchestrator.rollups import Counting
from orchestrator.seals.keys import read_key_file
from orchestrator.seals.work import SealWork
from orchestrator.settings import Settings
from orchestrator.settle.schedule import Timing
from orchestrator.store import migrate
from orchestrator.store.connections import Database, open_database
from orchestrator.store.keys import claim_mode
from orchestrator.store.limits import Limits
from orchestrator.store.patience import PatientDatabase
from orchestrator.store.traced import TracedDatabase
from orchestrator.webhooks import CatchUp, Inbox, InboxWork

log = structlog.get_logger("orchestrator.runtime")


# Without a repr: it would spell out every rule and setting wherever a log or asyncio shows a task.
@dataclass(slots=True, repr=False)
class Runtime:
    """One process's parts, open and ready."""

    settings: Settings
    database: Database
    gateway: StripeGateway
    rules: RuleSet
    payments: Payments
    payments_by_hand: PaymentsByHand
    decline_rules: DeclineRules
    customers: Customers
    cards: Cards
    cards_by_hand: CardsByHand
    refunds: Refunds
    captures: Captures
    anomalies: Anomalies
    inbox: Inbox
    feed: Feed
    endpoints: Endpoints
    deliveries: Deliveries
    worker: Worker

    @classmethod
    async def open(cls, settings: Settings) -> "Runtime":
        """Open everything the settings name.

        Raises:
            Misconfigured: a key, an address, the handlers or the database do not fit together.
        """
        key = check_stripe(settings)
        rules = replace(load_rules(settings.handlers), auto_retries=settings.auto_retry)
        unknown = sorted(rules.own - ERROR_HANDLERS.keys())
        if unknown:
            # Stripe may be ahead of us, so this is no error; more often it is a slip of the pen.
            log.warning("handlers_for_codes_we_do_not_know", codes=unknown)
        database: Database = open_database(settings.database_url, limits=limits_of(settings))
        try:
            await check_database(database, settings)
        except BaseException:
            await database.close()
            raise
        # Whoever starts a process is told of a wrong address at once; requests wait.
        database = PatientDatabase(database, settings.database_retry)
        if tracing.begin() is not None:
            database = TracedDatabase(database)
        gateway = StripeGateway(
            key,
            api_base=settings.stripe_api_base,
            timeout_seconds=settings.stripe_timeout,
            calls_per_second=settings.calls_per_second,
        )
        timing = Timing(
            stripe_timeout_seconds=settings.stripe_timeout,
            confirm_deadline_seconds=settings.confirm_deadline,
        )
        caps = Caps(settings.declines_per_day, settings.declines_per_30_days)
        live_rules = LiveRules(database, rules)
        driver = Driver(
            database, gateway, await live_rules.current(), timing, caps=caps, live_rules=live_rules
        )
        customers = Customers(driver, gateway.customers)
        standings = Standings(driver, customers)
        inbox = Inbox(driver, settings.live)
        deliveries = Deliveries(database, Sender(allow_private=settings.webhook_allow_private))
        return cls(
            settings,
            database,
            gateway,
            rules,
            payments=Payments(driver, settings.max_attempts, settings.payment_ttl),
            payments_by_hand=PaymentsByHand(driver),
            decline_rules=DeclineRules(driver, live_rules, settings.rules_need_approval),
            customers=customers,
            cards=Cards(driver, gateway.customers, customers, standings),
            cards_by_hand=CardsByHand(driver, standings),
            refunds=Refunds(driver, gateway.refunds),
            captures=Captures(driver),
            anomalies=Anomalies(driver),
            inbox=inbox,
            feed=Feed(database),
            endpoints=Endpoints(driver, settings.webhook_allow_private),
            deliveries=deliveries,
            worker=Worker(
                driver,
                parts=(
                    InboxWork(driver, gateway.refunds),
                    CatchUp(driver, gateway.events, inbox),
                    RefundsDue(driver, gateway.refunds),
                    Dispatcher(database),
                    Counting(database),
                    deliveries,
                    *_sealing(driver, settings),
                ),
            ),
        )

    async def close(self) -> None:
        """Close connections: receivers', Stripe's, the database's; and send what spans are left."""
        await self.deliveries.close()
        await self.gateway.aclose()
        await self.database.close()
        if tracing.is_on():
            await asyncio.to_thread(tracing.end)


def _sealing(driver: Driver, settings: Settings) -> tuple[SealWork, ...]:
    """Return the worker's part that seals, where there is a key and it is wanted."""
    if not (settings.seal_key_file and settings.seal_interval):
        return ()
    key = read_key_file(settings.seal_key_file)
    return (SealWork(driver, key, timedelta(seconds=settings.seal_interval)),)


def limits_of(settings: Settings) -> Limits:
    """Return what the settings allow connections to PostgreSQL."""
    return Limits(
        pool_size=settings.database_pool,
        pool_overflow=settings.database_pool_overflow,
        pool_seconds=settings.database_pool_timeout,
        connect_seconds=settings.database_connect_timeout,
        command_seconds=settings.database_command_timeout,
        statement_seconds=settings.database_statement_timeout,
        lock_seconds=settings.database_lock_timeout,
        idle_seconds=settings.database_idle_timeout,
    )


def check_stripe(settings: Settings) -> str:
    """Return the Stripe key to use.

    Raises:
        Misconfigured: there is none, or real money would go to an address that is not Stripe's.
    """
    if settings.stripe_api_key is None:
        raise Misconfigured(
            "ORCHESTRATOR_STRIPE_API_KEY is not set. Set it, or try everything without Stripe: "
            "'orchestrator run', or 'orchestrator serve --sandbox', which has a worker of its own."
        )
    if settings.live and not settings.speaks_to_stripe:
        raise Misconfigured(
            "ORCHESTRATOR_STRIPE_API_KEY is a live key, but ORCHESTRATOR_STRIPE_API_BASE is not "
            "Stripe's address. Unset the base, or use a test key."
        )
    return settings.stripe_api_key.get_secret_value()


async def check_database(database: Database, settings: Settings) -> None:
    """Refuse a database that is not migrated, or that belongs to the other mode.

    Raises:
        Misconfigured: with what to do about it.
    """
    found = await database.read(migrate.current)
    if found != migrate.head():
        raise Misconfigured(
            f"The database's schema is {found or 'missing'}, and this program needs "
            f"{migrate.head()}. Run: orchestrator migrate"
        )
    mode = "live" if settings.live else "test"
    bound = await database.write(claim_mode, mode)
    if bound != mode:
        raise Misconfigured(
            f"The database holds {bound} payments, and the Stripe key is a {mode} key. Use a "
            "database of its own for each mode."
        )
