"""Takes a request that changes something: who asks, under which key, and for what.

Everything that can be checked without looking at the thing itself is checked here, in one order.
"""

from typing import Any, Final, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.authentication import PAYMENTS, Identity, authenticate
from api.bodies import read_document
from api.body import Body
from api.idempotency import read_idempotency_key, request_digest
from orchestrator.requests import Caller

REPLAYED: Final = {"Idempotent-Replayed": "true"}

SomeBody = TypeVar("SomeBody", bound=Body)


async def accept(
    request: Request,
    kind: type[SomeBody],
    operation: str,
    *,
    on: str | None = None,
    key_required: bool = False,
    body_required: bool = False,
    needed: frozenset[str] = PAYMENTS,
) -> tuple[Caller, SomeBody]:
    """Return who asks and for what; ``on`` names the id in the path that it is about.

    Raises:
        Unauthorized, Forbidden: no key that may do this.
        IdempotencyKeyMissing, ValidationFailed, MalformedJson, PayloadTooLarge, CardNumberRefused:
            what was sent cannot be taken.
    """
    identity = await authenticate(request, needed)
    key = read_idempotency_key(request, required=key_required)
    document = await read_document(request, required=key_required or body_required)
    body = kind.read(document)
    about = request.path_params[on] if on is not None else ""
    return caller_of(request, identity, key, request_digest(operation, about, body)), body


def caller_of(
    request: Request, identity: Identity, key: str | None = None, digest: str = ""
) -> Caller:
    """Return who asks, as the use cases know callers."""
    return Caller(
        owner=identity.owner,
        key_id=identity.key_id,
        request_id=request.scope["request_id"],
        idempotency_key=key,
        request_digest=digest,
    )


def answer(
    document: dict[str, Any],
    status: int = 200,
    *,
    replayed: bool = False,
    headers: dict[str, str] | None = None,
) -> Response:
    """Answer with a document."""
    given = {**(headers or {}), **(REPLAYED if replayed else {})}
    return Response(orjson.dumps(document), status, given or None, "application/json")
