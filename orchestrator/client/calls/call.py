"""One call: what is sent, and what every call is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

from orchestrator.client.values import Answer, Document, Page, read, read_page

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Call(Generic[Value]):
    """One request. Its key is chosen here, before it is first sent, so that every try has it."""

    method: str
    path: str
    read: Callable[[Document, Answer], Value]
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    idempotency_key: str | None = None


def post(
    path: str, kind: type[Value], body: Mapping[str, Any], idempotency_key: str | None
) -> Call[Value]:
    """Build a POST under the caller's key, or one made up for this call.

    Raises:
        ValueError: the key is none that a header carries unchanged.
    """
    key = str(uuid4()) if idempotency_key is None else _key(idempotency_key)
    return Call("POST", path, partial(one_of, kind), body, idempotency_key=key)


def get(path: str, kind: type[Value]) -> Call[Value]:
    """Build a GET of one thing."""
    return Call("GET", path, partial(one_of, kind))


def list_of(path: str, kind: type[Value], filters: Mapping[str, Any]) -> Call[Page[Value]]:
    """Build a GET of a page of things; filters that are null are left out."""
    query = {name: _text(value) for name, value in filters.items() if value is not None}
    return Call("GET", path, lambda document, _: read_page(kind, document), query=query)


def one_of(kind: type[Value], document: Document, answer: Answer) -> Value:
    """Read a thing from its document, with how it was answered where it keeps that."""
    has_answer = "answer" in kind.__dataclass_fields__  # type: ignore[attr-defined]  # all are
    return read(kind, document, answer=answer) if has_answer else read(kind, document)


def only_given(**fields: Any) -> dict[str, Any]:
    """Leave out what was not given."""
    return {name: value for name, value in fields.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("Give a moment with its time zone.")
        return value.isoformat()
    return str(value)


def _key(key: str) -> str:
    """Return a caller's key; one made up in its place would carry out a repeat a second time.

    Raises:
        ValueError: it is empty, or no text that a header carries unchanged.
    """
    if not key or not key.isascii() or not key.isprintable() or key != key.strip():
        raise ValueError("The idempotency_key is empty, or has what no such key has.")
    return key


def quoted(id: str) -> str:
    """Return an id as a part of a path; some would ask for something else.

    Raises:
        ValueError: there is none, or it is one of the two that lead to another address.
    """
    if not id:
        raise ValueError("The id is empty.")
    # A path's "." and ".." are taken away before it is sent (RFC 3986, 5.2.4), quoted or not.
    if id in {".", ".."}:
        raise ValueError(f'"{id}" is no id; it would lead to another address.')
    return quote(id, safe="")
