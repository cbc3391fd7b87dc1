"""Requests made up from the description alone: no 5xx, no answer it does not announce.

Each operation gets requests that fit its description and requests that do not, with ids made up
and with those of things that are there; and then one at each bound of everything described, with
methods that no address takes, headers left out and parameters given twice. The numbers are a plan,
and each run is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema

from api.app import create_app
from tests.api.deployed import ANOMALIES, EVENTS, PAYMENTS, Deployment, running, with_bodies

POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
MADE_UP, THERE = "made up", "there"


class Row(NamedTuple):
    """How many requests an operation gets, and how many of them are at least carried out."""

    operation: str
    ids: str
    mode: GenerationMode
    requests: int
    carried_out: int = 0


# Without a body or a query, few requests differ; with an id made up, few go beyond the id. API keys
# are made up too where ids are: half of the requests that must be refused are refused for them.
MANY, SOME = 54, 20
PLAN: tuple[Row, ...] = (
    Row("createPayment", MADE_UP, POSITIVE, MANY),
    Row("createPayment", THERE, POSITIVE, 2 * MANY, 50),
    Row("createPayment", THERE, NEGATIVE, 2 * MANY),
    Row("createCustomer", MADE_UP, POSITIVE, 2 * MANY, 80),
    Row("createCustomer", MADE_UP, NEGATIVE, MANY),
    Row("createCustomer", THERE, NEGATIVE, MANY),
    Row("listPayments", MADE_UP, POSITIVE, 2 * MANY, 20),
    Row("listPayments", MADE_UP, NEGATIVE, MANY),
    Row("listPayments", THERE, NEGATIVE, MANY),
    Row("listActions", MADE_UP, POSITIVE, MANY, SOME),
    Row("listActions", MADE_UP, NEGATIVE, MANY),
    Row("listAnomalies", MADE_UP, POSITIVE, SOME, 1),
    Row("listAnomalies", MADE_UP, NEGATIVE, SOME),
    *(
        row
        for operation in ("listEvents", "listWebhookEndpoints", "listDeliveries")
        for row in (
            Row(operation, MADE_UP, POSITIVE, SOME),
            Row(operation, THERE, POSITIVE, SOME, 1),
            Row(operation, THERE, NEGATIVE, SOME),
        )
    ),
    # What is deleted is not there for anybody who comes later.
    Row("deleteWebhookEndpoint", MADE_UP, POSITIVE, SOME),
    Row("deleteWebhookEndpoint", THERE, POSITIVE, 1, 1),
    *(
        row
        for operation, carried_out in (
            ("confirmPayment", 5),
            ("attachCard", 20),
            ("updateCard", 30),
            ("disableCard", 30),
            ("enableCard", 30),
            ("resolvePayment", 5),
            ("changeDeclineRule", 5),
            ("approveDeclineRule", 5),
        )
        for row in (
            Row(operation, MADE_UP, POSITIVE, SOME),
            Row(operation, MADE_UP, NEGATIVE, MANY),
            Row(operation, THERE, POSITIVE, 2 * MANY, carried_out),
            Row(operation, THERE, NEGATIVE, MANY),
        )
    ),
    *(
        row
        for operation, carried_out in (
            ("cancelPayment", 2),
            ("refreshPayment", 10),
            ("capturePayment", 2),
            ("createRefund", 2),
            ("createWebhookEndpoint", 10),
            ("rotateSecret", 10),
            ("enableWebhookEndpoint", 10),
            ("replayEvent", 2),
            ("assignAnomaly", 2),
            ("resolveAnomaly", 2),
        )
        for row in (
            Row(operation, MADE_UP, POSITIVE, SOME),
            Row(operation, MADE_UP, NEGATIVE, SOME),
            Row(operation, THERE, POSITIVE, SOME, carried_out),
            Row(operation, THERE, NEGATIVE, SOME),
        )
    ),
    *(
        row
        for operation, things in (
            ("getPayment", PAYMENTS),
            ("getHistory", PAYMENTS),
            ("explainPayment", PAYMENTS),
            ("getClientSecret", PAYMENTS),
            ("listRefunds", PAYMENTS),
            ("listDisputes", PAYMENTS),
            ("getRefund", 1),
            ("listDeclineRuleVersions", 1),
            ("getAnomaly", ANOMALIES),
            ("getEvent", EVENTS),
            ("getWebhookEndpoint", 2),
            ("getCustomer", 1),
            ("listCards", 2),
            ("getCard", 3),
            ("detachCard", 3),
        )
        for row in (
            Row(operation, MADE_UP, POSITIVE, SOME),
            # One request for each thing there is: no two others would differ.
            Row(operation, THERE, POSITIVE, things, things),
        )
    ),
)
# What the systematic phase makes of the description; it grows with it.
AT_BOUNDS = 1000
# The gate sends one request in so many of the plan.
SHARE = 20


@pytest.fixture(scope="module")
def deployment(
    sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory, stand_in_url: str
) -> Iterator[Deployment]:
    """Give the tests one deployment, over SQLite."""
    file = tmp_path_factory.mktemp("schemathesis") / "orchestrator.db"
    file.write_bytes(sqlite_template.read_bytes())
    with running(f"sqlite:///{file}", stand_in_url) as started:
        yield started


# Failures by what they say, with a request that shows them.
Failures = dict[str, str]


# ── made up at random ────────────────────────────────────────────────────────────────────────


def made_up(deployment: Deployment, row: Row) -> Any:
    """Return what makes up a row's requests; a description is read once for all its rows."""
    if (row.ids, row.mode) not in deployment.strategies:
        document = deployment.document
        if row.ids == THERE:
            document = deployment.with_ids()
        if row.ids == THERE and row.mode is POSITIVE:
            document = with_bodies(document, deployment.there["customer_id"])
        schema = deployment.schema(document, with_keys_made_up=row.ids == MADE_UP)
        deployment.strategies[row.ids, row.mode] = {
            operation.definition.raw["operationId"]: operation.as_strategy(generation_mode=row.mode)
            for operation in (result.ok() for result in schema.get_all_operations())
        }
    return deployment.strategies[row.ids, row.mode][row.operation]


def send(strategy: Any, count: int) -> tuple[Counter[int], Failures]:
    """Send requests; count the answers by status, and collect what was wrong with any."""
    statuses: Counter[int] = Counter()
    failures: Failures = {}

    @settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def each(case: Any) -> None:
        response = case.call()
        statuses[response.status_code] += 1
        try:
            case.validate_response(response)
        except* Failure as group:
            for finding in group.exceptions:
                failures.setdefault(
                    str(finding).split("\n")[0], f"{finding}\n{case.as_curl_command()}"
                )

    each()
    return statuses, failures


@pytest.mark.parametrize("share", [SHARE, pytest.param(1, marks=pytest.mark.thorough)])
@pytest.mark.parametrize(
    "row", PLAN, ids=[f"{row.operation} {row.ids} {row.mode.value}" for row in PLAN]
)
def test_every_answer_is_announced(deployment: Deployment, row: Row, share: int) -> None:
    """Whatever is sent, the answer is one that the description announces, and none is a 5xx."""
    requests = -(-row.requests // share)
    statuses, failures = send(made_up(deployment, row), requests)

    assert failures == {}
    assert sum(statuses.values()) == requests
    assert {status for status in statuses if status >= 500} == set()
    # Of few requests more than their share may be odd ones; of all of them the plan knows how many.
    wanted = row.carried_out if share == 1 else row.carried_out // (2 * share)
    assert sum(statuses[status] for status in (200, 201, 202)) >= wanted


def test_the_plan_is_two_thousand() -> None:
    """The whole plan is at least two thousand requests, to every operation that takes input."""
    operations = _operations(create_app().openapi())
    taking = {each["operationId"] for each in operations if "parameters" in each}

    assert sum(row.requests for row in PLAN) >= 2000
    assert {row.operation for row in PLAN} == taking
    assert {row.operation for row in PLAN if row.carried_out} == taking


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for item in document["paths"].values() for operation in item.values()]


# ── at each bound ────────────────────────────────────────────────────────────────────────────


# Those of Schemathesis' checks that are what this is for; more look too.
CHECKED = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
    "fits_and_is_taken",
}
# At a bound a card is none that Stripe knows, an amount is too much, and what is handled or gone
# already stays so.
NOT_ALWAYS_CARRIED_OUT = {
    "attachCard",
    "cancelPayment",
    "capturePayment",
    "confirmPayment",
    "createRefund",
    "deleteWebhookEndpoint",
    "detachCard",
}


@dataclass
class Report:
    """What came of a phase: how often each operation answered what, who looked, what was found."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    checks: set[str] = field(default_factory=set)
    failures: Failures = field(default_factory=dict)

    def add(self, event: Any) -> None:
        """Count in what a phase tells of itself."""
        if isinstance(event, events.NonFatalError | events.FatalError):
            self.failures[type(event).__name__] = str(getattr(event, "info", event))
        if not isinstance(event, events.ScenarioFinished):
            return
        recorder = event.recorder
        for case_id, exchange in recorder.interactions.items():
            if exchange.response is not None:
                operation = recorder.cases[case_id].value.operation.definition.raw["operationId"]
                self.statuses[operation, exchange.response.status_code] += 1
        for check in (check for checks in recorder.checks.values() for check in checks):
            self.checks.add(check.name)
            if check.failure_info is not None:
                found = f"{check.name}: {check.failure_info.failure}"
                self.failures.setdefault(found, check.failure_info.code_sample)

    def sent(self) -> int:
        """Return how many requests were answered."""
        return sum(self.statuses.values())

    def carried_out(self) -> set[str]:
        """Return the operations that were carried out at least once."""
        return {operation for operation, status in self.statuses if status in {200, 201, 202}}


@pytest.mark.thorough
def test_every_bound_is_tried(deployment: Deployment) -> None:
    """Just within and just beyond each bound that is described, the answer is as announced."""
    report = Report()
    schema = deployment.schema(deployment.with_ids())
    schema.config.phases.update(phases=["coverage"])
    for event in from_schema(schema).execute():
        report.add(event)
    every = {each["operationId"] for each in _operations(deployment.document)}

    assert report.failures == {}
    assert report.sent() >= AT_BOUNDS
    assert report.checks >= CHECKED
    assert every - report.carried_out() <= NOT_ALWAYS_CARRIED_OUT
