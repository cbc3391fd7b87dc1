"""Spans leave where OpenTelemetry's variables say so, and hold nothing that they should not."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from orchestrator import tracing
from orchestrator.keys import create_key
from orchestrator.requests import utc_now
from orchestrator.store.connections import open_database
from orchestrator.store.keys import insert_key
from orchestrator.store.migrate import upgrade
from orchestrator.store.payments import load_payment
from orchestrator.store.traced import phase_of
from tests.test_graceful_stop import Process

ROOT = Path(__file__).parents[1]
TRACE = "0af7651916cd43dd8448eb211c80319c"
Spans = dict[str, dict[str, Any]]


class Collector(BaseHTTPRequestHandler):
    """Takes spans as a collector does, and keeps what it was sent."""

    taken: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        """Take a batch."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            raise AssertionError("nobody asked for compression")
        self.taken.append(body)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def collector() -> Iterator[str]:
    """Run a collector; gives its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def spans(collector: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], str, str]:
    """Pay in a deployment that sends its spans; gives them, the log, and the payment's id."""
    folder = tmp_path_factory.mktemp("traced")
    url = f"sqlite:///{folder / 'orchestrator.db'}"
    upgrade(url)
    environment = {
        "ORCHESTRATOR_DATABASE_URL": url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
        "OTEL_SERVICE_NAME": "shop-payments",
    }
    server = Process(
        "orchestrator", "serve", "--sandbox", "--port", "0", ready="Serving on", **environment
    )
    try:
        payment = asyncio.run(_pay(url, server.said))
        server.tell()
        assert server.process.wait(60) == 0, server.said
    finally:
        server.close()
    batches = [ExportTraceServiceRequest.FromString(body) for body in Collector.taken]
    return batches, server.said, payment


async def _pay(database_url: str, said: str) -> str:
    row, secret = create_key("shop", "payments", None, utc_now())
    database = open_database(database_url)
    await database.write(insert_key, row)
    await database.close()
    base = re.findall(r"Serving on (\S+)", said)[0]
    headers = {
        "Authorization": f"Bearer {secret}",
        "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
    }
    async with aiohttp.ClientSession(base, headers=headers) as http:
        body = {"amount": 1000, "currency": "usd", "transaction_id": "order-77"}
        key = {"Idempotency-Key": uuid.uuid4().hex}
        async with http.post("/v1/payments?why=secret-reason", json=body, headers=key) as answer:
            payment: str = (await answer.json())["id"]
        path = f"/v1/payments/{payment}/confirm"
        key = {"Idempotency-Key": uuid.uuid4().hex}
        async with http.post(path, json={"payment_method": "pm_card_visa"}, headers=key) as answer:
            assert answer.status == 200, await answer.text()
    return payment


def every(batches: list[Any]) -> list[Any]:
    """Return every span of every batch."""
    return [
        span
        for batch in batches
        for of_resource in batch.resource_spans
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    ]


def attributes(span: Any) -> dict[str, str]:
    """Return a span's attributes as text."""
    return {
        each.key: each.value.string_value or str(each.value.int_value) for each in span.attributes
    }


def in_trace(batches: list[Any]) -> list[Any]:
    """Return the spans of the trace that the caller began."""
    return [span for span in every(batches) if span.trace_id.hex() == TRACE]


def test_a_request_is_a_span_of_its_route(spans: tuple[list[Any], str, str]) -> None:
    """The server's span goes on with the caller's trace, under the route's name."""
    named = {span.name: attributes(span) for span in in_trace(spans[0])}

    confirm = named["POST /v1/payments/{payment_id}/confirm"]
    assert confirm["http.route"] == "/v1/payments/{payment_id}/confirm"
    assert (confirm["http.response.status_code"], confirm["orchestrator.payment"]) == (
        "200",
        spans[2],
    )


def test_a_call_to_stripe_is_a_span(spans: tuple[list[Any], str, str]) -> None:
    """Each call to Stripe tells its operation and how it ended, within the request's span."""
    found = in_trace(spans[0])
    (request,) = [span for span in found if span.name.endswith("/confirm")]
    (call,) = [span for span in found if span.name == "stripe payment_intents.confirm"]

    assert attributes(call) == {
        "stripe.operation": "payment_intents.confirm",
        "stripe.result": "answered",
    }
    assert (call.parent_span_id, call.kind) == (request.span_id, call.SPAN_KIND_CLIENT)


def test_a_phase_at_the_database_is_a_span(spans: tuple[list[Any], str, str]) -> None:
    """Reading what a confirm needs and writing what it does are spans of their own."""
    named = {span.name: attributes(span) for span in in_trace(spans[0])}

    assert {"read find_api_key", "read view_confirm"} <= named.keys()
    assert any(name.startswith("write ") for name in named)
    assert named["read view_confirm"] == {
        "db.system.name": "sqlite",
        "db.operation.name": "read",
    }


def test_spans_name_the_service(spans: tuple[list[Any], str, str]) -> None:
    """The resource has the name that the environment gives."""
    resource = {
        each.key: each.value.string_value
        for batch in spans[0]
        for of_resource in batch.resource_spans
        for each in of_resource.resource.attributes
    }

    assert resource["service.name"] == "shop-payments"


def test_spans_hold_no_other_id(spans: tuple[list[Any], str, str]) -> None:
    """No path, query, key, intent, card or order of anybody's stands on any span."""
    batches, _, payment = spans
    written = "".join(str(batch) for batch in batches).replace(payment, "")

    assert not re.search(r"\b(?:pay_[0-9a-f]|pi_|pm_|ork_|req_)|order-77|secret-reason", written)


def test_the_log_names_the_trace(spans: tuple[list[Any], str, str]) -> None:
    """Lines written while a traced request is answered carry its trace's id."""
    lines = [json.loads(line) for line in spans[1].splitlines() if line.startswith("{")]
    moved = [line for line in lines if line["event"] == "payment_moved"]

    assert {line.get("trace_id") for line in moved} == {TRACE}


# ── where nobody asks ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "x"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://c"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_only_an_address_asks(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], asked: bool
) -> None:
    """Spans are made where the environment says where to send traces, and nowhere else."""
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert tracing.is_asked_for() is asked


def test_nothing_is_loaded_without_being_asked_for() -> None:
    """Without the variables no module of the SDK and no exporter is imported."""
    program = (
        "import sys, api.app, orchestrator.runtime, orchestrator.cli.server\n"
        "api.app.create_app()\n"
        "print(*[m for m in sys.modules if m.startswith(('opentelemetry.sdk', "
        "'opentelemetry.exporter', 'google.protobuf'))])"
    )
    environment = {name: each for name, each in os.environ.items() if "OTEL" not in name}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout == "\n"


def test_asked_for_and_not_installed_is_refused() -> None:
    """Where spans are asked for and cannot be sent, the start is refused, with a way out."""
    program = (
        "import sys\n"
        "sys.modules['opentelemetry.sdk.resources'] = None\n"
        "from orchestrator import tracing\n"
        "from orchestrator.errors import Misconfigured\n"
        "try: tracing.begin()\n"
        "except Misconfigured as exc: print(exc)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "fastapi[opentelemetry]" in ran.stdout


def test_a_span_of_nothing_costs_nothing() -> None:
    """Without tracing a block runs as it is, and there is nothing to tell."""
    with tracing.span("x") as span:
        tracing.tell(span, "a", "b")

    assert span is None


def test_phases_have_names() -> None:
    """A store function is called what it is called, also one that reads a single row."""
    assert (phase_of(insert_key), phase_of(load_payment)) == ("insert_key", "load_payment")
