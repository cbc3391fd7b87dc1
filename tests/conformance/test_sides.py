"""Whom the suite asks: Stripe only with a key of its test mode."""

import os

import pytest

from tests.conformance.sides import KEY_VARIABLE, NOT_ASKED, checked_key, stripe_itself


def test_stripe_is_asked_too() -> None:
    """With a key every test is asked of Stripe as well, and it is the test mode that answers."""
    key = checked_key(os.environ)
    if key is None:
        # Nobody can be asked without an account at Stripe; the stand-in answers all other tests.
        pytest.skip(NOT_ASKED)
    with stripe_itself(key) as side:
        intent = side.intent()

    assert intent.livemode is False


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1", "pk_test_1", "sk_test_", "nonsense"])
def test_only_test_keys_are_taken(key: str) -> None:
    """No key that could move money, or is none, is taken to ask Stripe."""
    with pytest.raises(ValueError, match="sk_test_ or rk_test_"):
        checked_key({KEY_VARIABLE: key})


@pytest.mark.parametrize("key", ["sk_test_1", "rk_test_1"])
def test_test_keys_are_taken(key: str) -> None:
    """Secret and restricted keys of the test mode are taken; without any, nobody asks."""
    assert checked_key({KEY_VARIABLE: key}) == key
    assert checked_key({}) is None
    assert checked_key({KEY_VARIABLE: ""}) is None
