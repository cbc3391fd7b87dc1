"""The one module that imports the Stripe SDK: it sends single calls and tells how each ended.

It never retries, never decides and never raises what Stripe did: every end of a call is an
``Answer``. Only a wrong call of ours (``ValueError``) and cancellation leave it as exceptions.
"""

import asyncio
import logging
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import aiohttp
import orjson
import stripe
from stripe.oauth_error import OAuthError

from orchestrator import metrics, tracing
from orchestrator.gateway.answers import Answer
from orchestrator.gateway.operations import operation_of
from orchestrator.gateway.pace import Pace
from orchestrator.gateway.views import ReplyKind

# The SDK logs what we sent, twice a call; its telemetry names the host and costs time.
logging.getLogger("stripe").setLevel(logging.WARNING)
stripe.enable_telemetry = False

# What each exception of the SDK says about a call. Those of v2 endpoints, of OAuth and of
# webhook signatures never answer our calls: if one did, we would know nothing.
KIND_OF_EXCEPTION: Final[Mapping[type[stripe.StripeError], ReplyKind]] = MappingProxyType(
    {
        stripe.StripeError: ReplyKind.unknown,
        stripe.APIConnectionError: ReplyKind.unknown,
        stripe.APIError: ReplyKind.unknown,  # refined by KIND_OF_API_ERROR_STATUS
        stripe.CardError: ReplyKind.answered,  # every 402, whatever its error.type says
        stripe.InvalidRequestError: ReplyKind.refused,
        stripe.IdempotencyError: ReplyKind.refused,
        stripe.RateLimitError: ReplyKind.busy,  # rate_limit and lock_timeout
        stripe.AuthenticationError: ReplyKind.unauthorized,
        stripe.PermissionError: ReplyKind.unauthorized,
        stripe.SignatureVerificationError: ReplyKind.unknown,
        stripe.AlreadyCanceledError: ReplyKind.unknown,
        stripe.BlockedByStripeError: ReplyKind.unknown,
        stripe.CannotProceedError: ReplyKind.unknown,
        stripe.CapabilityNotEnabledError: ReplyKind.unknown,
        stripe.ControlledByAlternateResourceError: ReplyKind.unknown,
        stripe.FeatureNotEnabledError: ReplyKind.unknown,
        stripe.FinancialAccountNotOpenError: ReplyKind.unknown,
        stripe.FxQuoteNeedsRefreshError: ReplyKind.unknown,
        stripe.InsufficientFundsError: ReplyKind.unknown,
        stripe.InvalidPaymentMethodError: ReplyKind.unknown,
        stripe.InvalidPayoutMethodError: ReplyKind.unknown,
        stripe.InvalidVaultedCredentialError: ReplyKind.unknown,
        stripe.NotCancelableError: ReplyKind.unknown,
        stripe.QuotaExceededError: ReplyKind.unknown,
        stripe.RecipientNotNotifiableError: ReplyKind.unknown,
        stripe.TemporarySessionExpiredError: ReplyKind.unknown,
        stripe.VerificationAttemptFailedError: ReplyKind.unknown,
        stripe.VerificationExpiredError: ReplyKind.unknown,
        stripe.VerificationNotInitiatedError: ReplyKind.unknown,
        OAuthError: ReplyKind.unknown,
    }
)

# APIError is what is left over, so its status says more. A 424 (something outside Stripe failed)
# is left unknown like a 5xx: Stripe does not say whether the card's network had been asked.
KIND_OF_API_ERROR_STATUS: Final[Mapping[int, ReplyKind]] = MappingProxyType(
    {
        405: ReplyKind.refused,
        406: ReplyKind.refused,
        409: ReplyKind.busy,  # idempotency_key_in_use
        410: ReplyKind.refused,
        413: ReplyKind.refused,
        414: ReplyKind.refused,
        415: ReplyKind.refused,
        422: ReplyKind.refused,
    }
)

_ID: Final = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_LIVE_KEY: Final = re.compile(r"[a-z]+(?:_org)?_live_")
_MAXIMUM_KEY_LENGTH: Final = 255  # https://docs.stripe.com/api/idempotent_requests
# All the SDK reads of an error to choose its exception and write its message.
_SHOWN: Final = ("type", "code", "message", "param")
# Names the SDK's raw call takes for itself; as parameters they would redirect or re-key it.
_RESERVED_PARAMETERS: Final = frozenset(
    {
        "api_key",
        "base",
        "content_type",
        "headers",
        "idempotency_key",
        "max_network_retries",
        "method_",
        "self",
        "stripe_account",
        "stripe_context",
        "stripe_version",
        "url_",
    }
)


class StripeCalls:
    """Single calls to Stripe's API; one instance may serve several event loops."""

    def __init__(
        self,
        api_key: str,
        *,
        api_base: str | None,
        timeout_seconds: float,
        calls_per_second: float | None = None,
    ) -> None:
        """Prepare the calls; nothing is opened before the first call.

        ``api_base`` replaces Stripe's address and may carry a path. ``timeout_seconds`` bounds a
        whole call, from connecting to the last byte (past five seconds, to the next full one).
        ``calls_per_second`` bounds how often one operation is asked for; null does not.

        Raises:
            ValueError: the key is empty, or the timeout is not positive.
        """
        if not api_key or api_key != api_key.strip():
            raise ValueError("The Stripe API key is empty or has spaces around it.")
        if timeout_seconds <= 0:
            raise ValueError("The Stripe timeout must be positive.")
        self._api_key = api_key
        self._api_base = (api_base or stripe.DEFAULT_API_BASE).rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._pace = Pace(calls_per_second)
        # An aiohttp session belongs to the loop it was made in.
        self._connections: dict[asyncio.AbstractEventLoop, _Connection] = {}

    def __repr__(self) -> str:
        """Name the address and the mode, never the key."""
        return f"StripeCalls(api_base={self._api_base!r}, livemode={self.livemode})"

    @property
    def livemode(self) -> bool:
        """Whether the key moves real money."""
        return _LIVE_KEY.match(self._api_key) is not None

    async def aclose(self) -> None:
        """Close the running loop's connections; a later call would open new ones."""
        connection = self._connections.pop(asyncio.get_running_loop(), None)
        if connection is not None:
            await connection.session.close()

    async def get(self, path: str, parameters: Mapping[str, Any]) -> Answer:
        """Read something."""
        return await self._call("get", path, parameters, None)

    async def post(self, path: str, parameters: Mapping[str, Any], idempotency_key: str) -> Answer:
        """Ask for something to be done, under a key that Stripe knows the request again by.

        Raises:
            ValueError: the key is empty or too long, or a parameter has a name of the SDK's own.
        """
        if not _RESERVED_PARAMETERS.isdisjoint(parameters):
            raise ValueError("A parameter has a name that the SDK keeps for itself.")
        # Without a key the SDK would invent one, and nobody could send the call again.
        if not 0 < len(idempotency_key) <= _MAXIMUM_KEY_LENGTH:
            raise ValueError("An idempotency key has 1 to 255 characters.")
        return await self._call("post", path, parameters, idempotency_key)

    async def _call(
        self, method: str, path: str, parameters: Mapping[str, Any], idempotency_key: str | None
    ) -> Answer:
        """Send one call and count it, also where nobody waits for its end any more."""
        operation = operation_of(method, path)
        wait = self._pace.turn(operation)
        if wait is None:
            metrics.stripe_called(operation, "held_back", 0.0)
            return Answer(kind=ReplyKind.busy, code="held_back", message="Too many calls at once.")
        if wait:
            await asyncio.sleep(wait)
        began, result = time.perf_counter(), "given_up"
        with tracing.span(f"stripe {operation}", stripe__operation=operation) as span:
            try:
                answer = await self._send(method, path, parameters, idempotency_key)
                declined = answer.kind is ReplyKind.answered and not answer.succeeded
                result = "declined" if declined else answer.kind.value
                return answer
            finally:
                metrics.stripe_called(operation, result, time.perf_counter() - began)
                tracing.tell(span, "stripe.result", result)

    async def _send(
        self, method: str, path: str, parameters: Mapping[str, Any], idempotency_key: str | None
    ) -> Answer:
        client = self._connection().client
        try:
            response = await client.raw_request_async(
                method, path, idempotency_key=idempotency_key, **parameters
            )
        except stripe.StripeError as error:
            return self._error_answer(error)
        return Answer(
            kind=ReplyKind.answered,
            succeeded=True,
            body=response.body.document,
            http_status=response.code,
            request_id=response.headers.get("Request-Id"),
            replayed=_is_replayed(response.headers),
        )

    def _error_answer(self, error: stripe.StripeError) -> Answer:
        headers = error.headers or {}
        details = error.http_body.document["error"] if isinstance(error.http_body, _Body) else {}
        message = error.user_message
        return Answer(
            kind=_kind_of(error),
            error=details,
            code=_code_of(error, details),
            # Stripe masks keys it echoes; another base address may not.
            message=message.replace(self._api_key, "[key]") if message else None,
            http_status=error.http_status,
            request_id=headers.get("Request-Id"),
            replayed=_is_replayed(headers),
        )

    def _connection(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        connection = self._connections.get(loop)
        if connection is None:
            self._connections = {
                known: opened
                for known, opened in self._connections.items()
                if not known.is_closed()
            }
            connection = self._connections[loop] = self._connect()
        return connection

    def _connect(self) -> "_Connection":
        # No limit: behind aiohttp's default of 100 connections a call would spend its timeout
        # waiting and end as unknown though nothing was sent. The callers bound themselves.
        secure = self._api_base.startswith("https:")
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=_tls_context() if secure else True),
            timeout=aiohttp.ClientTimeout(total=self._timeout_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        client = stripe.StripeClient(
            self._api_key,
            base_addresses={"api": self._api_base},
            max_network_retries=0,
            http_client=_Transport(session),
        )
        return _Connection(client, session)


@dataclass(frozen=True, slots=True)
class _Connection:
    client: stripe.StripeClient
    session: aiohttp.ClientSession


class _Transport(stripe.AIOHTTPClient):
    """The SDK's aiohttp transport, closing the ways by which it loses what happened.

    The SDK's own lets errors while a body is read escape as foreign exceptions, wraps our bugs
    as lost connections, and follows redirects with the payment in hand. This one does none of it.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(session=session)
        self._open_session = session

    async def request_async(  # type: ignore[override]  # text: decoded here, once
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> "tuple[_Body, int, Mapping[str, str]]":
        try:
            async with self._open_session.request(
                method, url, headers=headers, data=post_data, allow_redirects=False
            ) as response:
                content = await response.read()
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            reason = f"The call to Stripe was lost ({type(error).__name__})."
            raise stripe.APIConnectionError(reason) from error  # type: ignore[no-untyped-call]  # SDK
        return _read(content, response.status, response.headers), response.status, response.headers


class _Body(str):
    """What the SDK is shown of an answer, with the whole ``document`` behind it.

    The SDK needs four texts of an error to choose its exception and nothing of a success. Shown
    all, it turns every object inside an error into one of its own (2 ms a decline), trips over
    odd ones, and formats each body, client secret included, for its debug log.
    """

    __slots__ = ("document",)
    document: Any

    def __new__(cls, document: Any, shown: str) -> "_Body":
        """Pair the document with what is shown of it."""
        body = super().__new__(cls, shown)
        body.document = document
        return body


def _read(content: bytes, status: int, headers: Mapping[str, str]) -> _Body:
    """Return the body, parsed once.

    Raises:
        stripe.APIError: it is no JSON, or an error without an error object.
    """
    try:
        document = orjson.loads(content)
    except ValueError:
        document = None
    if 200 <= status < 300 and document is not None:
        return _Body(document, "{}")
    details = document.get("error") if isinstance(document, dict) else None
    if not isinstance(details, dict):
        raise stripe.APIError(
            f"Stripe's answer with status {status} cannot be read.",
            http_status=status,
            headers=headers,  # type: ignore[arg-type]  # the SDK passes the same mapping
        )
    shown = {name: details[name] for name in _SHOWN if isinstance(details.get(name), str)}
    return _Body(document, orjson.dumps({"error": shown}).decode())


def _kind_of(error: stripe.StripeError) -> ReplyKind:
    kind = next(
        KIND_OF_EXCEPTION[known] for known in type(error).__mro__ if known in KIND_OF_EXCEPTION
    )
    if type(error) is not stripe.APIError or error.error is None:
        return kind
    kind = KIND_OF_API_ERROR_STATUS.get(error.http_status or 0, kind)
    if kind is ReplyKind.unknown and _is_replayed(error.headers or {}):
        return ReplyKind.stored_error
    return kind


def _code_of(error: stripe.StripeError, details: Mapping[str, Any]) -> str | None:
    if isinstance(error, stripe.IdempotencyError):
        return "idempotency_error"
    code = details.get("code")
    return code if isinstance(code, str) else None


def _is_replayed(headers: Mapping[str, str]) -> bool:
    return headers.get("Idempotent-Replayed") == "true"


def checked(stripe_id: str) -> str:
    """Return the id; an empty one would ask for the list.

    Raises:
        ValueError: it cannot be an id.
    """
    if not _ID.fullmatch(stripe_id):
        raise ValueError("This cannot be the id of an object of Stripe's.")
    return stripe_id


def _tls_context() -> ssl.SSLContext:
    """Return a context that trusts the certificates the SDK ships, as its own transport does."""
    return ssl.create_default_context(cafile=stripe.ca_bundle_path)


__all__ = ["KIND_OF_API_ERROR_STATUS", "KIND_OF_EXCEPTION", "StripeCalls", "checked"]
