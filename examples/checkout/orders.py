"""What the shop knows by itself: its prices, who is shopping, and which cards were tried.

Whatever a browser must not decide is decided here. It is kept in memory, which is the one thing a
real shop does otherwise: orders and tries belong into its database.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order; ``price`` is of one piece, in minor units."""

    sku: str
    name: str
    quantity: int
    price: int

    @property
    def amount(self) -> int:
        """What the line costs."""
        return self.quantity * self.price


CURRENCY: Final = "usd"
CART: Final = (
    Line("kettle-07", "Gooseneck kettle, 0.7 l", 1, 4900),
    Line("filter-02", "Paper filters, 100 pieces", 2, 450),
)


@dataclass(slots=True)
class Try:
    """One card that was tried; ``barred`` once it is known not to be worth trying again."""

    card: str
    barred: bool = False


@dataclass(slots=True)
class Order:
    """One order. It is paid by one payment at a time: a second one follows a failed one only."""

    id: str = field(default_factory=lambda: "ord_" + secrets.token_hex(8))
    lines: tuple[Line, ...] = CART
    currency: str = CURRENCY
    payment: str | None = None
    payments: int = 1
    tries: list[Try] = field(default_factory=list)

    @property
    def amount(self) -> int:
        """What the order costs."""
        return sum(line.amount for line in self.lines)

    @property
    def create_key(self) -> str:
        """The Idempotency-Key of the order's payment: the same, however often it is asked for."""
        return self.id if self.payments == 1 else f"{self.id}-payment-{self.payments}"

    @property
    def next_try(self) -> int:
        """The number of the try to come."""
        return len(self.tries) + 1

    def try_key(self, number: int) -> str:
        """Return the Idempotency-Key of one try; tries are counted over all payments."""
        return f"{self.id}-try-{number}"

    def start_over(self) -> None:
        """Let another payment follow the one that failed."""
        self.payment = None
        self.payments += 1
        for each in self.tries:
            each.barred = False


@dataclass(slots=True)
class Shopper:
    """Whoever is behind one session cookie. A real shop knows its customer from a login."""

    session: str
    customer: str | None = None
    order: Order = field(default_factory=Order)
    # Two tabs of one shopper must not both begin the same try.
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Shoppers:
    """All sessions."""

    _known: dict[str, Shopper] = field(default_factory=dict)

    def find(self, session: str | None) -> Shopper | None:
        """Find who a cookie belongs to."""
        return self._known.get(session or "")

    def welcome(self) -> Shopper:
        """Begin a session."""
        shopper = Shopper(secrets.token_urlsafe(24))
        self._known[shopper.session] = shopper
        return shopper
