"""Spans for OpenTelemetry, where the standard ``OTEL_*`` variables say where to send them.

Otherwise nothing of the SDK is loaded, nothing is made and nothing is sent. A span holds names of
ours and one id, the payment's: no path, no query, no words of an error.
"""

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from orchestrator import __version__
from orchestrator.errors import Misconfigured

SERVICE: Final = "payment-orchestrator"
PAYMENT: Final = "orchestrator.payment"
# What FastAPI puts on a server's span from the request's head: a caller may write anything there.
_WRITTEN_BY_CALLERS: Final = ("url.path", "url.query", "server.address")
_HIDDEN: Final = "[hidden]"
_NOTHING: Final = nullcontext()


class _Tracing:
    """What this process has open, once it has begun."""

    provider: Any = None
    tracer: Any = None
    outgoing: Any = None
    internal: Any = None


def is_asked_for() -> bool:
    """Tell whether the environment says where spans go.

    The variables are OpenTelemetry's own:
    https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
    """
    endpoint = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or os.environ.get(
        "OTEL_EXPORTER_OTLP_ENDPOINT"
    )
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower()
    return bool(endpoint) and not disabled and exporter in {"", "otlp"}


def begin() -> Any:
    """Begin to make spans, if it is asked for and has not been done; return the provider or null.

    Raises:
        Misconfigured: it is asked for, and what sends spans is not installed.
    """
    if _Tracing.provider is not None or not is_asked_for():
        return _Tracing.provider
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as exc:
        raise Misconfigured(
            "OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, and what sends them is not installed. "
            "Run: pip install 'fastapi[opentelemetry]', or unset it."
        ) from exc
    from opentelemetry.trace import SpanKind

    # A name from the environment goes over ours.
    named = os.environ.get("OTEL_SERVICE_NAME") or SERVICE
    resource = Resource.create({"service.name": named, "service.version": __version__})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(_discretion())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _Tracing.provider = provider
    _Tracing.outgoing, _Tracing.internal = SpanKind.CLIENT, SpanKind.INTERNAL
    _Tracing.tracer = provider.get_tracer("orchestrator", __version__)
    return provider


def end() -> None:
    """Send what is left and make no more spans; blocks for as long as that takes."""
    provider, _Tracing.provider, _Tracing.tracer = _Tracing.provider, None, None
    if provider is not None:
        provider.shutdown()


def is_on() -> bool:
    """Tell whether this process makes spans."""
    return _Tracing.tracer is not None


def span(name: str, *, outgoing: bool = True, **attributes: str) -> AbstractContextManager[Any]:
    """Make a span of the block; gives the span, or null where none are made.

    ``outgoing`` is of a call to another system. An attribute ``a__b`` is called ``a.b``.
    """
    tracer = _Tracing.tracer
    if tracer is None:
        return _NOTHING
    made: AbstractContextManager[Any] = tracer.start_as_current_span(
        name,
        kind=_Tracing.outgoing if outgoing else _Tracing.internal,
        attributes={key.replace("__", "."): value for key, value in attributes.items()},
        # An exception's words may be anything, those of a driver hold values.
        record_exception=False,
    )
    return made


def tell(current: Any, name: str, value: str) -> None:
    """Add to a span that ``span`` gave."""
    if current is not None:
        current.set_attribute(name, value)


def tell_payment(payment_id: str | None) -> None:
    """Name the payment on the span of the request that is being answered."""
    if payment_id is not None:
        from opentelemetry import trace

        trace.get_current_span().set_attribute(PAYMENT, payment_id)


def add_trace_id(_logger: Any, _method: str, event: Any) -> Any:
    """Add the id of the trace that a log event belongs to, where there is one."""
    if _Tracing.tracer is not None:
        from opentelemetry import trace

        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            event["trace_id"] = f"{context.trace_id:032x}"
    return event


def _discretion() -> Any:
    """Return what takes out of a server's span what a caller wrote, before anybody sees it."""
    from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

    class Discretion(SpanProcessor):
        def on_start(self, span: Span, parent_context: Any = None) -> None:
            for name in _WRITTEN_BY_CALLERS:
                if name in (span.attributes or {}):
                    span.set_attribute(name, _HIDDEN)

        def on_end(self, span: ReadableSpan) -> None:
            pass

    return Discretion()
