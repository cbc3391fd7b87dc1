"""What this process counts, for Prometheus: every metric, and one function for each fact.

A fact is counted where its line is written to the log, never a second time elsewhere. No label
holds an id, a path or anything else that a caller or Stripe may make up: what is not known by name
is counted as ``other``.
"""

import platform
from collections.abc import Mapping
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from orchestrator import __version__
from orchestrator.handlers import ERROR_HANDLERS
from orchestrator.reconcile.differences import DifferenceKind
from orchestrator.refund import RefundState
from orchestrator.states import MACHINE_VERSION, TRANSITIONS, PaymentEvent, PaymentState

# A second sample for every counter, telling when it began, which nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's own

# Ours alone: libraries that count into the default one are not shown.
REGISTRY: Final = CollectorRegistry()
MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
OTHER: Final = "other"
NONE: Final = "none"

# Stripe answers a confirm in half a second to two, and hangs up at ORCHESTRATOR_STRIPE_TIMEOUT.
_STRIPE_SECONDS: Final = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 30)
_HTTP_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30)
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_FAILING: Final = frozenset(
    {PaymentEvent.require_new_card, PaymentEvent.disable_card, PaymentEvent.fail}
)


def _counter(name: str, about: str, *labels: str) -> Counter:
    return Counter(f"orchestrator_{name}", about, labels, registry=REGISTRY)


def _gauge(name: str, about: str, *labels: str) -> Gauge:
    return Gauge(f"orchestrator_{name}", about, labels, registry=REGISTRY)


INFO: Final = _gauge("info", "1, and which program this is.", "version", "machine", "python")

# ── payments, counted as they are written ────────────────────────────────────────────────────
MOVES: Final = _counter("transitions", "Transitions written.", "source", "event", "target")
DECLINES: Final = _counter("declines", "Failed attempts, by Stripe's code.", "code")
HANDLER_FAILURES: Final = _counter("handler_failures", "Handlers that raised, or never ended.")
DISABLEMENTS: Final = _counter("cards_disabled", "Cards put out of use, by how far.", "scope")
ALERTS: Final = _counter("alerts", "Warnings that are for a person, by kind.", "kind")

REFUNDS_MOVED: Final = _counter(
    "refunds_moved", "Refunds that came to be in a state, asked for or found.", "state"
)

# ── Stripe ───────────────────────────────────────────────────────────────────────────────────
STRIPE_CALLS: Final = _counter(
    "stripe_calls", "Calls to Stripe, by how they ended.", "operation", "result"
)
STRIPE_SECONDS: Final = Histogram(
    "orchestrator_stripe_call_seconds",
    "How long calls to Stripe took.",
    ("operation",),
    buckets=_STRIPE_SECONDS,
    registry=REGISTRY,
)

STRIPE_EVENTS: Final = _counter(
    "stripe_events", "Events of Stripe's received, by what became of them.", "result"
)

# ── HTTP ─────────────────────────────────────────────────────────────────────────────────────
REQUESTS: Final = _counter(
    "http_requests", "Requests answered, by route.", "method", "route", "status"
)
REQUEST_SECONDS: Final = Histogram(
    "orchestrator_http_request_seconds",
    "How long answers took.",
    ("method", "route"),
    buckets=_HTTP_SECONDS,
    registry=REGISTRY,
)
RATE_LIMITED: Final = _counter("rate_limited", "Requests refused for coming too fast.")

# ── the worker ───────────────────────────────────────────────────────────────────────────────
ROUNDS: Final = _counter("worker_rounds", "Rounds that a worker of this process made.")
CLAIMED: Final = _counter("worker_claimed", "Payments that were due and taken up.")
SETTLED: Final = _counter("worker_settled", "Payments taken up that were settled by it.")
WORKER_FAILURES: Final = _counter(
    "worker_failures", "Rounds and payments that failed, by which.", "of"
)

# ── events sent to others ────────────────────────────────────────────────────────────────────
EVENTS: Final = _counter("events_published", "Events that got their place in the feed.")
DELIVERY_TRIES: Final = _counter("webhook_delivery_tries", "Sendings of events.", "result")
ENDPOINTS_DISABLED: Final = _counter("webhook_endpoints_disabled", "Endpoints given up.", "reason")

EVENT_STREAMS: Final = _gauge("event_streams", "Streams of events that are open in this process.")

# ── the whole database, as the overview reads it ─────────────────────────────────────────────
PAYMENTS: Final = _gauge("payments", "Payments stored, by state.", "state")
DUE: Final = _gauge("payments_due", "Payments that a worker should have taken up by now.")
DUE_SECONDS: Final = _gauge("payments_due_seconds", "How long the first of those has been due.")
UNKNOWN: Final = _gauge("outcomes_unknown", "Attempts whose own answer has not come.")
UNKNOWN_SECONDS: Final = _gauge(
    "outcome_unknown_seconds", "How long the oldest of those has been open."
)
STRIPE_EVENTS_WAITING: Final = _gauge(
    "stripe_events_waiting",
    "Events stored and not settled, by whether they have a payment.",
    "state",
)
EVENTS_WAITING: Final = _gauge("events_waiting", "History rows without a place in the feed.")
EVENTS_WAITING_SECONDS: Final = _gauge(
    "events_waiting_seconds", "How long the first of those has waited."
)
DELIVERIES_DUE: Final = _gauge(
    "webhook_deliveries_due", "Deliveries that a worker should have made by now."
)
DELIVERIES_DUE_SECONDS: Final = _gauge(
    "webhook_deliveries_due_seconds", "How long the first of those has been due."
)
REFUNDS: Final = _gauge("refunds", "Refunds stored, by state.", "state")
ANOMALIES: Final = _gauge("anomalies", "Anomalies that nobody has resolved, by kind.", "kind")
SEAL_SECONDS: Final = _gauge("seal_age_seconds", "How long ago the last seal was made.")
DATABASE_UP: Final = _gauge("database_up", "1 while the database answers, else 0.")
OVERVIEW_SECONDS: Final = _gauge(
    "overview_age_seconds", "How long ago the figures of the database were read, by which.", "of"
)

# What waits in the database: how much of it, and for how long the first has.
_WAITING: Final[Mapping[str, tuple[Gauge, Gauge]]] = MappingProxyType(
    {
        "payments": (DUE, DUE_SECONDS),
        "outcomes": (UNKNOWN, UNKNOWN_SECONDS),
        "events": (EVENTS_WAITING, EVENTS_WAITING_SECONDS),
        "deliveries": (DELIVERIES_DUE, DELIVERIES_DUE_SECONDS),
    }
)


def _begin() -> None:
    """Start what is known beforehand at zero: a rate needs a first value."""
    INFO.labels(__version__, MACHINE_VERSION, platform.python_version()).set(1)
    MOVES.labels(NONE, "create", PaymentState.created)
    for edge in TRANSITIONS:
        MOVES.labels(edge.source, edge.event, edge.target)
    for result in ("stored", "repeat", "ignored", "bad_signature", "invalid", "refused"):
        STRIPE_EVENTS.labels(result)
    for state in RefundState:
        REFUNDS_MOVED.labels(state)
    for what in ("round", "payment"):
        WORKER_FAILURES.labels(what)
    ProcessCollector(registry=REGISTRY)


_begin()


@cache
def _count(counter: Counter, *labels: str | int) -> Counter:
    """Return the counter of these labels; looking them up each time costs more than counting."""
    return counter.labels(*labels)


@cache
def _clock(histogram: Histogram, *labels: str) -> Histogram:
    return histogram.labels(*labels)


def payment_moved(row: Mapping[str, Any]) -> None:
    """Count a history row."""
    _count(MOVES, row["source"] or NONE, row["event"], row["target"]).inc()
    code = row["decline_code"] or row["code"]
    if code is not None and row["event"] in _FAILING:
        _count(DECLINES, code if code in ERROR_HANDLERS else OTHER).inc()
    if row["handler_error"]:
        HANDLER_FAILURES.inc()


def card_disabled(scope: str) -> None:
    """Count a card that went out of use."""
    _count(DISABLEMENTS, scope).inc()


def refund_moved(state: str) -> None:
    """Count a refund that came to be in a state, be it its first."""
    _count(REFUNDS_MOVED, state).inc()


def alerted(alert: str) -> None:
    """Count an alert by its kind, which stands before the colon."""
    _count(ALERTS, alert.partition(":")[0]).inc()


def stripe_called(operation: str, result: str, seconds: float) -> None:
    """Count a call to Stripe that has ended."""
    _count(STRIPE_CALLS, operation, result).inc()
    _clock(STRIPE_SECONDS, operation).observe(seconds)


def stripe_event(result: str) -> None:
    """Count an event by what became of it: stored, a repeat, ignored, or refused and why."""
    _count(STRIPE_EVENTS, result).inc()


def request_answered(method: str, route: str | None, status: int | None, seconds: float) -> None:
    """Count a request; one that matched no route, or that broke off, is counted as such."""
    told = method if method in _METHODS else OTHER
    _count(REQUESTS, told, route or NONE, status or NONE).inc()
    _clock(REQUEST_SECONDS, told, route or NONE).observe(seconds)


def worker_worked(claimed: int, settled: int) -> None:
    """Count a round of a worker."""
    ROUNDS.inc()
    CLAIMED.inc(claimed)
    SETTLED.inc(settled)


def worker_failed(of: str) -> None:
    """Count what a worker could not do: a whole ``round``, one ``payment``, or of which part."""
    _count(WORKER_FAILURES, of).inc()


def events_published(how_many: int) -> None:
    """Count events that got their place in the feed."""
    EVENTS.inc(how_many)


def delivery_tried(result: str) -> None:
    """Count a sending by what came of it: ``delivered``, or a word for what went wrong."""
    _count(DELIVERY_TRIES, result).inc()


def endpoint_disabled(reason: str) -> None:
    """Count an endpoint that is sent nothing any more."""
    _count(ENDPOINTS_DISABLED, reason).inc()


def event_streams_open(how_many: int) -> None:
    """Show how many streams of events this process has open."""
    EVENT_STREAMS.set(how_many)


def show_states(states: Mapping[str, int]) -> None:
    """Show how many payments are in some of the states."""
    for state, how_many in states.items():
        PAYMENTS.labels(state).set(how_many)


def show_refunds(states: Mapping[str, int]) -> None:
    """Show how many refunds are in each state."""
    for state, how_many in states.items():
        REFUNDS.labels(state).set(how_many)


def show_anomalies(kinds: Mapping[str, int]) -> None:
    """Show how many anomalies nobody has resolved, of each kind that can be found."""
    for kind in DifferenceKind:
        ANOMALIES.labels(kind).set(kinds.get(kind, 0))
    others = sum(how_many for kind, how_many in kinds.items() if kind not in set(DifferenceKind))
    ANOMALIES.labels(OTHER).set(others)


def show_stripe_events(states: Mapping[str, int]) -> None:
    """Show how many of Stripe's events wait, with and without a payment."""
    for waiting in ("pending", "unmatched"):
        STRIPE_EVENTS_WAITING.labels(waiting).set(states.get(waiting, 0))


def show_waiting(what: str, how_many: int, seconds: float) -> None:
    """Show how much of something waits in the database, and how long the first has."""
    amount, age = _WAITING[what]
    amount.set(how_many)
    age.set(seconds)


def show_seal_age(seconds: float | None) -> None:
    """Show how long ago the last seal was made; no number where there is none."""
    SEAL_SECONDS.set(float("nan") if seconds is None else seconds)


def hide_stored() -> None:
    """Show nothing of what the database holds: nobody knows. Old figures would look like new."""
    for by_state in (PAYMENTS, STRIPE_EVENTS_WAITING, REFUNDS, ANOMALIES):
        by_state.clear()
    for gauge in (SEAL_SECONDS, *chain.from_iterable(_WAITING.values())):
        gauge.set(float("nan"))


def written() -> bytes:
    """Write every metric in Prometheus's text format."""
    return generate_latest(REGISTRY)
