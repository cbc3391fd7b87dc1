"""What every operation takes, walked through its own table: unknown, missing and misshapen."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from orchestrator.sandbox.forms import (
    Parameter,
    hash_of,
    hashes_of,
    integer,
    integer_or_hash_of,
    strings,
)
from orchestrator.sandbox.operations import OPERATIONS, Operation
from tests.sandbox.conftest import Sandbox

BY_NAME = {operation.name: operation for operation in OPERATIONS}
PLAIN = "1"  # passes for a string, an integer and the start of an id
Given = dict[str, str]
CHOSEN = {"type": "card"}


def inner_table(parameter: Parameter) -> tuple[str, Mapping[str, Parameter]] | None:
    """Return the table inside a parameter and how its keys are reached, or null."""
    if isinstance(parameter.kind, hash_of | integer_or_hash_of):
        return "", parameter.kind.table
    if isinstance(parameter.kind, hashes_of):
        return "[0]", parameter.kind.table
    return None


def hashes(table: Mapping[str, Parameter], prefix: str = "") -> Iterator[tuple[str, Given]]:
    """List the hashes of a table at every depth, the table itself first.

    Each as ``{}`` of a key in it, with what the hashes around it cannot do without.
    """
    yield (f"{prefix}[{{}}]" if prefix else "{}"), {}
    for name, parameter in table.items():
        inside = inner_table(parameter)
        if inside is None:
            continue
        step, inner = inside
        for key, needed in hashes(inner, _within(prefix, name) + step):
            yield key, needed | _required(table, prefix, apart_from=name)


def _required(table: Mapping[str, Parameter], prefix: str, *, apart_from: str) -> Given:
    return {
        _within(prefix, name) + ("[0]" if row.kind is strings else ""): CHOSEN.get(name, PLAIN)
        for name, row in table.items()
        if row.required and name != apart_from
    }


def _within(prefix: str, name: str) -> str:
    return f"{prefix}[{name}]" if prefix else name


def required(operation: Operation) -> Given:
    """Fill in the parameters an operation cannot do without."""
    return _required(operation.parameters, "", apart_from="")


async def refusal(sandbox: Sandbox, operation: Operation, given: Given) -> dict[str, Any]:
    """Make a call that is refused for its parameters, and return its error object."""
    path, encoded = operation.path.replace("{id}", "any_1"), urlencode(given)
    if operation.method == "POST":
        status, body, _ = await sandbox.raw("POST", path, encoded)
    else:
        status, body, _ = await sandbox.raw(operation.method, f"{path}?{encoded}")
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")
    error: dict[str, Any] = body["error"]
    return error


@pytest.mark.parametrize(
    ("name", "key", "needed"),
    [
        pytest.param(each.name, key.format("huh"), needed, id=f"{each.name}-{key.format('huh')}")
        for each in OPERATIONS
        for key, needed in hashes(each.parameters)
    ],
)
async def test_an_unknown_parameter_is_refused(
    sandbox: Sandbox, name: str, key: str, needed: Given
) -> None:
    """A key Stripe does not know is ``parameter_unknown`` at every depth of every operation."""
    operation = BY_NAME[name]
    error = await refusal(sandbox, operation, {**required(operation), **needed, key: "x"})

    assert (error["code"], error["param"]) == ("parameter_unknown", key)


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        (operation.name, absent)
        for operation in OPERATIONS
        for absent, row in operation.parameters.items()
        if row.required
    ],
)
async def test_a_missing_parameter_is_named(sandbox: Sandbox, name: str, absent: str) -> None:
    """A required parameter that is absent is ``parameter_missing`` and named."""
    operation = BY_NAME[name]
    given = {
        name: value
        for name, value in required(operation).items()
        if name.removesuffix("[0]") != absent
    }
    error = await refusal(sandbox, operation, given)

    assert (error["code"], error["param"]) == ("parameter_missing", absent)


async def test_a_missing_parameter_inside_is_named(sandbox: Sandbox) -> None:
    """A required key of a hash is named with the hash it is missing in."""
    operation = BY_NAME["payment_intents.create"]
    key = "automatic_payment_methods[allow_redirects]"
    error = await refusal(sandbox, operation, {**required(operation), key: "never"})

    assert error["code"] == "parameter_missing"
    assert error["param"] == "automatic_payment_methods[enabled]"


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        (operation.name, name)
        for operation in OPERATIONS
        for name, row in operation.parameters.items()
        if isinstance(row.kind, hash_of | hashes_of) or row.kind in (integer, strings)
    ],
)
async def test_a_word_is_no_hash_list_or_integer(
    sandbox: Sandbox, name: str, parameter: str
) -> None:
    """A word where a hash, a list or an integer belongs is refused by the parameter's name."""
    operation = BY_NAME[name]
    given = required(operation)
    given.pop(f"{parameter}[0]", None)
    error = await refusal(sandbox, operation, {**given, parameter: "word"})

    assert error["param"] == parameter


@pytest.mark.parametrize("url", ["shop.test/back", "https://", "/back", "https://shop.test/a b"])
async def test_a_return_url_is_an_address(sandbox: Sandbox, url: str) -> None:
    """A ``return_url`` that no browser could follow is ``url_invalid``."""
    error = await refusal(sandbox, BY_NAME["payment_intents.confirm"], {"return_url": url})

    assert (error["code"], error["param"]) == ("url_invalid", "return_url")


@pytest.mark.parametrize(
    "form",
    [
        b"name=\xff\xfe&huh=1",
        "expand[²]=x".encode(),
        b"expand[" + b"9" * 5000 + b"]=x",
        b"metadata" + b"[a]" * 5000 + b"=x",
        b"]=x",
        b"name=x&name[a]=y",
    ],
    ids=["no UTF-8", "odd digit", "long position", "deep", "no name", "value and hash"],
)
async def test_a_malformed_body_is_refused(sandbox: Sandbox, form: bytes) -> None:
    """A body that no library would write is a 400 like any other."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{sandbox.url}/v1/customers"
    async with sandbox.http.post(url, data=form, headers=headers) as answer:
        body = await answer.json()

    assert (answer.status, body["error"]["type"]) == (400, "invalid_request_error")


async def test_only_plain_digits_are_an_integer(sandbox: Sandbox) -> None:
    """A digit of another script is no integer, though Python takes it for one."""
    error = await refusal(sandbox, BY_NAME["customers.list"], {"limit": "٣"})

    assert error["code"] == "parameter_invalid_integer"
