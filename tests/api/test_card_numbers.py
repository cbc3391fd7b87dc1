"""What counts as a card number, and what must not."""

from __future__ import annotations

from typing import Any

import pytest

from api.card_numbers import ISSUER_RANGES, find_card_number, holds_card_number, suspicious


def with_check_digit(digits: str) -> str:
    """Append the digit that makes a number pass Luhn, worked out the schoolbook way."""
    for check in "0123456789":
        total = 0
        for place, digit in enumerate(reversed(digits + check)):
            value = int(digit) * (2 if place % 2 else 1)
            total += value // 10 + value % 10
        if total % 10 == 0:
            return digits + check
    raise AssertionError("one of ten digits always fits")


ISSUED = {
    f"{issuer.brand} {issuer.first}, {length} digits": with_check_digit(
        issuer.first.ljust(length - 1, "7")
    )
    for issuer in ISSUER_RANGES
    for length in issuer.lengths
}


@pytest.mark.parametrize("number", ISSUED.values(), ids=ISSUED.keys())
def test_every_brand_and_length_is_recognised(number: str) -> None:
    """A number of each range and length counts."""
    assert holds_card_number(number)


WRITTEN = {
    "alone": "4242424242424242",
    "in fours": "4242 4242 4242 4242",
    "dashed": "4242-4242-4242-4242",
    "no-break spaces": "4242\u00a04242\u00a04242\u00a04242",
    "en dashes": "4242\u20134242\u20134242\u20134242",
    "digit by digit": " ".join("4242424242424242"),
    "dotted": "4242.4242.4242.4242",
    "dotted, at the end of a sentence": "It was 4242.4242.4242.4242.",
    "american express": "3782 822463 10005",
    "american express, dotted": "3782.822463.10005",
    "diners club": "3622-720627-1667",
    "nineteen digits": "6205500000000000004",
    "in a sentence": "please charge 4242424242424242, expires 12/34",
    "with expiry and code behind": "4242424242424242 12 34 123",
    "with a number before": "order 12 4242 4242 4242 4242",
    "after an underscore": "order_4242424242424242",
    "after a word": "visa4242424242424242",
    "before a word": "4242424242424242visa",
    "in an address": "https://shop.example/back?card=4242424242424242&x=1",
    "full-width digits": "\uff14\uff12" * 8,
    "arabic digits": "\u0664\u0662" * 8,
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
def test_however_it_is_written(text: str) -> None:
    """Groups, separators, other alphabets and neighbours hide nothing."""
    assert holds_card_number(text)


HARMLESS = {
    "empty": "",
    "last digit off by one": "4242424242424241",
    "no brand's": with_check_digit("100000000000000"),
    "zeros": "0000000000000000",
    "thirteen digits": with_check_digit("422222222222"),
    "twenty digits": with_check_digit("4242424242424242424"),
    "a brand's, but of another length": with_check_digit("51000000000000"),
    "microseconds": "1700000000000000",
    "hexadecimal id": "a4242424242424242f",
    "our own id": "pay_4242424242424242424242424242424f",
    "stripe's id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "a phone number": "+49 30 1234567",
    "a date": "2026-03-01 12-00-00",
    "dots in other groups": "42.42.42.42.42.42.42.42",
    "part of a longer dotted number": "1.4242.4242.4242.4242",
    "coordinates": "42.42424242, 42.424242",
    "digits with letters between": "4242x4242x4242x4242",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_is_left_alone(text: str) -> None:
    """What no brand could have issued, or stands inside an id, is no card number."""
    assert not holds_card_number(text)


def test_no_uuid_is_a_card_number() -> None:
    """A UUID is what an Idempotency-Key mostly is; even one of digits alone is let through."""
    digits = "42424242-4242-4242-4242-424242424242"

    assert holds_card_number(digits[19:])
    assert not holds_card_number(digits)


FOUND: dict[str, tuple[Any, str | None]] = {
    "a field": ({"description": "4242424242424242"}, "description"),
    "in metadata": ({"metadata": {"order": "4242 4242 4242 4242"}}, "metadata.order"),
    "in a list": ({"item_ids": ["a", "4242424242424242"]}, "item_ids[1]"),
    "deep inside": ({"a": [{"b": {"c": "4242424242424242"}}]}, "a[0].b.c"),
    "a key": ({"4242424242424242": 1}, "body"),
    "a key of metadata": ({"metadata": {"4242424242424242": "x"}}, "metadata"),
    "a number": ({"amount": 4242424242424242}, "amount"),
    "a fraction": ({"amount": 4242424242424242.0}, "amount"),
    "nothing": ({"amount": 1000, "currency": "usd", "metadata": {}, "x": None, "y": True}, None),
}


@pytest.mark.parametrize(("document", "place"), FOUND.values(), ids=FOUND.keys())
def test_where_it_stands(document: Any, place: str | None) -> None:
    """The field is named, and never by a name that is itself the number."""
    assert find_card_number(document) == place


@pytest.mark.parametrize("text", [*WRITTEN.values(), *ISSUED.values()])
def test_the_quick_look_lets_none_pass(text: str) -> None:
    """Whatever the close look would find, the quick one finds worth looking at."""
    assert suspicious(text.encode())


def test_the_quick_look_spares_plain_requests() -> None:
    """An ordinary body needs no close look."""
    assert not suspicious(b'{"amount":1000,"currency":"usd","transaction_id":"order-123456"}')
