"""How the page's questions are read and refused: who asks, what the body may hold, and the words.

Refuses what another site sends in a customer's name, and every field the page would not send.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from examples.checkout.till import CARD_REFUSALS, StillOpen, TryOutOfTurn
from orchestrator.client import ApiError, ClientError

LONGEST_BODY: Final = 4096
_CARD: Final = re.compile(r"pm_[A-Za-z0-9_]{1,250}")


class BadRequest(Exception):
    """The page would never send this."""


class FromElsewhere(Exception):
    """Another site's page sent this."""


class NoSession(Exception):
    """Nobody is known by this cookie."""


TROUBLES: Final[Mapping[type[Exception], tuple[int, str, str]]] = {
    BadRequest: (400, "bad_request", "This is no request of the shop's page."),
    NoSession: (401, "no_session", "Your session is over. Please reload the page."),
    FromElsewhere: (403, "forbidden", "This request did not come from the shop's page."),
    TryOutOfTurn: (409, "out_of_turn", "The page shows an old state."),
    StillOpen: (409, "still_open", "This payment is not over yet."),
    ClientError: (503, "unavailable", "We cannot take payments just now."),
}


@dataclass(frozen=True, slots=True)
class PayQuestion:
    """Which card to try, as which try. There is no field for an amount: the order has its price."""

    number: int
    card: str
    save: bool

    @classmethod
    async def read(cls, request: Request) -> Self:
        """Read the body.

        Raises:
            BadRequest: it is anything else.
        """
        document = await _document(request)
        if not isinstance(document, dict) or document.keys() != {"try", "payment_method", "save"}:
            raise BadRequest
        number, card, save = document["try"], document["payment_method"], document["save"]
        if type(number) is not int or number < 1 or type(save) is not bool:
            raise BadRequest
        if not isinstance(card, str) or _CARD.fullmatch(card) is None:
            raise BadRequest
        return cls(number, card, save)


def refuse_other_sites(request: Request) -> None:
    """Refuse what did not come from our own page.

    Raises:
        FromElsewhere: the browser says so, or it is a form, which cannot send JSON.
    """
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise FromElsewhere
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if request.method == "POST" and kind != "application/json":
        raise FromElsewhere


def answer_trouble(trouble: Exception) -> Response:
    """Say in words a customer may read what went wrong."""
    if isinstance(trouble, ApiError) and trouble.code in CARD_REFUSALS:
        return _problem(
            422, "card_refused", "This card cannot be used. Please choose another card."
        )
    kind = next(kind for kind in TROUBLES if isinstance(trouble, kind))
    return _problem(*TROUBLES[kind])


def _problem(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "message": message}, status)


async def _document(request: Request) -> Any:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise BadRequest
    try:
        return json.loads(body)
    except ValueError as exc:
        raise BadRequest from exc
