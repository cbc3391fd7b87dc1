"""Every field and parameter at, below and above its bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import httpx2
import pytest

from api.anomaly_queries import ANOMALIES_PARAMETERS
from api.anomaly_schemas import AssignBody, ResolutionBody
from api.body import Body
from api.customer_schemas import (
    AddressBody,
    AttachBody,
    BillingDetailsBody,
    CardBody,
    CustomerBody,
    ReasonBody,
)
from api.endpoint_schemas import EnableBody, EndpointBody, ReplayBody, RotateBody
from api.event_queries import DELIVERIES_PARAMETERS, ENDPOINTS_PARAMETERS, EVENTS_PARAMETERS
from api.queries import ACTIONS_PARAMETERS, CARDS_PARAMETERS, LIST_PARAMETERS
from api.rule_schemas import DecideBody, RuleBody, WhatIfBody
from api.schemas import (
    CancelBody,
    CaptureBody,
    ConfirmBody,
    CreateBody,
    RefreshBody,
    RefundBody,
    ResolveBody,
)
from tests.api.bad_input.bounds import AMOUNTS, FIELDS, Bounds, put
from tests.api.bad_input.conftest import Ground, told
from tests.api.bad_input.head_bounds import QUERIES
from tests.api.bad_input.routes import POSTS

MODELS: dict[str, type[Body]] = {
    "create": CreateBody,
    "confirm": ConfirmBody,
    "cancel": CancelBody,
    "refresh": RefreshBody,
    "capture": CaptureBody,
    "refund": RefundBody,
    "create customer": CustomerBody,
    "attach": AttachBody,
    "update card": CardBody,
    "resolve": ResolveBody,
    "assign anomaly": AssignBody,
    "resolve anomaly": ResolutionBody,
    "decide rule": DecideBody,
    "change rule": RuleBody,
    "what if": WhatIfBody,
    "disable": ReasonBody,
    "enable": ReasonBody,
    "create endpoint": EndpointBody,
    "rotate secret": RotateBody,
    "enable endpoint": EnableBody,
    "replay": ReplayBody,
}


# ── nothing is left out ──────────────────────────────────────────────────────────────────────


def fields_of(annotation: Any, way: str = "") -> Iterator[str]:
    """Yield every field of a body and of what stands in it, as the table names them."""
    if get_origin(annotation) in (Union, UnionType, Annotated):
        inner = get_args(annotation)[:1] if get_origin(annotation) is Annotated else None
        for part in inner or get_args(annotation):
            yield from fields_of(part, way)
    elif get_origin(annotation) is list:
        yield f"{way}[]"
    elif get_origin(annotation) is dict:
        yield from (f"{way}{{name}}", f"{way}{{}}")
    elif isinstance(annotation, type) and issubclass(annotation, Body):
        for name, info in annotation.model_fields.items():
            below = f"{way}.{name}" if way else name
            yield below
            yield from fields_of(info.annotation, below)


@pytest.mark.parametrize("name", [*POSTS, "change rule"])
def test_every_field_has_bounds(name: str) -> None:
    """No field of a body is without its row."""
    assert FIELDS[name].keys() == set(fields_of(MODELS[name]))


def test_every_body_has_bounds() -> None:
    """No body is without its rows: parts are walked from what they stand in."""
    assert {*MODELS.values(), AddressBody, BillingDetailsBody} == set(Body.__subclasses__())


def test_every_parameter_has_bounds() -> None:
    """No parameter of a query is without its row."""
    assert QUERIES["list payments"].keys() == LIST_PARAMETERS.keys()
    assert QUERIES["actions"].keys() == ACTIONS_PARAMETERS.keys()
    assert QUERIES["list anomalies"].keys() == ANOMALIES_PARAMETERS.keys()
    assert QUERIES["list cards"].keys() == CARDS_PARAMETERS.keys()
    assert QUERIES["list events"].keys() == EVENTS_PARAMETERS.keys()
    assert QUERIES["list endpoints"].keys() == ENDPOINTS_PARAMETERS.keys()
    assert QUERIES["list deliveries"].keys() == DELIVERIES_PARAMETERS.keys()


# ── bodies ───────────────────────────────────────────────────────────────────────────────────


def param_of(field: str, value: Any) -> str:
    """Return what the answer must call the field."""
    if field.endswith("{name}"):
        name = f"{field[:-6]}.{value}" if value else field[:-6]
    else:
        name = field.replace("[]", "[0]").replace("{}", ".a")
    return name if len(name) <= 60 else name[:60] + "…"


def cases(pick: Callable[[Bounds], tuple[Any, ...]]) -> list[tuple[str, str, Any]]:
    """List route, field and value for every value that is picked of the table."""
    return [
        (name, field, value)
        for name, fields in FIELDS.items()
        for field, bounds in fields.items()
        for value in pick(bounds)
    ]


def whole_field(field: str) -> str:
    """Name the field of the body that an item or a label stands in."""
    return field.partition("[")[0].partition("{")[0]


def shown(answer: httpx2.Response, field: str) -> Any:
    """Return how a field stands in the answer."""
    return answer.json()[whole_field(field)]


SHOWN = {
    "create": {*FIELDS["create"]} - {"setup_future_usage", "customer"},
    "create customer": {*FIELDS["create customer"]},
    "update card": {"exp_month", "exp_year"},
}


@pytest.mark.thorough
async def test_what_is_just_taken(ground: Ground) -> None:
    """A value on its bound is carried out, and shown as it was sent."""
    wrong = {}
    for name, field, value in cases(lambda bounds: bounds.taken):
        body = put(name, field, value)
        answer = await ground.call(name, on=await ground.anew(name), body=body)
        if answer.status_code not in (200, 201) or (
            field in SHOWN.get(name, ()) and shown(answer, field) != body[whole_field(field)]
        ):
            wrong[name, field, repr(value)[:60]] = answer.text

    assert wrong == {}


async def test_what_is_just_not_taken(sqlite_ground: Ground) -> None:
    """A value beyond its bound is 422 under the field's name; nothing moves."""
    before, asked = await sqlite_ground.stands(), await sqlite_ground.asked()
    refused = cases(lambda bounds: (*bounds.refused, *bounds.unsaid))

    answers = {
        (name, field, repr(value)): told(
            await sqlite_ground.call(name, body=put(name, field, value))
        )
        for name, field, value in refused
    }

    assert answers == {
        (name, field, repr(value)): (422, "validation_error", param_of(field, value))
        for name, field, value in refused
    }
    assert await sqlite_ground.stands() == before
    # A card is read before its expiry is compared with the present.
    assert await sqlite_ground.asked() == asked + ["payment_methods.retrieve"] * 2


UNKNOWN = {
    ("create", "customer"): (422, "stripe_refused", "customer"),
    ("confirm", "payment_method"): (422, "card_unknown", "payment_method"),
    ("attach", "payment_method"): (422, "card_unknown", "payment_method"),
}


@pytest.mark.thorough
async def test_ids_that_stripe_does_not_know(ground: Ground) -> None:
    """The shortest and the longest id are asked for, and told to be unknown."""
    before = await ground.stands(done=True)

    answers = {
        (name, field, value): told(await ground.call(name, body=put(name, field, value)))
        for name, field, value in cases(lambda bounds: bounds.unknown)
    }

    assert answers == {case: UNKNOWN[case[:2]] for case in answers}
    assert len(answers) == 2 * len(UNKNOWN)
    assert await ground.stands(done=True) == before


async def test_the_bounds_of_currencies(sqlite_ground: Ground) -> None:
    """Each currency has a least amount of its own, and some take multiples only."""

    async def create(currency: str, amount: int) -> int:
        answer = await sqlite_ground.call("create", body={"amount": amount, "currency": currency})
        return answer.status_code

    statuses = {
        currency: [await create(currency, amount) for amount in (*bounds.taken, *bounds.refused)]
        for currency, bounds in AMOUNTS.items()
    }

    assert statuses == {
        currency: [201] * len(bounds.taken) + [422] * len(bounds.refused)
        for currency, bounds in AMOUNTS.items()
    }


async def test_billing_details_arrive(sqlite_ground: Ground) -> None:
    """What is just taken of billing details is what Stripe has afterwards."""
    account = sqlite_ground.api.world
    wrong = {}
    for field, bounds in FIELDS["update card"].items():
        if not field.startswith("billing_details."):
            continue
        for value in (each for each in bounds.taken if isinstance(each, str)):
            await sqlite_ground.call("update card", body=put("update card", field, value))
            url = f"{account.url}/v1/payment_methods/{sqlite_ground.ids['card']}"
            async with account.http.get(url) as answer:
                kept = await answer.json()
            for part in field.split("."):
                kept = kept[part]
            if (kept or "") != value:
                wrong[field, value] = kept

    assert wrong == {}
