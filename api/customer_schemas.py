"""What the body of a request about a customer or a card may hold."""

from typing import Annotated

from pydantic import (
    Field,
)

from api.body import (
    ONE_LINE,
    PAYMENT_METHOD_ID,
    Body,
    CustomerMetadata,
    text,
)
from orchestrator.customers import CreateCustomer, UpdateCard


class CustomerBody(Body):
    """The body of a customer's create, which may be missing."""

    # Stripe takes more for an address than most; what it does not take, it refuses.
    email: Annotated[str, text(512, pattern=ONE_LINE)] | None = Field(
        None, description="The address."
    )
    name: Annotated[str, text(256)] | None = Field(None, description="The name.")
    metadata: CustomerMetadata | None = Field(
        None, description="Your own labels, kept at Stripe; none of them empty."
    )

    def request(self) -> CreateCustomer:
        """Return what the use case is asked for."""
        return CreateCustomer(self.email, self.name, self.metadata or {})


class AttachBody(Body):
    """The body that gives a card to a customer."""

    payment_method: Annotated[str, text(253, pattern=PAYMENT_METHOD_ID)] = Field(
        description="The card: a payment method's id, from Stripe.js."
    )


class AddressBody(Body):
    """A billing address; an empty text takes a part away."""

    city: Annotated[str, text(200, shortest=0)] | None = Field(None, description="City.")
    country: Annotated[str, text(2, shortest=0, pattern=r"^([A-Z]{2})?$")] | None = Field(
        None, description="ISO 3166-1, two capitals."
    )
    line1: Annotated[str, text(500, shortest=0)] | None = Field(
        None, description="Street and number."
    )
    line2: Annotated[str, text(500, shortest=0)] | None = Field(
        None, description="What goes below it."
    )
    postal_code: Annotated[str, text(40, shortest=0)] | None = Field(
        None, description="Postal code."
    )
    state: Annotated[str, text(200, shortest=0)] | None = Field(
        None, description="State or province."
    )


class BillingDetailsBody(Body):
    """Whom a card is billed to; an empty text takes a part away."""

    address: AddressBody | None = Field(None, description="The billing address.")
    email: Annotated[str, text(512, shortest=0, pattern=ONE_LINE)] | None = Field(
        None, description="The address mail is sent to."
    )
    name: Annotated[str, text(256, shortest=0)] | None = Field(
        None, description="The name on the card."
    )
    phone: Annotated[str, text(40, shortest=0, pattern=ONE_LINE)] | None = Field(
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


class ReasonBody(Body):
    """Why a card is taken out of use, or put back, by hand."""

    reason: Annotated[str, text(200)] = Field(description="Why; it stays on record.")
