"""The parameters of every operation against Stripe's own description."""

from collections.abc import Iterator, Mapping

import pytest

from orchestrator.sandbox.expansions import EXPANDABLE
from orchestrator.sandbox.forms import Parameter, metadata, strings
from orchestrator.sandbox.operations import OPERATIONS
from tests.sandbox.description import (
    Keys,
    described,
    keys_of_call,
    needs_description,
    required_of_call,
)
from tests.sandbox.test_parameters import BY_NAME, inner_table

pytestmark = needs_description
# The copy beside the project leaves out the list of disputes.
NAMES = [operation.name for operation in OPERATIONS if operation.name != "disputes.list"]
# Other ways to pay than by card are not played, and these are Stripe's own past.
LEGACY = {
    "customers.update": {
        "bank_account",
        "card",
        "default_alipay_account",
        "default_bank_account",
        "default_card",
        "default_source",
    }
}


def strangers(table: Mapping[str, Parameter], known: Keys, prefix: str = "") -> Iterator[str]:
    """List the parameters of a table, at every depth, that Stripe does not know."""
    for name, parameter in table.items():
        full = f"{prefix}[{name}]" if prefix else name
        if name not in known:
            yield full
            continue
        if parameter.kind is metadata and "*" not in known[name]:
            yield f"{full} (as metadata)"
        if parameter.kind is strings and "[]" not in known[name]:
            yield f"{full} (as a list)"
        inside = inner_table(parameter)
        if inside is not None:
            step, inner = inside
            at = known[name].get("[]", {}) if step else known[name]
            yield from strangers(inner, at, full + step)


@pytest.mark.parametrize("name", NAMES)
def test_stripe_knows_every_parameter(name: str) -> None:
    """No operation takes a parameter, at any depth, that Stripe's does not take."""
    operation = BY_NAME[name]

    assert (
        list(strangers(operation.parameters, keys_of_call(operation.method, operation.path))) == []
    )


@pytest.mark.parametrize("name", [name for name in NAMES if name != "payment_methods.create"])
def test_stripes_parameters_are_known(name: str) -> None:
    """What Stripe's operation takes is at least known by name, so that nothing good is unknown."""
    operation = BY_NAME[name]
    missing = set(keys_of_call(operation.method, operation.path)) - set(operation.parameters)

    assert missing == LEGACY.get(name, set())


@pytest.mark.parametrize("name", NAMES)
def test_what_stripe_requires_is_required(name: str) -> None:
    """Whatever Stripe's description calls required is required here."""
    operation = BY_NAME[name]
    required = {name for name, row in operation.parameters.items() if row.required}

    assert required_of_call(operation.method, operation.path) <= required


@pytest.mark.parametrize("kind", EXPANDABLE)
def test_stripe_can_expand_what_we_expand(kind: str) -> None:
    """What can be expanded here can be expanded at Stripe."""
    schema = described()["components"]["schemas"][kind]

    assert set(EXPANDABLE[kind]) <= set(schema.get("x-expandableFields", ()))
