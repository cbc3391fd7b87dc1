"""A refused field is told of in words that say what to send, never in a library's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import annotated_types
import pytest
from pydantic import StringConstraints

from api.body import Body
from api.customer_schemas import CardBody, ReasonBody
from api.errors import ValidationFailed
from api.schemas import ConfirmBody, CreateBody
from api.wording import PATTERNS

CREATE: dict[str, Any] = {"amount": 1000, "currency": "usd"}
CONFIRM = {"payment_method": "pm_1"}
ADDRESS = "billing_details.address"

SAID: dict[str, tuple[type[Body], dict[str, Any], str]] = {
    "nothing": (CreateBody, {}, "amount is required."),
    "unknown": (CreateBody, CREATE | {"colour": 1}, "colour is not a field of this request."),
    "text for a number": (
        CreateBody,
        CREATE | {"amount": "1"},
        "amount must be a whole number, written without a point or quotes.",
    ),
    "fraction": (
        CreateBody,
        CREATE | {"amount": 1.5},
        "amount must be a whole number, written without a point or quotes.",
    ),
    "zero": (CreateBody, CREATE | {"amount": 0}, "amount must be greater than 0."),
    "much": (CreateBody, CREATE | {"amount": 10**12}, "amount must be at most 999999999999."),
    "currency": (
        CreateBody,
        CREATE | {"currency": "USD"},
        "currency must be a lower-case ISO 4217 code that Stripe supports.",
    ),
    "number for a text": (
        CreateBody,
        CREATE | {"transaction_id": 1},
        "transaction_id must be a text.",
    ),
    "empty": (
        CreateBody,
        CREATE | {"item_ids": [""]},
        "item_ids[0] must have at least 1 character.",
    ),
    "long": (
        CreateBody,
        CREATE | {"transaction_id": "a" * 201},
        "transaction_id must have at most 200 characters.",
    ),
    "NUL": (
        CreateBody,
        CREATE | {"description": "\x00"},
        "description must not hold a NUL character.",
    ),
    "no list": (CreateBody, CREATE | {"item_ids": {}}, "item_ids must be a list."),
    "many": (
        CreateBody,
        CREATE | {"item_ids": ["a"] * 101},
        "item_ids must have at most 100 entries.",
    ),
    "no object": (CreateBody, CREATE | {"metadata": []}, "metadata must be an object."),
    "many labels": (
        CreateBody,
        CREATE | {"metadata": {str(number): "" for number in range(48)}},
        "metadata must have at most 47 entries.",
    ),
    "bracket": (
        CreateBody,
        CREATE | {"metadata": {"a[": "b"}},
        "The key metadata.a[ must hold neither square brackets nor a NUL character.",
    ),
    "long key": (
        CreateBody,
        CREATE | {"metadata": {"k" * 41: "b"}},
        f"The key metadata.{'k' * 41} must have at most 40 characters.",
    ),
    "empty key": (
        CreateBody,
        CREATE | {"metadata": {"": "b"}},
        "A key of metadata must have at least 1 character.",
    ),
    "no name": (
        CreateBody,
        CREATE | {"": 1},
        "A field without a name is not a field of this request.",
    ),
    "no name, inside": (
        CardBody,
        {"billing_details": {"": 1}},
        "A field without a name is not a field of this request.",
    ),
    "a name like pydantic's": (
        CardBody,
        {"billing_details": {"address": {"[key]": 1}}},
        f"{ADDRESS}.[key] is not a field of this request.",
    ),
    "ours": (
        CreateBody,
        CREATE | {"metadata": {"item_ids": "b"}},
        "metadata.item_ids is a name that this service keeps for itself, like each of "
        "item_ids, payment_id, transaction_id.",
    ),
    "customer": (
        CreateBody,
        CREATE | {"customer": "pm_1"},
        "customer must be a Stripe customer's id: cus_….",
    ),
    "choice": (
        CreateBody,
        CREATE | {"setup_future_usage": "x"},
        "setup_future_usage must be 'on_session' or 'off_session'.",
    ),
    "card": (
        ConfirmBody,
        {"payment_method": "card_1"},
        "payment_method must be a Stripe payment method's id: pm_….",
    ),
    "address": (
        ConfirmBody,
        CONFIRM | {"return_url": "http://shop.example"},
        "return_url must be an absolute https address (http only to this machine).",
    ),
    "spaces": (
        ConfirmBody,
        CONFIRM | {"return_url": "https://a b"},
        "return_url must be an address without spaces, in ASCII.",
    ),
    "flag": (ConfirmBody, CONFIRM | {"off_session": 1}, "off_session must be true or false."),
    "month": (CardBody, {"exp_month": 13}, "exp_month must be at most 12."),
    "year": (CardBody, {"exp_year": 1999}, "exp_year must be at least 2000."),
    "part": (CardBody, {"billing_details": 1}, "billing_details must be an object."),
    "country": (
        CardBody,
        {"billing_details": {"address": {"country": "de"}}},
        f"{ADDRESS}.country must be a country's two capitals (ISO 3166-1).",
    ),
    "line": (
        CardBody,
        {"billing_details": {"email": "a\nb"}},
        "billing_details.email must be one line, without control characters.",
    ),
    "reason": (ReasonBody, {"reason": None}, "reason must be a text."),
}


@pytest.mark.parametrize(("kind", "document", "sentence"), SAID.values(), ids=SAID)
def test_it_says_what_to_send(kind: type[Body], document: dict[str, Any], sentence: str) -> None:
    """Each kind of mistake has a sentence of ours."""
    with pytest.raises(ValidationFailed) as refused:
        kind.read(document)

    assert str(refused.value) == sentence


def patterns(annotation: Any) -> Iterator[str]:
    """Yield every pattern in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, Body):
        yield from patterns_of(annotation)
    for part in (*get_args(annotation), *getattr(annotation, "__metadata__", ())):
        if isinstance(part, StringConstraints) and isinstance(part.pattern, str):
            yield part.pattern
        elif not isinstance(part, str | annotated_types.BaseMetadata):
            yield from patterns(part)


def patterns_of(kind: type[Body]) -> Iterator[str]:
    """Yield every pattern of a body's fields."""
    for info in kind.model_fields.values():
        yield from patterns(info.annotation)
        for part in info.metadata:
            pattern = getattr(part, "pattern", None)
            if isinstance(pattern, str):
                yield pattern


def test_every_pattern_has_words() -> None:
    """No pattern is told as such."""
    found = {pattern for kind in Body.__subclasses__() for pattern in patterns_of(kind)}

    assert found == PATTERNS.keys()
