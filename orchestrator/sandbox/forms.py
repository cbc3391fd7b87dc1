"""Form bodies with nested keys, and the check of parameters against an endpoint's table.

Everything refused here is refused before the endpoint runs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl

from orchestrator.sandbox.errors import RequestInvalid, missing_parameter, unknown_parameter

_KEY = re.compile(r"(?P<name>[^\[\]]+)(?P<rest>(?:\[[^\[\]]*\])*)")
_STEP = re.compile(r"\[([^\[\]]*)\]")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\x00-\x1f]+")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_POSITION = re.compile(r"[0-9]{1,4}")
DEPTH_LIMIT = 20
METADATA_KEYS_LIMIT = 50
METADATA_KEY_LENGTH_LIMIT = 40
METADATA_VALUE_LENGTH_LIMIT = 500


def parse_form(encoded: str) -> dict[str, Any]:
    """Read ``a[b]=c&d[0]=e&d[]=f`` as nested mappings; values stay strings.

    A list is a mapping by position until ``strings`` reads it: only the endpoint's table knows
    whether ``{"0": …}`` is a list or metadata with a key ``0``.

    Raises:
        RequestInvalid: a key is not well formed, or too deep.
    """
    root: dict[str, Any] = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        parsed = _KEY.fullmatch(key)
        if parsed is None:
            raise RequestInvalid(f"Invalid request: malformed parameter name {key!r}")
        steps = [parsed["name"], *_STEP.findall(parsed["rest"])]
        if len(steps) > DEPTH_LIMIT:
            raise RequestInvalid(f"Invalid request: more than {DEPTH_LIMIT} hashes in each other")
        _assign(root, steps, value)
    return root


def _assign(node: dict[str, Any], steps: list[str], value: str) -> None:
    for step in steps[:-1]:
        child = node.setdefault(step or str(len(node)), {})
        if not isinstance(child, dict):
            raise RequestInvalid(f"Invalid request: {steps[0]} is both a value and a hash")
        node = child
    node[steps[-1] or str(len(node))] = value


class Kind(Protocol):
    """How one parameter's value is read."""

    def __call__(self, name: str, value: Any) -> Any:
        """Read ``value`` or raise ``RequestInvalid``."""


def string(name: str, value: Any) -> str:
    """Read a string."""
    if not isinstance(value, str):
        raise RequestInvalid(f"Invalid string: {value}", param=name)
    return value


def identifier(name: str, value: Any) -> str:
    """Read a string that may not be empty."""
    text = string(name, value)
    if not text.strip():
        raise RequestInvalid(
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{name}' cannot be unset.",
            code="parameter_invalid_empty",
            param=name,
        )
    return text


def integer(name: str, value: Any) -> int:
    """Read an integer."""
    if not isinstance(value, str) or _INTEGER.fullmatch(value) is None:
        raise RequestInvalid(
            f"Invalid integer: {value}", code="parameter_invalid_integer", param=name
        )
    return int(value)


def boolean(name: str, value: Any) -> bool:
    """Read a boolean."""
    if value not in ("true", "false"):
        raise RequestInvalid(f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def strings(name: str, value: Any) -> list[str]:
    """Read a list of strings."""
    if value == "":
        return []
    return [string(f"{name}[{key}]", item) for key, item in _items(name, value)]


def _items(name: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict) or not all(map(_POSITION.fullmatch, value)):
        raise RequestInvalid("Invalid array", param=name)
    return [(key, value[key]) for key in sorted(value, key=int)]


def url(name: str, value: Any) -> str:
    """Read an address; an app's own scheme will do."""
    text = identifier(name, value)
    if _URL.fullmatch(text) is None:
        raise RequestInvalid("Not a valid URL", code="url_invalid", param=name)
    return text


def metadata(name: str, value: Any) -> dict[str, str] | None:
    """Read metadata: strings by key; null stands for an empty string, which removes all."""
    if value == "":
        return None
    if not isinstance(value, dict):
        raise RequestInvalid(f"Invalid hash: {value}", code="parameter_invalid_empty", param=name)
    if len(value) > METADATA_KEYS_LIMIT:
        raise RequestInvalid(
            f"You can only set up to {METADATA_KEYS_LIMIT} metadata keys.", param=name
        )
    return {_metadata_key(name, key): _metadata_value(name, key, value[key]) for key in value}


def _metadata_key(name: str, key: str) -> str:
    if len(key) > METADATA_KEY_LENGTH_LIMIT:
        raise RequestInvalid(
            f"Metadata keys may be up to {METADATA_KEY_LENGTH_LIMIT} characters long.", param=name
        )
    return key


def _metadata_value(name: str, key: str, value: Any) -> str:
    text = string(f"{name}[{key}]", value)
    if len(text) > METADATA_VALUE_LENGTH_LIMIT:
        raise RequestInvalid(
            f"Metadata values must be {METADATA_VALUE_LENGTH_LIMIT} characters or less.",
            param=f"{name}[{key}]",
        )
    return text


@dataclass(frozen=True, slots=True)
class one_of:
    """Read one of a fixed set of strings; named as it reads in a table, beside ``string``."""

    choices: tuple[str, ...]

    def __call__(self, name: str, value: Any) -> str:
        """Read ``value`` or raise ``RequestInvalid``."""
        if value not in self.choices:
            raise RequestInvalid(
                f"Invalid {name}: must be one of {', '.join(self.choices)}", param=name
            )
        return str(value)


@dataclass(frozen=True, slots=True)
class hash_of:
    """Read a nested hash by a table of its own."""

    table: "Mapping[str, Parameter]"

    def __call__(self, name: str, value: Any) -> dict[str, Any]:
        """Read ``value`` or raise ``RequestInvalid``."""
        if value == "":
            return {}
        if not isinstance(value, dict):
            raise RequestInvalid("Invalid object", param=name)
        return read_parameters(value, self.table, prefix=name)


@dataclass(frozen=True, slots=True)
class integer_or_hash_of:
    """Read an integer, or a nested hash by a table of its own."""

    table: "Mapping[str, Parameter]"

    def __call__(self, name: str, value: Any) -> int | dict[str, Any]:
        """Read ``value`` or raise ``RequestInvalid``."""
        return hash_of(self.table)(name, value) if isinstance(value, dict) else integer(name, value)


@dataclass(frozen=True, slots=True)
class hashes_of:
    """Read a list of hashes, each by the same table."""

    table: "Mapping[str, Parameter]"

    def __call__(self, name: str, value: Any) -> list[dict[str, Any]]:
        """Read ``value`` or raise ``RequestInvalid``."""
        if value == "":
            return []
        read = hash_of(self.table)
        return [read(f"{name}[{key}]", item) for key, item in _items(name, value)]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row of an endpoint's table."""

    kind: Kind
    required: bool = False


def read_parameters(
    raw: Mapping[str, Any], table: Mapping[str, Parameter], *, prefix: str = ""
) -> dict[str, Any]:
    """Check ``raw`` against ``table`` and convert its values.

    Raises:
        RequestInvalid: a parameter is unknown, missing or of the wrong type.
    """
    for name in raw:
        if name not in table:
            raise unknown_parameter(_full_name(prefix, name))
    for name, row in table.items():
        if row.required and name not in raw:
            raise missing_parameter(_full_name(prefix, name))
    return {name: table[name].kind(_full_name(prefix, name), raw[name]) for name in raw}


def _full_name(prefix: str, name: str) -> str:
    return f"{prefix}[{name}]" if prefix else name
