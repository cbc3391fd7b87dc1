"""The bounds of every field and parameter: what is just taken and what just not. By hand.

A field is named by its way from the body: ``item_ids[]`` is an item, ``metadata{}`` the value and
``metadata{name}`` the name of a label.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.api.bad_input.routes import ROUTES

# Beyond the Basic Multilingual Plane: one character, two UTF-16 units, four bytes.
BICYCLE: Final = "\N{BICYCLE}"


@dataclass(frozen=True)
class Bounds:
    """Values just inside and just outside.

    ``unknown`` fit, but name nothing that Stripe knows. ``unsaid`` are refused for what a JSON
    Schema cannot say.
    """

    taken: tuple[Any, ...]
    refused: tuple[Any, ...] = ()
    unknown: tuple[Any, ...] = ()
    unsaid: tuple[Any, ...] = ()


def characters(longest: int, *, shortest: int = 1) -> Bounds:
    """Bound a text by its characters, however many bytes each of them has."""
    lengths = sorted({shortest, shortest + 1, longest - 1, longest})
    return Bounds(
        taken=tuple(letter * length for length in lengths for letter in ("a", BICYCLE)),
        refused=(*[""] * shortest, "a" * (longest + 1), BICYCLE * (longest + 1), "a" * 5000),
    )


def email(*, shortest: int = 1) -> Bounds:
    """Bound an address: as long as Stripe takes one."""
    at = "@example.test"
    return Bounds(
        taken=("a" * shortest, "a" + at, "a" * (512 - len(at)) + at),
        refused=(*[""] * shortest, "a" * (513 - len(at)) + at),
    )


def whole(least: int, most: int) -> Bounds:
    """Bound a whole number."""
    return Bounds(taken=(least, most), refused=(least - 1, most + 1, 0 - most, 2**63, 2**64))


def one_of(*words: str) -> Bounds:
    """Bound a choice: the words as they are and nothing near them."""
    return Bounds(taken=words, refused=("", words[0].upper(), words[0] + " ", words[0][:-1]))


def labels(*, empty: bool) -> dict[str, Bounds]:
    """Bound metadata: 47 labels, 40 characters for a name, 500 for a value."""
    return {
        "metadata": Bounds(
            taken=({}, {str(number): "a" for number in range(47)}),
            refused=({str(number): "a" for number in range(48)},),
        ),
        "metadata{name}": characters(40),
        "metadata{}": characters(500, shortest=0 if empty else 1),
    }


def web_address(length: int) -> str:
    """Return an address of so many characters."""
    return "https://shop.example/".ljust(length, "a")


PAYMENT_METHOD: Final = Bounds(
    taken=("pm_card_visa",),
    refused=("pm_", "pm_" + "a" * 251, "pm-a", "a"),
    unknown=("pm_a", "pm_" + "a" * 250),
)
REASON: Final = {"reason": characters(200)}

FIELDS: Final[Mapping[str, Mapping[str, Bounds]]] = {
    "create": {
        # The least amount is the currency's; here it is USD.
        "amount": Bounds(
            taken=(50, 999_999_999_999),
            refused=(0, -1, -50, 1_000_000_000_000, 2**63, 2**64),
            unsaid=(1, 49),
        ),
        "currency": Bounds(
            taken=("usd", "eur", "aed", "zmw"),
            refused=("", "us", "usdd", "usd ", "USD", "Usd", "xxx", "btc", "zzz"),
        ),
        "customer": Bounds(
            taken=(),
            refused=("cus_", "cus_" + "a" * 251, "cus-a", "a"),
            unknown=("cus_a", "cus_" + "a" * 250),
        ),
        "item_ids": Bounds(taken=([], ["a"], ["a"] * 100), refused=(["a"] * 101,)),
        "item_ids[]": characters(200),
        "transaction_id": characters(200),
        "description": characters(1000),
        **labels(empty=True),
        "max_attempts": whole(1, 10),
        "setup_future_usage": one_of("on_session", "off_session"),
        "capture_method": one_of("automatic", "manual"),
    },
    "confirm": {
        "payment_method": PAYMENT_METHOD,
        "return_url": Bounds(
            taken=(
                "https://a",
                web_address(2047),
                web_address(2048),
                "http://localhost:1/a",
                "https://a.example:65535/?b=c&d=%20#e",
                "https://[2001:db8::1]:8443/",
                "https://XN--BCHER-KVA.example./",
            ),
            refused=(web_address(2049), web_address(5000)),
            unsaid=("", "a", "https://", "http://a", "https://a:0", "https://a:65536", "//a"),
        ),
        "off_session": Bounds(taken=(True, False), refused=("true", 0, 1, "")),
    },
    "cancel": {
        "reason": one_of("abandoned", "duplicate", "fraudulent", "requested_by_customer"),
    },
    "refresh": {},
    # No more than the payment is over, which is 10.00 USD here.
    "capture": {
        "amount_to_capture": Bounds(
            taken=(1, 2, 999, 1000),
            refused=(0, -1, 1_000_000_000_000, 2**63, 2**64),
            unsaid=(1001, 999_999_999_999),
        ),
    },
    "refund": {
        # As much as the payment is over, which is 10.00 USD here.
        "amount": Bounds(
            taken=(1, 2, 999, 1000),
            refused=(0, -1, 1_000_000_000_000, 2**63, 2**64),
        ),
        "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
        **labels(empty=True),
    },
    "create customer": {"email": email(), "name": characters(256), **labels(empty=False)},
    "attach": {"payment_method": PAYMENT_METHOD},
    "update card": {
        "exp_month": whole(1, 12),
        # 2026 is over for nobody yet: the year alone is said, the month is the card's.
        "exp_year": Bounds(
            taken=(2035, 2098, 2099), refused=(1999, 2100, 99, -2040, 2**64), unsaid=(2000, 2025)
        ),
        "billing_details": Bounds(taken=({},), refused=([], "", 0)),
        "billing_details.address": Bounds(taken=({},), refused=([], "", 0)),
        "billing_details.address.city": characters(200, shortest=0),
        "billing_details.address.country": Bounds(
            taken=("", "DE", "ZZ"), refused=("D", "DEU", "de", "De", "Ä" * 2, BICYCLE * 2, "1" * 2)
        ),
        "billing_details.address.line1": characters(500, shortest=0),
        "billing_details.address.line2": characters(500, shortest=0),
        "billing_details.address.postal_code": characters(40, shortest=0),
        "billing_details.address.state": characters(200, shortest=0),
        "billing_details.email": email(shortest=0),
        "billing_details.name": characters(256, shortest=0),
        "billing_details.phone": Bounds(
            taken=("", "1", "+" + "1 " * 19 + "1"), refused=("+" + "1 " * 20, "1 " * 50)
        ),
    },
    "resolve": {"resolution": one_of("refresh", "cancel"), **REASON},
    "assign anomaly": {"owner": characters(100), "instead_of": characters(100)},
    "resolve anomaly": {"resolution": characters(100), "reason": characters(1000)},
    "decide rule": {
        "version": Bounds(taken=(1,), refused=(0, -1, 1_000_001, 2**63)),
        "decision": Bounds(taken=("approved",), refused=("", "approve", "Approved", "approved ")),
        "reason": characters(500),
    },
    "change rule": {
        "handler": Bounds(
            taken=("allow_same_card_later",), refused=("", "pay", "complete_payment", "a" * 101)
        ),
        "reason": characters(500),
        "message": characters(200),
        "meaning": characters(200),
        "alert": Bounds(taken=(True, False), refused=("true", 0, 1, "")),
        "retry_after_seconds": whole(0, 31_536_000),
        "auto_retry": Bounds(taken=([], [0], [0] * 9), refused=([0] * 10,)),
        "auto_retry[]": whole(0, 31_536_000),
    },
    "what if": {
        "error": Bounds(taken=({}, {"code": "a"}), refused=([], "a", 1)),
        "charge": Bounds(taken=({}, {"id": "a"}), refused=([], "a", 1)),
        "http_status": whole(400, 499),
    },
    "disable": REASON,
    "enable": REASON,
    "create endpoint": {
        "url": Bounds(
            taken=(
                "https://a.example",
                web_address(2047),
                web_address(2048),
                "https://a.example:1024/",
                "https://a.example:65535/?b=c",
                "https://1.1.1.1/",
            ),
            refused=("", web_address(2049), web_address(5000)),
            unsaid=(
                "a",
                "https://",
                "http://a.example",
                "https://a",
                "https://a.example:0",
                "https://a.example:1023",
                "https://a.example:65536",
                "https://a.example#b",
            ),
        ),
        "description": characters(200),
        "event_types": Bounds(
            taken=(["payment.created"], ["payment.failed"] * 6),
            refused=([], ["payment.failed"] * 7),
        ),
        "event_types[]": one_of(
            "payment.created",
            "payment.confirming",
            "payment.requires_new_card",
            "payment.card_disabled",
            "payment.succeeded",
            "payment.failed",
        ),
        "owner": characters(100),
    },
    "rotate secret": {
        "overlap_seconds": Bounds(
            taken=(0, 1, 604_799, 604_800), refused=(-1, 604_801, 2**63, 2**64)
        ),
    },
    "enable endpoint": {},
    # None of these is there: what fits is looked for.
    "replay": {
        "webhook_endpoint": Bounds(taken=(), refused=("", "we_", "we_" + "a" * 65, "evt_a", "a")),
    },
}


@dataclass(frozen=True)
class Amounts:
    """A currency's least amount, and what it takes only multiples of."""

    taken: tuple[int, ...]
    refused: tuple[int, ...] = field(default=(0,))


# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts and #special-cases
AMOUNTS: Final[Mapping[str, Amounts]] = {
    "usd": Amounts((50, 51), (49,)),
    "eur": Amounts((50, 51), (49,)),
    "gbp": Amounts((30, 31), (29,)),
    "jpy": Amounts((50, 51), (49,)),
    "huf": Amounts((17_500, 17_501), (17_499,)),
    "czk": Amounts((1500, 1501), (1499,)),
    "bgn": Amounts((100, 101), (99,)),
    "cve": Amounts((1, 2)),
    "kwd": Amounts((10, 20, 1000), (1, 9, 11, 1001, 1005)),
    "tnd": Amounts((10, 20), (9, 11)),
    "isk": Amounts((100, 200), (99, 101, 150)),
    "ugx": Amounts((100, 200), (99, 101, 150)),
}


def put(name: str, field: str, value: Any) -> dict[str, Any]:
    """Return a body of a route that is good but for one field, which has this value."""
    body: dict[str, Any] = copy.deepcopy(ROUTES[name].body or {})
    *way, last = field.split(".")
    place = body
    for part in way:
        place = place.setdefault(part, {})
    if last.endswith("[]"):
        place[last[:-2]] = [value]
    elif last.endswith("{name}"):
        place[last[:-6]] = {value: "a"}
    elif last.endswith("{}"):
        place[last[:-2]] = {"a": value}
    else:
        place[last] = value
    return body
