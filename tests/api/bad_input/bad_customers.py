"""Bodies about customers and cards that are wrong in one field."""

from __future__ import annotations

from typing import Any

from tests.api.bad_input.cases import CONFIRM, Cases

BAD_CUSTOMERS: Cases = {
    "email a number": ({"email": 1}, "email"),
    "email a list": ({"email": ["ada@example.test"]}, "email"),
    "email empty": ({"email": ""}, "email"),
    "email with a line break": ({"email": "ada@example.test\nBcc: x@y.test"}, "email"),
    "email with NUL": ({"email": "ada\x00@example.test"}, "email"),
    "email with an escape": ({"email": "\x1b[2J@example.test"}, "email"),
    "name an object": ({"name": {"first": "Ada"}}, "name"),
    "name empty": ({"name": ""}, "name"),
    "name with NUL": ({"name": "Ada\x00"}, "name"),
    "name false": ({"name": False}, "name"),
    "metadata a list": ({"metadata": ["a"]}, "metadata"),
    "metadata with a number": ({"metadata": {"a": 1}}, "metadata.a"),
    "metadata with an object": ({"metadata": {"a": {}}}, "metadata.a"),
    "metadata with null": ({"metadata": {"a": None}}, "metadata.a"),
    "metadata key with a bracket": ({"metadata": {"a]": "c"}}, "metadata.a]"),
    "metadata key of ours": ({"metadata": {"item_ids": "a"}}, "metadata.item_ids"),
    "metadata with an empty value": ({"metadata": {"a": ""}}, "metadata.a"),
    "a field of Stripe's": ({"phone": "+49 30 123"}, "phone"),
    "an id of one's own": ({"id": "cus_mine"}, "id"),
    "an owner": ({"owner": "other"}, "owner"),
    "a card": ({"payment_method": "pm_card_visa"}, "payment_method"),
    "a field without a name": ({"": "x"}, None),
    "a field called like our own notes": ({"[key]": "x"}, "[key]"),
}

BAD_ATTACHMENTS: Cases = {
    "no card": ({}, "payment_method"),
    "card null": ({"payment_method": None}, "payment_method"),
    "card a number": ({"payment_method": 1}, "payment_method"),
    "card a list": ({"payment_method": ["pm_card_visa"]}, "payment_method"),
    "card empty": ({"payment_method": ""}, "payment_method"),
    "card of another kind": ({"payment_method": "tok_visa"}, "payment_method"),
    "card of an old kind": ({"payment_method": "card_1"}, "payment_method"),
    "card with a slash": ({"payment_method": "pm_a/attach"}, "payment_method"),
    "card with NUL": ({"payment_method": "pm_a\x00"}, "payment_method"),
    "another customer": (CONFIRM | {"customer": "cus_other"}, "customer"),
    "unknown field": (CONFIRM | {"default": True}, "default"),
}

ADDRESS = "billing_details.address"


def billed(**fields: Any) -> dict[str, Any]:
    """Return an update of billing details."""
    return {"billing_details": fields}


def addressed(**fields: Any) -> dict[str, Any]:
    """Return an update of a billing address."""
    return billed(address=fields)


BAD_UPDATES: Cases = {
    "month a text": ({"exp_month": "12"}, "exp_month"),
    "month a float": ({"exp_month": 12.0}, "exp_month"),
    "month true": ({"exp_month": True}, "exp_month"),
    "month negative": ({"exp_month": -1}, "exp_month"),
    "month of 64 bits": ({"exp_month": 2**64}, "exp_month"),
    "year a text": ({"exp_year": "2040"}, "exp_year"),
    "year of two digits": ({"exp_year": 40}, "exp_year"),
    "year with a month": ({"exp_year": 204012}, "exp_year"),
    "year that is over": ({"exp_year": 2020}, "exp_year"),
    "details a text": ({"billing_details": "Ada"}, "billing_details"),
    "details a list": ({"billing_details": []}, "billing_details"),
    "unknown detail": (billed(tax_id="DE1"), "billing_details.tax_id"),
    "email a number": (billed(email=1), "billing_details.email"),
    "email of two lines": (billed(email="a\r\nb"), "billing_details.email"),
    "name a list": (billed(name=["Ada"]), "billing_details.name"),
    "name with NUL": (billed(name="\x00"), "billing_details.name"),
    "phone a number": (billed(phone=4930123), "billing_details.phone"),
    "phone of two lines": (billed(phone="1\n2"), "billing_details.phone"),
    "address a text": (billed(address="Berlin"), ADDRESS),
    "unknown part": (addressed(street="x"), f"{ADDRESS}.street"),
    "city a number": (addressed(city=1), f"{ADDRESS}.city"),
    "city with NUL": (addressed(city="\x00"), f"{ADDRESS}.city"),
    "country in lower case": (addressed(country="de"), f"{ADDRESS}.country"),
    "country's name": (addressed(country="Germany"), f"{ADDRESS}.country"),
    "country of digits": (addressed(country="49"), f"{ADDRESS}.country"),
    "country and line break": (addressed(country="D\n"), f"{ADDRESS}.country"),
    "country of other capitals": (addressed(country="ÄÖ"), f"{ADDRESS}.country"),
    "line an object": (addressed(line1={}), f"{ADDRESS}.line1"),
    "line with NUL": (addressed(line1="a\x00"), f"{ADDRESS}.line1"),
    "second line a number": (addressed(line2=2), f"{ADDRESS}.line2"),
    "second line with NUL": (addressed(line2="\x00b"), f"{ADDRESS}.line2"),
    "postal code a number": (addressed(postal_code=10115), f"{ADDRESS}.postal_code"),
    "postal code with NUL": (addressed(postal_code="\x00"), f"{ADDRESS}.postal_code"),
    "state true": (addressed(state=True), f"{ADDRESS}.state"),
    "state with NUL": (addressed(state="\x00"), f"{ADDRESS}.state"),
    "a number": ({"number": "4000"}, "number"),
    "metadata": ({"metadata": {"a": "b"}}, "metadata"),
    "a customer": ({"customer": "cus_1"}, "customer"),
}

BAD_REASONS: Cases = {
    "no reason": ({}, "reason"),
    "reason null": ({"reason": None}, "reason"),
    "reason empty": ({"reason": ""}, "reason"),
    "reason a number": ({"reason": 1}, "reason"),
    "reason a list": ({"reason": ["lost"]}, "reason"),
    "reason with NUL": ({"reason": "lost\x00"}, "reason"),
    "unknown field": ({"reason": "lost", "scope": "card"}, "scope"),
    "whose": ({"reason": "lost", "owner": "other"}, "owner"),
}
