"""Reads what a page's form sends, and knows a form of ours by a token that only its page holds."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from api.bodies import read_content
from api.errors import RequestRefused, ValidationFailed

MAX_FORM_BYTES: Final = 8 * 1024
MAX_FIELDS: Final = 20
TOKEN_FIELD: Final = "form_token"


class FormRefused(RequestRefused):
    """A form that no page sent since this sign-in."""

    code = "form_refused"

    def __init__(self) -> None:
        super().__init__("The form had expired, or was not sent from this page. Please try again.")


async def read_form(request: Request, secret: str) -> Mapping[str, str]:
    """Read a form of the page that was made with a secret.

    Raises:
        FormRefused: its token was not made from the secret, or the browser showed none.
        ValidationFailed, PayloadTooLarge, MalformedJson: it cannot be read as a form.
    """
    content = await read_content(request, MAX_FORM_BYTES)
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/x-www-form-urlencoded":
        raise ValidationFailed("Send the form as the page does.", "Content-Type")
    try:
        pairs = parse_qsl(
            content.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as exc:
        raise ValidationFailed("The form cannot be read.") from exc
    fields = dict(pairs)
    # Without a cookie there is no secret, and the token of none is anybody's to compute.
    if not secret or not hmac.compare_digest(
        fields.pop(TOKEN_FIELD, "").encode(), form_token(secret).encode()
    ):
        raise FormRefused
    return fields


def form_token(secret: str) -> str:
    """Make the token of a page's forms from what the browser holds and no script can read."""
    return hashlib.sha256(f"form:{secret}".encode()).hexdigest()
