"""The accounts: one for each API key, everything in memory. Speaks no HTTP, decides nothing."""

import hashlib
import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.sandbox.cards import SharedCard, resolve_shared_id
from orchestrator.sandbox.clock import Clock
from orchestrator.sandbox.declines import Decline
from orchestrator.sandbox.errors import resource_missing
from orchestrator.sandbox.idempotency import IdempotencyStore
from orchestrator.sandbox.model import Charge, Customer, Intent, PaymentMethod, Refund
from orchestrator.sandbox.webhooks import Delivery, Outbox

_ALPHABET = string.ascii_letters + string.digits
_RANDOM = random.Random()
# A fixed date, so that a card met on either side of New Year is the same card.
EXPIRY = (12, 2034)
JOURNAL_LENGTH_LIMIT = 10_000
OTHER_METHODS = {"pm_usBankAccount_": "us_bank_account", "pm_sepaDebit_": "sepa_debit"}


def new_id(prefix: str, length: int = 24) -> str:
    """Invent an id in Stripe's form."""
    return prefix + "".join(_RANDOM.choices(_ALPHABET, k=length))


@dataclass(slots=True)
class Settings:
    """What a test may change about how Stripe behaves."""

    confirm_limit: int = 40  # Stripe documents "a variable upper limit"
    amount_limit: int = 999_999_999_999  # docs.stripe.com/currencies: 12 digits for most cards
    confirm_while_action: str = "supersede"  # or "refuse"
    raw_card_data: bool = False  # may a secret key send card numbers? Stripe says no by default
    webhook_retry_seconds: float = 1.0  # until the first retry; each next one takes twice as long
    webhook_timeout_seconds: float = 10.0


@dataclass(slots=True)
class JournalEntry:
    """One request that was answered, or dropped."""

    operation: str
    path: str
    idempotency_key: str | None
    request_id: str
    status: int | None = None
    replayed: bool = False
    fault: str | None = None


@dataclass
class Account:
    """Everything one API key sees."""

    id: str
    clock: Clock
    settings: Settings
    deliver: "Deliver"
    customers: dict[str, Customer] = field(default_factory=dict)
    payment_methods: dict[str, PaymentMethod] = field(default_factory=dict)
    intents: dict[str, Intent] = field(default_factory=dict)
    charges: dict[str, Charge] = field(default_factory=dict)
    charges_by_intent: dict[str, list[Charge]] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    disputes: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    outbox: Outbox = field(default_factory=Outbox)
    journal: list[JournalEntry] = field(default_factory=list)
    locked: set[str] = field(default_factory=set)
    # How the next charges end that a card would otherwise take, soonest first.
    declines_ahead: list[Decline] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Give the account its idempotency layer."""
        self.idempotency = IdempotencyStore(self.clock)

    def now(self) -> int:
        """Read the account's time in whole seconds."""
        return int(self.clock.now())

    def publish(self, event: dict[str, Any]) -> None:
        """Keep a new event and let it be delivered."""
        self.events[event["id"]] = event
        for delivery in self.outbox.add(event, lambda: new_id("del_1")):
            self.deliver(self, delivery)

    def record(self, entry: JournalEntry) -> None:
        """Add ``entry`` to the journal, which forgets the oldest half once it is full."""
        if len(self.journal) >= JOURNAL_LENGTH_LIMIT:
            del self.journal[: JOURNAL_LENGTH_LIMIT // 2]
        self.journal.append(entry)

    def customer(self, id: str, *, param: str | None = None) -> Customer:
        """Find a customer that was not deleted; ``param`` names the parameter it came in.

        Raises:
            ApiError: there is none.
        """
        found = self.customers.get(id)
        if found is None or found.deleted:
            raise _missing("customer", id, param)
        return found

    def intent(self, id: str) -> Intent:
        """Find an intent.

        Raises:
            ApiError: there is none.
        """
        found = self.intents.get(id)
        if found is None:
            raise resource_missing("payment_intent", id, param="intent")
        return found

    def add_charge(self, charge: Charge) -> None:
        """Keep a new charge."""
        self.charges[charge.id] = charge
        self.charges_by_intent.setdefault(charge.intent, []).append(charge)

    def payment_method(self, id: str, *, param: str | None = None) -> PaymentMethod:
        """Find a payment method; a well-known id makes a new one of its card each time.

        Raises:
            ApiError: there is none.
        """
        found = self.payment_methods.get(id) or self._minted(id)
        if found is None:
            raise _missing("PaymentMethod", id, param, path_param="payment_method")
        return self.payment_methods.setdefault(found.id, found)

    def _minted(self, id: str) -> PaymentMethod | None:
        shared = resolve_shared_id(id)
        if shared is not None:
            return self._drawn_method(shared.identity, card=shared.card)
        for prefix, type in OTHER_METHODS.items():
            if id.startswith(prefix):
                return self._drawn_method(id, type=type)
        return None

    def add_card(self, shared: SharedCard, expiry: tuple[int, int] | None) -> PaymentMethod:
        """Keep a card that was entered as a new payment method."""
        made = self._drawn_method(shared.identity, expiry or EXPIRY, card=shared.card)
        return self.payment_methods.setdefault(made.id, made)

    def _drawn_method(
        self, identity: str, expiry: tuple[int, int] = EXPIRY, **fields: Any
    ) -> PaymentMethod:
        fields.setdefault("card", None)
        month, year = expiry
        return PaymentMethod(
            id=new_id("pm_1"),
            created=self.now(),
            fingerprint=self._fingerprint(identity),
            exp_month=month,
            exp_year=year,
            **fields,
        )

    def _fingerprint(self, identity: str) -> str:
        # Stripe's fingerprints are per account and say nothing of the number.
        digest = hashlib.sha256(f"{self.id}:{identity}".encode()).digest()
        return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:16])


Deliver = Callable[[Account, Delivery], None]


def _missing(kind: str, id: str, param: str | None, *, path_param: str | None = None) -> Exception:
    if param is None:
        return resource_missing(kind, id, param=path_param or kind)
    return resource_missing(kind, id, param=param, status=400)


class World:
    """All accounts, the shared clock and the settings new accounts start with."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self.clock = Clock()
        self.accounts: dict[str, Account] = {}
        self.settings = Settings()

    def account(self, key: str) -> Account:
        """Find or open the account of an API key."""
        found = self.accounts.get(key)
        if found is None:
            id = "acct_1" + hashlib.sha256(key.encode()).hexdigest()[:15]
            found = Account(id, Clock(self.clock), replace(self.settings), self._deliver)
            self.accounts[key] = found
        return found

    def chosen(self, key: str | None) -> list[Account]:
        """List the account of ``key``, or all accounts."""
        return list(self.accounts.values()) if key is None else [self.account(key)]

    def reset(self, key: str | None) -> None:
        """Forget the account of ``key``, or everything, the clock included."""
        if key is not None:
            self.accounts.pop(key, None)
            return
        self.accounts.clear()
        self.clock = Clock()
        self.settings = Settings()

    def find_intent(self, id: str, key: str | None) -> tuple[Account, Intent]:
        """Find an intent in the account of ``key``, or wherever it is.

        Raises:
            ApiError: there is none.
        """
        for account in self.chosen(key):
            if id in account.intents:
                return account, account.intents[id]
        raise resource_missing("payment_intent", id, param="intent")
