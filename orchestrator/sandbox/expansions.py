"""Which ids of an object can be asked for as objects (``expand``), and the asking."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from orchestrator.sandbox.accounts import Account
from orchestrator.sandbox.charge_objects import charge_json
from orchestrator.sandbox.errors import RequestInvalid
from orchestrator.sandbox.objects import customer_json, intent_json, payment_method_json

DEPTH_LIMIT: Final = 4  # docs.stripe.com/expand
# By kind of object: the fields that can be expanded, and what stands in them.
EXPANDABLE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "payment_intent": {
            "customer": "customer",
            "latest_charge": "charge",
            "payment_method": "payment_method",
        },
        "charge": {"customer": "customer", "payment_intent": "payment_intent"},
        "payment_method": {"customer": "customer"},
        "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
        "refund": {"charge": "charge", "payment_intent": "payment_intent"},
        "customer": {},
        "event": {},
        "webhook_endpoint": {},
    }
)
_DRAWN: Final[Mapping[str, Callable[[Account, str], dict[str, Any]]]] = MappingProxyType(
    {
        "charge": lambda account, id: charge_json(account.charges[id]),
        "customer": lambda account, id: customer_json(account.customers[id]),
        "payment_intent": lambda account, id: intent_json(account.intents[id]),
        "payment_method": lambda account, id: payment_method_json(account.payment_methods[id]),
    }
)


def check_expansions(paths: list[str], kind: str, *, listed: bool) -> None:
    """Refuse an expansion of something that an answer of this ``kind`` does not refer to.

    Raises:
        RequestInvalid: a part of a path names nothing that can be expanded.
    """
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEPTH_LIMIT:
            raise RequestInvalid(
                f"You cannot expand more than {DEPTH_LIMIT} levels of a property. Property: {path}",
                param="expand",
            )
        if listed and steps.pop(0) != "data":
            raise _not_expandable(path)
        at = kind
        for step in steps:
            if step not in EXPANDABLE[at]:
                raise _not_expandable(path)
            at = EXPANDABLE[at][step]


def _not_expandable(path: str) -> RequestInvalid:
    return RequestInvalid(f"This property cannot be expanded ({path}).", param="expand")


def expand(account: Account, drawn: dict[str, Any], path: str) -> None:
    """Replace the id at ``path`` in ``drawn`` by its object."""
    first, _, rest = path.partition(".")
    if first == "data":
        for item in drawn["data"]:
            expand(account, item, rest)
        return
    value = drawn.get(first)
    if isinstance(value, str):
        value = drawn[first] = _DRAWN[EXPANDABLE[drawn["object"]][first]](account, value)
    if rest and isinstance(value, dict):
        expand(account, value, rest)
