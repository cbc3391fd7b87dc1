"""Reads a request's body: at most so many bytes, one JSON object, no two readings of it possible.

Refuses what two parsers could read differently: repeated keys, NaN, broken UTF-8, lone surrogates.
"""

import json
from typing import Any, Final

import orjson
from starlette.requests import ClientDisconnect, Request

from api.card_numbers import find_card_number, suspicious
from api.errors import CardNumberRefused, MalformedJson, PayloadTooLarge, ValidationFailed

MAX_BODY_BYTES: Final = 64 * 1024


async def read_document(request: Request, *, required: bool) -> dict[str, Any]:
    """Read the body as a JSON object; an empty body is an empty object unless one is required.

    Raises:
        PayloadTooLarge: the body is longer than ``MAX_BODY_BYTES``.
        MalformedJson: it is no JSON.
        ValidationFailed: it is JSON of another kind, or declared as something else.
        CardNumberRefused: something in it looks like a card number.
    """
    content = await read_content(request, MAX_BODY_BYTES)
    if not content and not required:
        return {}
    _refuse_other_media(request)
    document = _parse(content)
    place = find_card_number(document) if suspicious(content) else None
    if place is not None:
        raise CardNumberRefused(place)
    if not isinstance(document, dict):
        raise ValidationFailed("The body must be a JSON object.")
    return document


async def read_content(request: Request, limit: int) -> bytes:
    """Read the body, and no more of it than is allowed whatever length was declared.

    Raises:
        PayloadTooLarge: it is longer than ``limit`` bytes.
        MalformedJson: the connection closed before its end.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:10]) > limit:
        raise _too_large(limit)
    content = b""
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > limit:
                raise _too_large(limit)
    except ClientDisconnect as exc:
        raise MalformedJson("The connection closed before the body was complete.") from exc
    return content


def _parse(content: bytes) -> Any:
    try:
        document = orjson.loads(content)
        # The first parser takes the last of two equal keys, others take the first.
        _STRICT.decode(content.decode())
    except (ValueError, RecursionError) as exc:
        raise MalformedJson("The body is not valid JSON, or repeats a key.") from exc
    return document


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("an object repeats a key")


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_refuse_repeated_keys)


def _refuse_other_media(request: Request) -> None:
    """Refuse a body that is declared as anything but plain JSON; undeclared, it is taken for it."""
    declared = request.headers.get("content-type", "application/json")
    if declared.partition(";")[0].strip().lower() != "application/json":
        raise ValidationFailed("Send JSON: Content-Type must be application/json.", "Content-Type")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ValidationFailed("Send the body as it is, not compressed.", "Content-Encoding")


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"The body must not be longer than {limit} bytes.")
