"""What is counted is what happened, under names that the documents tell."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.metrics import MetricWrapperBase

from orchestrator import metrics
from orchestrator.gateway.operations import operation_of
from orchestrator.gateway.views import ReplyKind
from orchestrator.overview import Overviews
from orchestrator.refund import RefundState
from orchestrator.refunds import record_refunds_and_disputes
from orchestrator.requests import CreateRefund
from orchestrator.seals.sealing import Sealing
from orchestrator.states import TRANSITIONS
from orchestrator.store.refunds import count_refunds
from tests.docs.blocks import read
from tests.seals.test_seal import KEY
from tests.world import World

Growth = Callable[..., float]


def value(name: str, **labels: str) -> float:
    """Return a metric's value; what was never counted is nought."""
    return metrics.REGISTRY.get_sample_value(f"orchestrator_{name}", labels) or 0.0


@pytest.fixture
def growth() -> Growth:
    """Tell how much counters have grown since the test began."""
    before = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in metrics.REGISTRY.collect()
        for sample in family.samples
    }

    def grown(name: str, **labels: str) -> float:
        key = (f"orchestrator_{name}", tuple(sorted(labels.items())))
        return value(name, **labels) - before.get(key, 0.0)

    return grown


def ours() -> dict[str, tuple[str, ...]]:
    """Return the name of each metric of ours as it is asked for, with its labels."""
    every: list[Any] = [
        each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)
    ]
    return {
        each._name + ("_total" if each._type == "counter" else ""): each._labelnames
        for each in every
    }


def test_the_document_tells_every_metric() -> None:
    """The table of metrics has every metric with its labels, and no other."""
    told = {
        name: tuple(re.findall(r"`(\w+)`", labels))
        for name, labels in re.findall(
            r"^\| `(orchestrator_\w+)` \| ([^|]*)\|", read("docs/operating.md"), re.MULTILINE
        )
    }

    assert told == ours()


def test_the_document_tells_every_result() -> None:
    """Each way in which a call to Stripe may end stands in the table."""
    row = re.search(r"^\| `orchestrator_stripe_calls_total`.*$", read("docs/operating.md"), re.M)
    assert row is not None

    assert {kind.value for kind in ReplyKind} <= set(re.findall(r"`(\w+)`", row[0]))


def test_every_edge_begins_at_zero() -> None:
    """A process that has moved nothing shows every edge: a rate needs a first value."""
    shown = metrics.written().decode()

    assert all(
        f'{{event="{edge.event}",source="{edge.source}",target="{edge.target}"}}' in shown
        for edge in TRANSITIONS
    )


async def test_a_decline_is_counted_once(world: World, growth: Growth) -> None:
    """A declined attempt is one move each way, one decline by its code, and one declined call."""
    payment = await world.create()
    await world.confirm(payment, "pm_card_visa_chargeDeclinedInsufficientFunds")

    moves = [
        growth("transitions_total", source=source, event=event, target=target)
        for source, event, target in (
            ("none", "create", "created"),
            ("created", "confirm", "confirming"),
            ("confirming", "require_new_card", "requires_new_card"),
            ("confirming", "succeed", "succeeded"),
        )
    ]
    assert moves == [1, 1, 1, 0]
    assert growth("declines_total", code="insufficient_funds") == 1
    confirm = "payment_intents.confirm"
    assert growth("stripe_calls_total", operation=confirm, result="declined") == 1
    assert growth("stripe_call_seconds_count", operation=confirm) == 1


async def test_a_disabled_card_is_counted(world: World, growth: Growth) -> None:
    """A card that a rule puts out of use is counted by how far that goes."""
    payment = await world.create()
    await world.confirm(payment, "pm_card_visa_chargeDeclinedLostCard")
    told = sum(growth("cards_disabled_total", scope=scope) for scope in _scopes())

    assert told == 1


def _scopes() -> set[str]:
    return {labels[0] for labels in metrics.DISABLEMENTS._metrics}


async def test_a_success_is_no_decline(world: World, growth: Growth) -> None:
    """A payment that succeeds counts no decline."""
    await world.confirm(await world.create(), "pm_card_visa")
    declines = sum(growth("declines_total", code=labels[0]) for labels in metrics.DECLINES._metrics)

    assert declines == 0


async def test_a_refund_is_counted_where_it_comes_to_be(world: World, growth: Growth) -> None:
    """A refund is counted as asked for and as it ends; one found at Stripe as it was found."""
    payment = (await world.confirm(await world.create(), "pm_card_visa")).payment
    await world.runtime.refunds.create(payment.id, CreateRefund(300), world.caller())
    path = f"/payment_intents/{payment.payment_intent}/refund"
    await world.control("POST", path, {"amount": 250})
    gateway = world.runtime.gateway.refunds
    await record_refunds_and_disputes(world.payments.driver, gateway, payment)

    moved = [growth("refunds_moved_total", state=state) for state in RefundState]
    assert dict(zip(RefundState, moved, strict=True)) == {"pending": 1, "succeeded": 2, "failed": 0}
    stored = await world.runtime.database.read(count_refunds)
    assert stored == {"pending": 0, "succeeded": 2, "failed": 0}


async def test_a_lost_answer_is_unknown(world: World, growth: Growth) -> None:
    """A call without an answer is counted as unknown, and the worker's finding it as settled."""
    payment = await world.create()
    await world.fault("drop_after")
    await world.confirm(payment, "pm_card_visa")
    world.clock.advance(60)
    await world.work()

    lost = growth("stripe_calls_total", operation="payment_intents.confirm", result="unknown")
    worked = [growth(f"worker_{name}_total") for name in ("claimed", "settled")]
    assert (lost, worked) == (1, [1, 1])


def test_alerts_are_counted_by_kind(growth: Growth) -> None:
    """What stands behind the colon may be anything, so it is no label."""
    metrics.alerted("stripe_unauthorized:sk_invalid")

    assert growth("alerts_total", kind="stripe_unauthorized") == 1


def test_codes_nobody_knows_are_other(growth: Growth) -> None:
    """A code that Stripe made up since is counted, and makes no label of its own."""
    row = {"source": "confirming", "event": "require_new_card", "target": "requires_new_card"}
    metrics.payment_moved({**row, "code": "new_one", "decline_code": None, "handler_error": None})

    assert (growth("declines_total", code="other"), growth("declines_total", code="new_one")) == (
        1,
        0,
    )


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("post", "/v1/payment_intents", "payment_intents.create"),
        ("get", "/v1/payment_intents/pi_1", "payment_intents.retrieve"),
        ("post", "/v1/payment_intents/pi_1/confirm", "payment_intents.confirm"),
        ("get", "/v1/charges", "charges.list"),
        ("post", "/v1/payment_methods/pm_1", "payment_methods.update"),
        ("get", "/v1/customers/cus_1/payment_methods", "customers.payment_methods"),
    ],
)
def test_operations_have_no_ids(method: str, path: str, name: str) -> None:
    """A call is named after what it does, whatever it does it to."""
    assert operation_of(method, path) == name


async def test_the_age_of_the_last_seal_is_shown(world: World) -> None:
    """There is no number before the first seal, and then how long ago the last one was made."""
    database, ages = world.runtime.database, []
    for _ in range(2):
        overviews = Overviews(database, world.clock)
        await overviews.show()
        overviews.close()
        ages.append(value("seal_age_seconds"))
        sealing = Sealing(database, KEY, "one", clock=world.clock)
        await sealing.begin()
        await sealing.finish()
        world.clock.advance(90)

    assert math.isnan(ages[0])
    assert 90 <= ages[1] < 120


def test_nothing_is_shown_of_a_database_that_is_away() -> None:
    """Old figures are taken away: they would look like new ones."""
    metrics.show_states({"failed": 2})
    metrics.show_refunds({"pending": 1})
    metrics.show_stripe_events({"unmatched": 1})
    metrics.show_waiting("payments", 3, 1.0)
    metrics.show_seal_age(1.0)
    metrics.hide_stored()
    shown = metrics.written().decode()

    for by_state in ("payments", "refunds", "stripe_events_waiting"):
        assert f'orchestrator_{by_state}{{state="' not in shown
    assert "orchestrator_payments_due NaN" in shown
    assert "orchestrator_seal_age_seconds NaN" in shown
