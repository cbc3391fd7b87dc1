"""The two sides that are asked: the stand-in as a program of its own, and Stripe's test mode."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
import requests
import stripe

KEY_VARIABLE: Final = "STRIPE_TEST_KEY"
NOT_ASKED: Final = f"{KEY_VARIABLE} is not set, so none of these tests asks Stripe's test mode"
_TEST_KEY: Final = re.compile(r"(sk|rk)_test_\w+")
TIMEOUT_SECONDS: Final = 30


@dataclass(frozen=True)
class Side:
    """One side: Stripe's client for it, and what every test does with it."""

    client: stripe.StripeClient
    url: str

    @property
    def v1(self) -> stripe.V1Services:
        """The library's calls."""
        return self.client.v1

    def intent(self, **params: Any) -> stripe.PaymentIntent:
        """Create a card-only intent over 10.00 USD."""
        given: Any = {"amount": 1000, "currency": "usd", "payment_method_types": ["card"]} | params
        return self.v1.payment_intents.create(given)

    def confirm(
        self, intent: str, payment_method: str, *, key: str | None = None, **params: Any
    ) -> stripe.PaymentIntent:
        """Confirm an intent with a payment method."""
        given: Any = {"payment_method": payment_method, **params}
        return self.v1.payment_intents.confirm(intent, given, with_key(key))

    def refused_confirm(
        self, intent: str, payment_method: str, *, key: str | None = None, **params: Any
    ) -> "Refusal":
        """Confirm an intent and return how that is refused, which it must be."""
        return refusal(lambda: self.confirm(intent, payment_method, key=key, **params))

    def read(self, intent: str) -> Any:
        """Read an intent with its latest charge."""
        return self.v1.payment_intents.retrieve(intent, {"expand": ["latest_charge"]})


@dataclass(frozen=True)
class Refusal:
    """How a call was refused: the library's exception, and Stripe's error object in it."""

    raised: stripe.StripeError

    @property
    def status(self) -> int | None:
        """The HTTP status."""
        return self.raised.http_status

    @property
    def error(self) -> Any:
        """The error object."""
        return self.raised.error

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers by their names in lower case."""
        given: Any = self.raised.headers
        return {name.lower(): value for name, value in given.items()}


def refusal(call: Callable[[], object]) -> Refusal:
    """Make a call that must be refused."""
    with pytest.raises(stripe.StripeError) as caught:
        call()
    return Refusal(caught.value)


def with_key(key: str | None) -> Any:
    """Write the library's options for an idempotency key."""
    return {} if key is None else {"idempotency_key": key}


def headers_of(answered: Any) -> Mapping[str, str]:
    """Return the headers an object came with, by their names in lower case."""
    return {name.lower(): value for name, value in answered.last_response.headers.items()}


def checked_key(environment: Mapping[str, str]) -> str | None:
    """Return the key for Stripe's test mode, or null where none is set.

    Raises:
        ValueError: it is no secret or restricted key of the test mode.
    """
    key = environment.get(KEY_VARIABLE)
    if key and _TEST_KEY.fullmatch(key) is None:
        raise ValueError(f"{KEY_VARIABLE} takes only keys that begin with sk_test_ or rk_test_")
    return key or None


@contextmanager
def stripe_itself(key: str) -> Iterator[Side]:
    """Ask Stripe's test mode."""
    with closing(stripe.RequestsClient(timeout=TIMEOUT_SECONDS)) as transport:
        yield Side(stripe.StripeClient(key, http_client=transport), "https://api.stripe.com")


@contextmanager
def running_stand_in() -> Iterator[str]:
    """Run the stand-in as a program; gives its address."""
    command = [sys.executable, "-m", "orchestrator.sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            yield program.stdout.readline().strip()
        finally:
            program.terminate()


@contextmanager
def account_of_stand_in(url: str, key: str) -> Iterator[Side]:
    """Ask the stand-in, in the account of ``key``."""
    session = requests.Session()
    session.trust_env = False  # no proxy stands between us and our own machine
    transport = stripe.RequestsClient(timeout=TIMEOUT_SECONDS, session=session)
    client = stripe.StripeClient(key, http_client=transport, base_addresses={"api": url})
    with session:
        yield Side(client, url)
