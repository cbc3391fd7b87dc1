"""What every operation is described by."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from api.openapi.examples import ANSWERS, REQUESTS, references
from api.openapi.links import links_from
from api.openapi.parameters import in_query, parameter
from api.openapi.refusals import Kinds, refusals
from api.openapi.types import Schema, reference
from api.queries import Parameter
from orchestrator import errors


def answer(
    status: int,
    name: str,
    *headers: str,
    examples: tuple[str, ...] = (),
    linked: bool = True,
) -> Schema:
    """Describe an answer; without names of examples all of its schema's are shown."""
    described: Schema = {
        "description": HTTPStatus(status).phrase,
        "headers": {
            header: {"$ref": f"#/components/headers/{header}"}
            for header in ("Request-Id", *headers)
        },
        "content": {
            "application/json": {
                "schema": reference(name),
                "examples": references(name, examples or ANSWERS[name]),
            }
        },
    }
    if linked and (links := links_from(name)):
        described["links"] = links
    return described


def operation(
    answers: Mapping[int, Schema],
    kinds: Kinds,
    *,
    on: str | None = None,
    body: str | None = None,
    body_needed: bool = False,
    key_needed: bool = False,
    keyed: bool = True,
    takes_key: bool = True,
    query: Mapping[str, Parameter] | None = None,
) -> Schema:
    """Describe an operation on what ``on`` names in its path; ``kinds`` are its errors."""
    parameters = [parameter(on)] if on is not None else []
    parameters += [in_query(name, each) for name, each in (query or {}).items()]
    described: Schema = {
        "responses": {**{str(status): each for status, each in answers.items()}, **refusals(kinds)}
    }
    if keyed:
        described["security"] = [{"key": []}]
    if body is not None:
        if takes_key:
            needed = "idempotency_key_needed" if key_needed else "idempotency_key"
            parameters.append(parameter(needed))
        described["requestBody"] = {
            "required": body_needed,
            "description": "JSON; what is not named here is refused.",
            "content": {
                "application/json": {
                    "schema": reference(body),
                    "examples": references(body, REQUESTS[body]),
                }
            },
        }
    if parameters:
        described["parameters"] = parameters
    return described


PAYMENT_GONE: Final[Kinds] = (errors.PaymentNotFound,)

CUSTOMER_GONE: Final[Kinds] = (errors.CustomerNotFound,)

CARD_GONE: Final[Kinds] = (errors.CardNotFound,)

RACED: Final[Kinds] = (errors.WriteConflict,)

REPLAYED: Final = "Idempotent-Replayed"

STANDS: Final = ("succeeded", "card_disabled", "authentication_needed", "held", "canceled")

FOUND: Final = {200: answer(200, "payment", REPLAYED, examples=STANDS)}

FOUND_OR_UNKNOWN: Final = {
    200: answer(200, "payment", REPLAYED, examples=STANDS),
    202: answer(202, "payment", REPLAYED, examples=("outcome_unknown",)),
}
