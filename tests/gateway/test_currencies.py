"""The currencies and amounts that are refused before Stripe is asked."""

from typing import Any

import pytest

from orchestrator.gateway.currencies import (
    AMOUNT_STEPS,
    MAXIMUM_AMOUNT,
    MINIMUM_AMOUNTS,
    SUPPORTED_CURRENCIES,
    THREE_DECIMAL_CURRENCIES,
    ZERO_DECIMAL_CURRENCIES,
    InvalidAmount,
    check_amount,
    exponent,
)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (50, "usd"),
        (MAXIMUM_AMOUNT, "usd"),
        (30, "gbp"),
        (50, "jpy"),
        (17_500, "huf"),
        (1, "xof"),
        (5_120, "kwd"),
        (500, "isk"),
        (100, "ugx"),
    ],
)
def test_takes_what_stripe_takes(amount: int, currency: str) -> None:
    """An amount at the documented limit and step of its currency passes."""
    check_amount(amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (0, "xof"),
        (-50, "usd"),
        (49, "usd"),
        (29, "gbp"),
        (17_499, "huf"),
        (1_499, "czk"),
        (999, "mxn"),
        (MAXIMUM_AMOUNT + 1, "usd"),
        (5_124, "kwd"),
        (550, "isk"),
        (150, "ugx"),
    ],
)
def test_refuses_amounts_stripe_refuses(amount: int, currency: str) -> None:
    """An amount below, above or off the step of its currency is refused by name."""
    with pytest.raises(InvalidAmount) as refusal:
        check_amount(amount, currency)

    assert refusal.value.param == "amount"


@pytest.mark.parametrize("amount", [True, 100.0, "100", None], ids=repr)
def test_refuses_amounts_that_are_no_integer(amount: Any) -> None:
    """Only a real integer is an amount; True is not 1."""
    with pytest.raises(InvalidAmount) as refusal:
        check_amount(amount, "xof")

    assert refusal.value.message == "The amount must be an integer in minor units."


@pytest.mark.parametrize("currency", ["USD", "us", "zzz", "", "usd "], ids=repr)
def test_refuses_unknown_currencies(currency: str) -> None:
    """A currency is a lower-case code of the list, nothing else."""
    with pytest.raises(InvalidAmount) as refusal:
        check_amount(1_000, currency)

    assert refusal.value.param == "currency"


@pytest.mark.parametrize(
    ("currency", "places"), [("usd", 2), ("jpy", 0), ("kwd", 3), ("isk", 2), ("ugx", 2)]
)
def test_exponent_is_stripes(currency: str, places: int) -> None:
    """Minor units follow Stripe's convention, which gives ISK and UGX two decimals."""
    assert exponent(currency) == places


def test_every_list_names_supported_currencies() -> None:
    """No list of exceptions names a currency that is not supported at all."""
    named = ZERO_DECIMAL_CURRENCIES | THREE_DECIMAL_CURRENCIES | set(AMOUNT_STEPS)
    named |= set(MINIMUM_AMOUNTS)

    assert named - SUPPORTED_CURRENCIES == set()


def test_decimals_are_disjoint() -> None:
    """No currency is both without and with three decimals."""
    assert ZERO_DECIMAL_CURRENCIES.isdisjoint(THREE_DECIMAL_CURRENCIES)


def test_minimums_are_multiples_of_their_steps() -> None:
    """The smallest amount of a currency can be paid."""
    assert [
        code for code, least in MINIMUM_AMOUNTS.items() if least % AMOUNT_STEPS.get(code, 1)
    ] == []


def test_every_code_is_three_lower_case_letters() -> None:
    """The list has no spelling mistake that could be seen."""
    assert [code for code in SUPPORTED_CURRENCIES if len(code) != 3 or not code.islower()] == []
