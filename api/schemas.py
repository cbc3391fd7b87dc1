"""What each request body may hold. Strict: no coercion, no unknown field, no text without a limit.

Refuses everything the database could not keep or Stripe would certainly refuse.
"""

import re
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from api.errors import ValidationFailed
from api.wording import sentence_of
from orchestrator.customers import CreateCustomer, UpdateCard
from orchestrator.gateway.currencies import MAXIMUM_AMOUNT, SUPPORTED_CURRENCIES
from orchestrator.requests import ConfirmPayment, CreatePayment, CreateRefund
from orchestrator.states import LARGEST_MAX_ATTEMPTS

# Stripe keeps 50 keys with an intent; three of them are ours.
RESERVED_METADATA_KEYS: Final = frozenset({"payment_id", "transaction_id", "item_ids"})
MAX_METADATA_KEYS: Final = 50 - len(RESERVED_METADATA_KEYS)
MAX_ITEMS: Final = 100

CUSTOMER_ID: Final = r"^cus_[A-Za-z0-9_]{1,250}$"
PAYMENT_METHOD_ID: Final = r"^pm_[A-Za-z0-9_]{1,250}$"

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# A name, or an IPv6 address, which alone stands in brackets.
_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f.]*:[0-9a-f:.]*")
# PostgreSQL keeps no NUL in a text.
NO_NUL: Final = r"^[^\x00]*$"
_ONE_LINE: Final = r"^[^\x00-\x1f\x7f]*$"
_LABEL: Final = r"^[^\x00\[\]]*$"


def _text(longest: int, *, shortest: int = 1, pattern: str = NO_NUL) -> StringConstraints:
    return StringConstraints(strict=True, min_length=shortest, max_length=longest, pattern=pattern)


def _supported(currency: str) -> str:
    if currency not in SUPPORTED_CURRENCIES:
        raise ValueError("must be a lower-case ISO 4217 code that Stripe supports")
    return currency


def _not_reserved(key: str) -> str:
    if key in RESERVED_METADATA_KEYS:
        names = ", ".join(sorted(RESERVED_METADATA_KEYS))
        raise ValueError(f"is a name that this service keeps for itself, like each of {names}")
    return key


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


class Body(BaseModel):
    """A request body; nothing that is not declared."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """Read a document.

        Raises:
            ValidationFailed: naming the first field that is not what it must be.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as exc:
            raise _failure(exc) from exc


def _labels_schema(shortest: int) -> dict[str, Any]:
    # Said by hand: of a key's pattern pydantic's would let values of any kind pass under others.
    return {
        "type": "object",
        "maxProperties": MAX_METADATA_KEYS,
        "propertyNames": {
            "type": "string",
            "minLength": 1,
            "maxLength": 40,
            "pattern": _LABEL,
            "not": {"enum": sorted(RESERVED_METADATA_KEYS)},
        },
        "additionalProperties": {
            "type": "string",
            "minLength": shortest,
            "maxLength": 500,
            "pattern": NO_NUL,
        },
    }


LabelName = Annotated[str, _text(40, pattern=_LABEL), AfterValidator(_not_reserved)]
Metadata = Annotated[
    dict[LabelName, Annotated[str, _text(500, shortest=0)]],
    Field(max_length=MAX_METADATA_KEYS),
    WithJsonSchema(_labels_schema(0)),
]
# Kept at Stripe alone, where an empty value takes a label away.
CustomerMetadata = Annotated[
    dict[LabelName, Annotated[str, _text(500)]],
    Field(max_length=MAX_METADATA_KEYS),
    WithJsonSchema(_labels_schema(1)),
]


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
    customer: Annotated[str, _text(254, pattern=CUSTOMER_ID)] | None = Field(
        None, description="The customer at Stripe who pays; needed to use a saved card."
    )
    item_ids: Annotated[list[Annotated[str, _text(200)]], Field(max_length=MAX_ITEMS)] | None = (
        Field(None, description="What is being paid for.")
    )
    transaction_id: Annotated[str, _text(200)] | None = Field(
        None, description="Your own name for it, to search by; need not be unique."
    )
    description: Annotated[str, _text(1000)] | None = Field(
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

    payment_method: Annotated[str, _text(253, pattern=PAYMENT_METHOD_ID)] = Field(
        description="The card to try: a payment method's id, from Stripe.js or among the cards."
    )
    return_url: (
        Annotated[
            str,
            _text(2048, pattern=r"^[\x21-\x7e]+$"),
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


class CustomerBody(Body):
    """The body of a customer's create, which may be missing."""

    # Stripe takes more for an address than most; what it does not take, it refuses.
    email: Annotated[str, _text(512, pattern=_ONE_LINE)] | None = Field(
        None, description="The address."
    )
    name: Annotated[str, _text(256)] | None = Field(None, description="The name.")
    metadata: CustomerMetadata | None = Field(
        None, description="Your own labels, kept at Stripe; none of them empty."
    )

    def request(self) -> CreateCustomer:
        """Return what the use case is asked for."""
        return CreateCustomer(self.email, self.name, self.metadata or {})


class AttachBody(Body):
    """The body that gives a card to a customer."""

    payment_method: Annotated[str, _text(253, pattern=PAYMENT_METHOD_ID)] = Field(
        description="The card: a payment method's id, from Stripe.js."
    )


class AddressBody(Body):
    """A billing address; an empty text takes a part away."""

    city: Annotated[str, _text(200, shortest=0)] | None = Field(None, description="City.")
    country: Annotated[str, _text(2, shortest=0, pattern=r"^([A-Z]{2})?$")] | None = Field(
        None, description="ISO 3166-1, two capitals."
    )
    line1: Annotated[str, _text(500, shortest=0)] | None = Field(
        None, description="Street and number."
    )
    line2: Annotated[str, _text(500, shortest=0)] | None = Field(
        None, description="What goes below it."
    )
    postal_code: Annotated[str, _text(40, shortest=0)] | None = Field(
        None, description="Postal code."
    )
    state: Annotated[str, _text(200, shortest=0)] | None = Field(
        None, description="State or province."
    )


class BillingDetailsBody(Body):
    """Whom a card is billed to; an empty text takes a part away."""

    address: AddressBody | None = Field(None, description="The billing address.")
    email: Annotated[str, _text(512, shortest=0, pattern=_ONE_LINE)] | None = Field(
        None, description="The address mail is sent to."
    )
    name: Annotated[str, _text(256, shortest=0)] | None = Field(
        None, description="The name on the card."
    )
    phone: Annotated[str, _text(40, shortest=0, pattern=_ONE_LINE)] | None = Field(
        None, description="The telephone number."
    )


class CardBody(Body):
    """The body of a card's update: what is not given stays."""

    exp_month: Annotated[int, Field(ge=1, le=12)] | None = Field(
        None, description="The month it expires in."
    )
    exp_year: Annotated[int, Field(ge=2000, le=2099)] | None = Field(
        None, description="The year it expires in; not in the past."
    )
    billing_details: BillingDetailsBody | None = Field(None, description="Whom it is billed to.")

    def request(self) -> UpdateCard:
        """Return what the use case is asked for."""
        details = self.billing_details
        return UpdateCard(
            self.exp_month,
            self.exp_year,
            details.model_dump(exclude_none=True) if details is not None else {},
        )


class ResolveBody(Body):
    """The body by which an operator resolves a payment."""

    resolution: Annotated[
        Literal["refresh", "cancel"],
        Field(
            description="refresh: ask Stripe and settle what it says, of a handled payment too. "
            "cancel: end the payment; a success still wins."
        ),
    ]
    reason: Annotated[str, _text(200)] = Field(description="Why; it stays on record.")


class ReasonBody(Body):
    """Why a card is taken out of use, or put back, by hand."""

    reason: Annotated[str, _text(200)] = Field(description="Why; it stays on record.")


def _failure(error: ValidationError) -> ValidationFailed:
    """Turn pydantic's first complaint into ours; it must not repeat the value."""
    name, sentence = sentence_of(error.errors(include_url=False, include_input=False)[0])
    return ValidationFailed(sentence, name)
