"""The way of one API request: key, faults, idempotency, parameters, lock, endpoint, answer.

The order is Stripe's: authentication and limits run before the idempotency layer, and only what
the endpoint itself said is stored. Knows nothing of what the endpoints do.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.sandbox import errors
from orchestrator.sandbox.accounts import Account, JournalEntry, World
from orchestrator.sandbox.calls import Call
from orchestrator.sandbox.client_view import seen_by_client
from orchestrator.sandbox.errors import ApiError
from orchestrator.sandbox.expansions import check_expansions, expand
from orchestrator.sandbox.faults import Faults, Kind, Rule, When
from orchestrator.sandbox.forms import parse_form, read_parameters
from orchestrator.sandbox.idempotency import Answer
from orchestrator.sandbox.operations import Operation

OnCall = Callable[[str], Awaitable[None]]

_KEY = re.compile(r"(?P<kind>sk|rk|pk)_(?P<mode>test|live)_\w{1,250}")
BAD_GATEWAY = Answer(
    502,
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n",
    content_type="text/html",
)
# Answered at once: nothing happens and nothing is stored.
_REFUSED_AT_ONCE: Mapping[Kind, Callable[[str], ApiError]] = {
    Kind.unauthorized_401: lambda key: errors.unauthorized("Invalid API Key provided."),
    Kind.rate_limit_429: lambda key: errors.rate_limited(),
    Kind.lock_timeout_429: lambda key: errors.lock_timeout(),
    Kind.conflict_409: errors.key_in_use,
    Kind.error_500_unstored: lambda key: errors.server_error(),
}


class Dropped(Exception):
    """The connection is to be closed without an answer."""


@dataclass(frozen=True, slots=True)
class Truncated:
    """An answer of which only the first half arrives."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One HTTP request for an operation, as read from the socket."""

    operation: Operation
    id: str
    path: str
    form: str
    authorization: str
    idempotency_key: str | None
    base_url: str
    request_id: str
    version: str


def parse_key(authorization: str) -> str:
    """Read the API key of an ``Authorization`` header.

    Raises:
        ApiError: it is absent, malformed or a live key.
    """
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise errors.unauthorized(
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
            "YOUR_SECRET_KEY')."
        )
    parsed = _KEY.fullmatch(key)
    if parsed is None:
        raise errors.unauthorized(f"Invalid API Key provided: {'*' * 8}{key[-4:]}")
    if parsed["mode"] == "live":
        raise errors.unauthorized("The Stripe stand-in does not take live keys.")
    return key


def answer_of(error: ApiError) -> Answer:
    """Render an error as an answer."""
    headers = {}
    if error.should_retry is not None:
        headers["Stripe-Should-Retry"] = "true" if error.should_retry else "false"
    return Answer(error.status, render(error.body()), headers)


def render(body: Mapping[str, Any]) -> bytes:
    """Render JSON."""
    return json.dumps(body, separators=(",", ":")).encode()


class Pipeline:
    """Answers API requests."""

    def __init__(self, world: World, faults: Faults, on_call: OnCall | None = None) -> None:
        self._world = world
        self._faults = faults
        self._on_call = on_call

    async def answer(self, request: ApiRequest) -> Answer | Truncated:
        """Answer one request and write it into its account's journal.

        Raises:
            Dropped: the connection is to be closed instead.
        """
        try:
            account, client = self._account(request)
        except ApiError as error:
            return answer_of(error)
        entry = JournalEntry(
            request.operation.name, request.path, request.idempotency_key, request.request_id
        )
        account.record(entry)
        if self._on_call is not None:
            await self._on_call(request.operation.name)
        answer = await self._answer_of_account(request, account, entry, client=client)
        entry.status = answer.status
        entry.replayed = "Idempotent-Replayed" in answer.headers
        return Truncated(answer) if entry.fault == Kind.truncate_after else answer

    def _account(self, request: ApiRequest) -> tuple[Account, bool]:
        key = parse_key(request.authorization)
        if not key.startswith("pk_"):
            return self._world.account(key), False
        if not request.operation.publishable:
            raise errors.unauthorized(
                "This API call cannot be made with a publishable API key. Please use a secret "
                "API key."
            )
        return self._world.account("sk_" + key.removeprefix("pk_")), True

    async def _answer_of_account(
        self, request: ApiRequest, account: Account, entry: JournalEntry, *, client: bool
    ) -> Answer:
        rule = None
        try:
            raw = parse_form(request.form)
            rule = self._faults.take(request.operation.name, account.id, _facts(request, raw))
            if rule is not None:
                entry.fault = rule.kind
                _fail_before(rule, request)
                if rule.kind is Kind.bad_gateway_502 and not rule.effect:
                    return BAD_GATEWAY
            call = _call(request, account, client=client)
            answer = await self._once(request, call, raw, rule)
        except ApiError as error:
            answer = answer_of(error)
        return answer if rule is None else await _fail_after(rule, answer)

    async def _once(
        self, request: ApiRequest, call: Call, raw: dict[str, Any], rule: Rule | None
    ) -> Answer:
        store, key = call.account.idempotency, call.idempotency_key
        if key is not None:
            replayed = store.replay(key, request.path, raw)
            if replayed is not None:
                headers = {**replayed.headers, "Idempotent-Replayed": "true"}
                return replace(replayed, headers=headers)
        params = read_parameters(raw, request.operation.parameters)
        operation = request.operation
        check_expansions(params.get("expand", []), operation.kind, listed=operation.lists)
        with nullcontext() if key is None else store.running(key), lock(request, call.account):
            if rule is not None and rule.kind is Kind.latency and rule.when is When.before:
                await asyncio.sleep(rule.seconds)
            answer, executed = _run(request.operation, replace(call, params=params), rule)
            if key is not None and executed:
                headers = {"Original-Request": request.request_id, **answer.headers}
                store.store(key, request.path, raw, replace(answer, headers=headers))
        return answer


def _run(operation: Operation, call: Call, rule: Rule | None) -> tuple[Answer, bool]:
    if rule is not None and rule.kind is Kind.error_500_stored:
        if rule.effect:
            _execute(operation, call)
        return answer_of(errors.server_error()), True
    return _execute(operation, call)


def _execute(operation: Operation, call: Call) -> tuple[Answer, bool]:
    """Run the endpoint; say also whether Stripe would store what it answered."""
    try:
        drawn = operation.endpoint(call)
        for path in call.params.get("expand", []):
            expand(call.account, drawn, path)
        return Answer(200, render(seen_by_client(drawn) if call.client else drawn)), True
    except errors.RequestInvalid as error:
        return answer_of(error), False
    except ApiError as error:
        if call.client:
            error.fields = seen_by_client(error.fields)
        return answer_of(error), True


@contextmanager
def lock(request: ApiRequest, account: Account) -> Iterator[None]:
    """Hold the intent of ``request`` while it runs.

    Raises:
        ApiError: another request holds it.
    """
    if not request.operation.locks_intent:
        yield
        return
    if request.id in account.locked:
        raise errors.lock_timeout()
    account.locked.add(request.id)
    try:
        yield
    finally:
        account.locked.discard(request.id)


def _call(request: ApiRequest, account: Account, *, client: bool) -> Call:
    # Stripe ignores the key on GET and DELETE.
    key = request.idempotency_key if request.operation.method == "POST" else None
    return Call(
        account,
        id=request.id,
        path=request.path,
        base_url=request.base_url,
        request_id=request.request_id,
        idempotency_key=key,
        client=client,
    )


def _facts(request: ApiRequest, raw: Mapping[str, Any]) -> dict[str, str]:
    facts = {"id": request.id, "idempotency_key": request.idempotency_key or ""}
    if request.path.startswith("/v1/payment_intents/"):
        facts["payment_intent"] = request.id
    else:
        facts["payment_intent"] = raw.get("payment_intent", "")
    facts["payment_method"] = raw.get("payment_method", "")
    return facts


def _fail_before(rule: Rule, request: ApiRequest) -> None:
    if rule.kind is Kind.drop_before:
        raise Dropped
    refuse = _REFUSED_AT_ONCE.get(rule.kind)
    if refuse is not None:
        raise refuse(request.idempotency_key or "")


async def _fail_after(rule: Rule, answer: Answer) -> Answer:
    if rule.kind is Kind.drop_after:
        raise Dropped
    if rule.kind is Kind.latency and rule.when is When.after:
        await asyncio.sleep(rule.seconds)
    return BAD_GATEWAY if rule.kind is Kind.bad_gateway_502 else answer
