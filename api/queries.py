"""Reads a query string by a table of what it may hold, each parameter at most once.

Refuses what is unknown, repeated or not what it must be: a filter that is silently left out would
answer another question than was asked.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple, get_args
from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from api.errors import ValidationFailed
from api.fields import field_name
from orchestrator.actions import ActionName
from orchestrator.states import PaymentState
from orchestrator.store.actions import ListActions
from orchestrator.store.lists import DEFAULT_LIMIT, Bound, Comparison, ListPayments

LONGEST_LIST: Final = 100

_STRAY_PERCENT: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Parameter(NamedTuple):
    """One parameter: how its text is read, its JSON Schema, and what it is for.

    ``read`` raises ValueError with what the value must be, to stand after the parameter's name.
    """

    read: Callable[[str], Any]
    schema: dict[str, Any]
    purpose: str


def read_query(request: Request, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Read a request's query string; what is not given is left out.

    Raises:
        ValidationFailed: naming the first parameter that is unknown, repeated or malformed.
    """
    values: dict[str, Any] = {}
    for name, text in _pairs(request.scope["query_string"]):
        shown = field_name([name])
        if name not in parameters:
            known = ", ".join(parameters) or "none"
            raise ValidationFailed(
                f"{shown or 'A parameter without a name'} is not a parameter of this request; it "
                f"takes {known}.",
                shown or "query",
            )
        if name in values:
            raise ValidationFailed(f"{shown} is given more than once.", shown)
        try:
            values[name] = parameters[name].read(text)
        except ValueError as exc:
            raise ValidationFailed(f"{shown} {exc}.", shown) from exc
    return values


def read_list_query(request: Request, owner: str | None) -> ListPayments:
    """Read which payments a request wants listed.

    Raises:
        ValidationFailed: naming the parameter that cannot be heeded.
    """
    values = read_page_query(request, LIST_PARAMETERS)
    created = tuple(
        Bound(comparison, values.pop(_created(comparison)))
        for comparison in get_args(Comparison)
        if _created(comparison) in values
    )
    return ListPayments(owner=owner, created=created, **values)


def read_actions_query(request: Request) -> ListActions:
    """Read which actions a request wants listed.

    Raises:
        ValidationFailed: naming the parameter that cannot be heeded.
    """
    return ListActions(**read_page_query(request, ACTIONS_PARAMETERS))


def read_page_query(request: Request, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Read what page of a list a request wants; it adjoins one thing at the most.

    Raises:
        ValidationFailed: naming the parameter that cannot be heeded.
    """
    values = read_query(request, parameters)
    if "starting_after" in values and "ending_before" in values:
        raise ValidationFailed(
            "ending_before and starting_after exclude each other; give one of them.",
            "ending_before",
        )
    return values


# ── the string ───────────────────────────────────────────────────────────────────────────────


def _pairs(query: bytes) -> Iterator[tuple[str, str]]:
    for part in query.split(b"&"):
        if not part:
            continue
        raw_name, _, raw_value = part.partition(b"=")
        name = _decode(raw_name, "query")
        yield name, _decode(raw_value, field_name([name]))


def _decode(raw: bytes, param: str) -> str:
    """Undo the percent-encoding of a form, refusing what has more than one reading."""
    try:
        if _STRAY_PERCENT.search(raw):
            raise ValueError("a percent sign that encodes nothing")
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except ValueError as exc:
        raise ValidationFailed("The query string is not percent-encoded UTF-8.", param) from exc


# ── the values ───────────────────────────────────────────────────────────────────────────────


def _matching(pattern: str, must_be: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.DOTALL)

    def read(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise ValueError(must_be)
        return text

    return read


def _read_state(text: str) -> PaymentState:
    if text not in set(PaymentState):
        raise ValueError(f"must be one of {', '.join(PaymentState)}")
    return PaymentState(text)


def read_limit(text: str) -> int:
    """Read how much a page holds.

    Raises:
        ValueError: it is no such number.
    """
    if re.fullmatch(r"[0-9]{1,3}", text) is None or not 1 <= int(text) <= LONGEST_LIST:
        raise ValueError(f"must be a whole number from 1 to {LONGEST_LIST}")
    return int(text)


_UNIX_SECONDS: Final = r"[0-9]{1,11}"
_RFC_3339: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def read_moment(text: str) -> datetime:
    """Read a moment; what is finer than a microsecond is cut off.

    Raises:
        ValueError: it is neither RFC 3339 with an offset nor Unix seconds, or is no moment at all.
    """
    try:
        if re.fullmatch(_UNIX_SECONDS, text):
            return _EPOCH + timedelta(seconds=int(text))
        if re.fullmatch(_RFC_3339, text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(
        "must be a moment: RFC 3339 with an offset (2026-03-01T12:00:00Z; write a plus as %2B) or "
        "Unix seconds"
    )


def _created(comparison: Comparison) -> str:
    return f"created[{comparison}]"


_TRANSACTION: Final = r"[^\x00]{1,200}"
_CUSTOMER: Final = r"cus_[A-Za-z0-9_]{1,250}"
# Anything of this shape is looked for; what is nobody's is refused once it was not found.
_PAYMENT: Final = r"pay_[A-Za-z0-9]{1,64}"
_WHICH_CREATED: Final[Mapping[Comparison, str]] = MappingProxyType(
    {"gt": "after", "gte": "at or after", "lt": "before", "lte": "at or before"}
)


def text_parameter(pattern: str, must_be: str, purpose: str) -> Parameter:
    """Describe a text of this pattern."""
    schema = {"type": "string", "pattern": f"^{pattern}$"}
    return Parameter(_matching(pattern, must_be), schema, purpose)


def _moment(comparison: Comparison) -> Parameter:
    schema = {
        "anyOf": [
            {"type": "string", "format": "date-time"},
            {"type": "string", "pattern": f"^{_UNIX_SECONDS}$"},
        ]
    }
    which = _WHICH_CREATED[comparison]
    purpose = f"Payments created {which} this moment: RFC 3339 with an offset, or Unix seconds."
    return Parameter(read_moment, schema, purpose)


LIST_PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {
        "state": Parameter(
            _read_state,
            {"type": "string", "enum": [state.value for state in PaymentState]},
            "Payments in this state.",
        ),
        "customer": text_parameter(
            _CUSTOMER, "must be a customer's id (cus_…)", "Payments of this customer."
        ),
        "transaction_id": text_parameter(
            _TRANSACTION,
            "must be 1 to 200 characters without a NUL",
            "Payments created with this transaction_id.",
        ),
        "limit": Parameter(
            read_limit,
            {"type": "integer", "minimum": 1, "maximum": LONGEST_LIST, "default": DEFAULT_LIMIT},
            "How many payments a page holds.",
        ),
        "starting_after": text_parameter(
            _PAYMENT,
            "must be a payment's id (pay_…)",
            "The page after (older than) this payment: the last id of the page before.",
        ),
        "ending_before": text_parameter(
            _PAYMENT,
            "must be a payment's id (pay_…)",
            "The page before (newer than) this payment: the first id of the page after.",
        ),
        **{_created(comparison): _moment(comparison) for comparison in get_args(Comparison)},
    }
)


def _read_included(text: str) -> str:
    if text != "disabled":
        raise ValueError("takes one value: disabled")
    return text


_ACTION: Final = r"act_[0-9]{1,18}"
_WORD: Final = r"[!-~]{1,255}"


def _read_action(text: str) -> str:
    if text not in set(ActionName):
        raise ValueError(f"must be one of {', '.join(ActionName)}")
    return text


def _read_action_id(text: str) -> int:
    if re.fullmatch(_ACTION, text) is None:
        raise ValueError("must be an action's id (act_…)")
    return int(text.removeprefix("act_"))


def _action_id(purpose: str) -> Parameter:
    return Parameter(_read_action_id, {"type": "string", "pattern": f"^{_ACTION}$"}, purpose)


ACTIONS_PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {
        "action": Parameter(
            _read_action,
            {"type": "string", "enum": [name.value for name in ActionName]},
            "Actions of this name.",
        ),
        "actor": text_parameter(
            _WORD,
            "must be 1 to 255 visible characters",
            "What this key (by its id) or operator (by name) did.",
        ),
        "subject": text_parameter(
            _WORD,
            "must be 1 to 255 visible characters",
            "What was done to the payment, card, key or endpoint of this id.",
        ),
        "limit": Parameter(
            read_limit,
            {"type": "integer", "minimum": 1, "maximum": LONGEST_LIST, "default": DEFAULT_LIMIT},
            "How many actions a page holds.",
        ),
        "starting_after": _action_id("The page after (older than) this action."),
        "ending_before": _action_id("The page before (newer than) this action."),
    }
)

CARDS_PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {
        "include": Parameter(
            _read_included,
            {"type": "string", "enum": ["disabled"]},
            "Show the cards that are out of use too, with the reason.",
        )
    }
)
