"""Requests that are wrong in themselves: unknown, missing, misshapen, or about nothing."""

from typing import Any

import pytest
import stripe

from tests.conformance.sides import Refusal, Side, refusal

FORM: dict[str, Any] = {"amount": 1000, "currency": "usd", "payment_method_types": ["card"]}


def expect_invalid(refused: Refusal, status: int, code: str, param: str | None = None) -> None:
    """Expect an invalid request of this status and code, about ``param`` where it is given."""
    assert isinstance(refused.raised, stripe.InvalidRequestError)
    assert (refused.status, refused.error.type) == (status, "invalid_request_error")
    assert refused.error.code == code
    assert param is None or refused.error.param == param
    assert refused.raised.request_id


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"huh": "x"}, "huh"),
        ({"automatic_payment_methods": {"enabled": True, "huh": "x"}}, None),
        (
            {"shipping": {"name": "Ada", "address": {"line1": "1 Main St"}, "huh": "x"}},
            "shipping[huh]",
        ),
        (
            {"payment_method_options": {"card": {"huh": "x"}}},
            "payment_method_options[card][huh]",
        ),
    ],
)
def test_an_unknown_parameter_is_refused(
    side: Side, more: dict[str, Any], param: str | None
) -> None:
    """A parameter nobody knows is refused by name, at every depth."""
    given: Any = {**FORM, **more}
    refused = refusal(lambda: side.v1.payment_intents.create(given))

    expect_invalid(refused, 400, "parameter_unknown", param)


def test_an_unknown_parameter_of_a_confirm_changes_nothing(side: Side) -> None:
    """A confirm with a parameter nobody knows is refused before the card is tried."""
    intent = side.intent()
    refused = side.refused_confirm(intent.id, "pm_card_visa", huh="x")

    expect_invalid(refused, 400, "parameter_unknown", "huh")
    assert side.read(intent.id).latest_charge is None


@pytest.mark.parametrize("absent", ["amount", "currency"])
def test_a_missing_parameter_is_named(side: Side, absent: str) -> None:
    """A required parameter that is absent is refused by name."""
    given: Any = {name: value for name, value in FORM.items() if name != absent}
    refused = refusal(lambda: side.v1.payment_intents.create(given))

    expect_invalid(refused, 400, "parameter_missing", absent)


def test_a_missing_part_is_named(side: Side) -> None:
    """A required key that a hash lacks is refused with the hash's name."""
    refused = refusal(lambda: side.intent(shipping={"name": "Ada"}))

    expect_invalid(refused, 400, "parameter_missing", "shipping[address]")


def test_a_word_is_no_amount(side: Side) -> None:
    """An amount that is no integer is refused by name."""
    refused = refusal(lambda: side.intent(amount="ten"))

    expect_invalid(refused, 400, "parameter_invalid_integer", "amount")


def test_nobody_has_that_currency(side: Side) -> None:
    """A currency that does not exist is refused by name."""
    refused = refusal(lambda: side.intent(currency="xxx"))

    assert (refused.status, refused.error.param) == (400, "currency")


@pytest.mark.parametrize(
    ("service", "id", "noun"),
    [
        ("payment_intents", "pi_conformance", "payment_intent"),
        ("customers", "cus_conformance", "customer"),
        ("payment_methods", "pm_conformance", "PaymentMethod"),
        ("charges", "ch_conformance", "charge"),
        ("refunds", "re_conformance", "refund"),
    ],
)
def test_what_is_not_there_is_missing(side: Side, service: str, id: str, noun: str) -> None:
    """An id in an address that nobody made is a 404 that says of what kind."""
    refused = refusal(lambda: getattr(side.v1, service).retrieve(id))

    expect_invalid(refused, 404, "resource_missing")
    assert str(refused.error.message).startswith(f"No such {noun}: '{id}'")


@pytest.mark.parametrize(
    ("name", "value"), [("payment_method", "pm_conformance"), ("customer", "cus_conformance")]
)
def test_a_parameter_can_name_nothing(side: Side, name: str, value: str) -> None:
    """An id in a parameter that nobody made is a 400 that names the parameter."""
    refused = refusal(lambda: side.intent(**{name: value}))

    expect_invalid(refused, 400, "resource_missing", name)


def test_a_confirm_with_an_unknown_card_changes_nothing(side: Side) -> None:
    """A confirm with a payment method nobody made leaves the intent as it was."""
    intent = side.intent()
    refused = side.refused_confirm(intent.id, "pm_conformance")

    expect_invalid(refused, 400, "resource_missing", "payment_method")
    assert side.read(intent.id).status == "requires_payment_method"


def test_a_stranger_is_turned_away(side: Side) -> None:
    """A key that Stripe never gave out is a 401."""
    options: Any = {"api_key": "nonsense"}
    refused = refusal(lambda: side.v1.customers.list({}, options))

    assert isinstance(refused.raised, stripe.AuthenticationError)
    assert (refused.status, refused.error.type) == (401, "invalid_request_error")


def test_an_address_that_does_not_exist(side: Side) -> None:
    """An address Stripe does not have is a 404 in the shape of its errors."""
    refused = refusal(lambda: side.client.raw_request("get", "/v1/conformance"))

    assert (refused.status, refused.error.type) == (404, "invalid_request_error")
    assert "Unrecognized request URL" in str(refused.error.message)
