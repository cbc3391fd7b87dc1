"""What the body of a request about a payment may hold.

Refuses what Stripe would certainly refuse: it is asked only once an attempt is spent.
"""

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    WithJsonSchema,
)

from api.body import (
    CUSTOMER_ID,
    PAYMENT_METHOD_ID,
    Body,
    Metadata,
    text,
)
from orchestrator.gateway.currencies import MAXIMUM_AMOUNT, SUPPORTED_CURRENCIES
from orchestrator.requests import ConfirmPayment, CreatePayment, CreateRefund
from orchestrator.states import LARGEST_MAX_ATTEMPTS

MAX_ITEMS: Final = 100

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# A name, or an IPv6 address, which alone stands in brackets.
_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f.]*:[0-9a-f:.]*")


def _supported(currency: str) -> str:
    if currency not in SUPPORTED_CURRENCIES:
        raise ValueError("must be a lower-case ISO 4217 code that Stripe supports")
    return currency


def _absolute_web_address(url: str) -> str:
    """Refuse what a browser could not be sent back to safely, or Stripe would refuse as no address.

    Stripe is asked only once an attempt is spent.
    """
    if not _is_web_address(url):
        raise ValueError("must be an absolute https address (http only to this machine)")
    return url


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        # Its sentence would repeat what was sent.
        return False
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    named = _HOST.fullmatch(host) is not None and (":" in host) == ("[" in parts.netloc)
    return secure and named and parts.username is None and port != 0


class CreateBody(Body):
    """The body of a create."""

    amount: Annotated[int, Field(gt=0, le=MAXIMUM_AMOUNT)] = Field(
        description="In the currency's smallest unit: 1999 is 19.99 USD. Each currency has a "
        "least amount; some take only multiples of ten or a hundred."
    )
    currency: Annotated[
        str,
        AfterValidator(_supported),
        WithJsonSchema({"type": "string", "enum": sorted(SUPPORTED_CURRENCIES)}),
    ] = Field(description="ISO 4217, in lower case.")
    customer: Annotated[str, text(254, pattern=CUSTOMER_ID)] | None = Field(
        None, description="The customer at Stripe who pays; needed to use a saved card."
    )
    item_ids: Annotated[list[Annotated[str, text(200)]], Field(max_length=MAX_ITEMS)] | None = (
        Field(None, description="What is being paid for.")
    )
    transaction_id: Annotated[str, text(200)] | None = Field(
        None, description="Your own name for it, to search by; need not be unique."
    )
    description: Annotated[str, text(1000)] | None = Field(
        None, description="What Stripe shows beside it."
    )
    metadata: Metadata | None = Field(
        None,
        description="Your own labels; the names payment_id, transaction_id and item_ids are taken.",
    )
    max_attempts: Annotated[int, Field(ge=1, le=LARGEST_MAX_ATTEMPTS)] | None = Field(
        None, description="How many confirmations it may make; the deployment's default if missing."
    )
    setup_future_usage: Literal["on_session", "off_session"] | None = Field(
        None,
        description="Save the card with the customer once it has paid, for later payments "
        "with (on_session) or without (off_session) the customer.",
    )

    capture_method: Literal["automatic", "manual"] | None = Field(
        None,
        description="automatic: take the money with the approval. manual: hold it, and take it "
        "by a capture. automatic if missing.",
    )

    def request(self) -> CreatePayment:
        """Return what the use case is asked for."""
        return CreatePayment(
            amount=self.amount,
            currency=self.currency,
            customer=self.customer,
            item_ids=tuple(self.item_ids or ()),
            transaction_id=self.transaction_id,
            description=self.description,
            metadata=self.metadata or {},
            max_attempts=self.max_attempts,
            setup_future_usage=self.setup_future_usage,
            capture_method=self.capture_method or "automatic",
        )


class ConfirmBody(Body):
    """The body of a confirm."""

    payment_method: Annotated[str, text(253, pattern=PAYMENT_METHOD_ID)] = Field(
        description="The card to try: a payment method's id, from Stripe.js or among the cards."
    )
    return_url: (
        Annotated[
            str,
            text(2048, pattern=r"^[\x21-\x7e]+$"),
            AfterValidator(_absolute_web_address),
            WithJsonSchema({"type": "string", "format": "uri", "maxLength": 2048}),
        ]
        | None
    ) = Field(
        None,
        description="Where the browser comes back to after 3-D Secure: an absolute https address. "
        "Without it Stripe.js handles the challenge on your page.",
    )
    off_session: bool | None = Field(
        None, description="true while the customer is not there to authenticate."
    )

    def request(self) -> ConfirmPayment:
        """Return what the use case is asked for."""
        return ConfirmPayment(self.payment_method, self.return_url, self.off_session)


class CancelBody(Body):
    """The body of a cancel, which may be missing."""

    reason: Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"] | None = Field(
        None, description="Why; Stripe is told."
    )


class RefreshBody(Body):
    """The body of a refresh: nothing."""


class CaptureBody(Body):
    """The body of a capture, which may be missing: then all that is held is taken."""

    amount_to_capture: Annotated[int, Field(gt=0, le=MAXIMUM_AMOUNT)] | None = Field(
        None,
        description="How much of the held money to take, in the currency's smallest unit; the "
        "rest is let go. All of it if missing.",
    )


class RefundBody(Body):
    """The body of a refund: without an amount, all that is left is given back."""

    amount: Annotated[int, Field(gt=0, le=MAXIMUM_AMOUNT)] | None = Field(
        None,
        description="How much to give back, in the currency's smallest unit; all that is left if "
        "missing.",
    )
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = Field(
        None, description="Why; Stripe is told."
    )
    metadata: Metadata | None = Field(
        None, description="Your own labels, kept with it here and at Stripe."
    )

    def request(self) -> CreateRefund:
        """Return what the use case is asked for."""
        return CreateRefund(self.amount, self.reason, self.metadata or {})


class ResolveBody(Body):
    """The body by which an operator resolves a payment."""

    resolution: Annotated[
        Literal["refresh", "cancel"],
        Field(
            description="refresh: ask Stripe and settle what it says, of a handled payment too. "
            "cancel: end the payment; a success still wins."
        ),
    ]
    reason: Annotated[str, text(200)] = Field(description="Why; it stays on record.")
