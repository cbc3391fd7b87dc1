"""What all control calls share: whose account is meant, their body, and how they are refused."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orchestrator.sandbox.clock import ClockInvalid
from orchestrator.sandbox.errors import ApiError
from orchestrator.sandbox.faults import FaultInvalid
from orchestrator.sandbox.pipeline import answer_of, parse_key
from orchestrator.sandbox.webhooks import AddressRefused

Handler = Callable[[Request], Awaitable[Response]]


class ControlInvalid(ValueError):
    """A control call that cannot be understood."""


def answering(handler: Handler) -> Handler:
    """Let a handler answer what it refuses: Stripe's error as it is, ours as a 400."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except ApiError as error:
            drawn = answer_of(error)
            return Response(drawn.body, drawn.status, media_type=drawn.content_type)
        except (AddressRefused, ClockInvalid, ControlInvalid, FaultInvalid) as error:
            return JSONResponse({"error": {"message": str(error)}}, status_code=400)

    return answer


def key_of(request: Request) -> str | None:
    """Read the key of the account that a call means; null means all accounts."""
    authorization = request.headers.get("authorization")
    return None if authorization is None else parse_key(authorization)


async def json_of(request: Request) -> Any:
    """Read the body of a call.

    Raises:
        ControlInvalid: it is not JSON.
    """
    try:
        return await request.json() if await request.body() else {}
    except ValueError as error:
        raise ControlInvalid("the body is not JSON") from error


async def body_of(request: Request) -> dict[str, Any]:
    """Read the body of a call that takes an object.

    Raises:
        ControlInvalid: it is none.
    """
    given = await json_of(request)
    if not isinstance(given, dict):
        raise ControlInvalid("the body is not a JSON object")
    return given
