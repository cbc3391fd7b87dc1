"""The API's nouns, for both clients: each operation once for each, and nothing repeated."""

from collections.abc import AsyncGenerator, Generator
from typing import Protocol

from orchestrator.client import calls
from orchestrator.client.methods import (
    AsyncResource,
    Resource,
    Sends,
    SendsLater,
    each,
    each_later,
    later,
    now,
)
from orchestrator.client.values import Event


class Payments(Resource):
    """Payments."""

    create = now(calls.create_payment)
    confirm = now(calls.confirm_payment)
    cancel = now(calls.cancel_payment)
    capture = now(calls.capture_payment)
    refresh = now(calls.refresh_payment)
    resolve = now(calls.resolve_payment)
    get = now(calls.get_payment)
    list = now(calls.list_payments)
    iterate = each(calls.list_payments)
    history = now(calls.read_history)
    explain = now(calls.explain_payment)
    client_secret = now(calls.read_client_secret)
    refund = now(calls.create_refund)
    refunds = now(calls.list_refunds)
    disputes = now(calls.list_disputes)


class AsyncPayments(AsyncResource):
    """Payments, awaited."""

    create = later(calls.create_payment)
    confirm = later(calls.confirm_payment)
    cancel = later(calls.cancel_payment)
    capture = later(calls.capture_payment)
    refresh = later(calls.refresh_payment)
    resolve = later(calls.resolve_payment)
    get = later(calls.get_payment)
    list = later(calls.list_payments)
    iterate = each_later(calls.list_payments)
    history = later(calls.read_history)
    explain = later(calls.explain_payment)
    client_secret = later(calls.read_client_secret)
    refund = later(calls.create_refund)
    refunds = later(calls.list_refunds)
    disputes = later(calls.list_disputes)


class Refunds(Resource):
    """Single refunds."""

    get = now(calls.get_refund)


class AsyncRefunds(AsyncResource):
    """Single refunds, awaited."""

    get = later(calls.get_refund)


class Customers(Resource):
    """Customers, and the cards they keep."""

    create = now(calls.create_customer)
    get = now(calls.get_customer)
    attach_card = now(calls.attach_card)
    cards = now(calls.list_cards)


class AsyncCustomers(AsyncResource):
    """Customers, and the cards they keep, awaited."""

    create = later(calls.create_customer)
    get = later(calls.get_customer)
    attach_card = later(calls.attach_card)
    cards = later(calls.list_cards)


class Cards(Resource):
    """Single cards."""

    get = now(calls.get_card)
    update = now(calls.update_card)
    detach = now(calls.detach_card)
    disable = now(calls.disable_card)
    enable = now(calls.enable_card)


class AsyncCards(AsyncResource):
    """Single cards, awaited."""

    get = later(calls.get_card)
    update = later(calls.update_card)
    detach = later(calls.detach_card)
    disable = later(calls.disable_card)
    enable = later(calls.enable_card)


class Actions(Resource):
    """What people did."""

    list = now(calls.list_actions)
    iterate = each(calls.list_actions)


class AsyncActions(AsyncResource):
    """What people did, awaited."""

    list = later(calls.list_actions)
    iterate = each_later(calls.list_actions)


class Anomalies(Resource):
    """What nobody expected, as a queue."""

    list = now(calls.list_anomalies)
    iterate = each(calls.list_anomalies)
    get = now(calls.get_anomaly)
    assign = now(calls.assign_anomaly)
    resolve = now(calls.resolve_anomaly)


class AsyncAnomalies(AsyncResource):
    """What nobody expected, as a queue, awaited."""

    list = later(calls.list_anomalies)
    iterate = each_later(calls.list_anomalies)
    get = later(calls.get_anomaly)
    assign = later(calls.assign_anomaly)
    resolve = later(calls.resolve_anomaly)


class Follows(Protocol):
    """Tells events as they happen, for as long as somebody listens."""

    def __call__(
        self, *, payment: str | None, type: str | None, last_event: str | None
    ) -> Generator[Event, None, None]:
        """Tell events."""


class FollowsLater(Protocol):
    """Tells events as they happen, awaited."""

    def __call__(
        self, *, payment: str | None, type: str | None, last_event: str | None
    ) -> AsyncGenerator[Event, None]:
        """Tell events."""


class Events(Resource):
    """The feed of what happened."""

    list = now(calls.list_events)
    iterate = each(calls.list_events)
    get = now(calls.get_event)
    replay = now(calls.replay_event)

    def __init__(self, send: Sends, follow: Follows) -> None:
        super().__init__(send)
        self._follow = follow

    def stream(
        self, *, payment: str | None = None, type: str | None = None, last_event: str | None = None
    ) -> Generator[Event, None, None]:
        """Tell events as they happen, without an end; a lost stream is gone on with.

        It begins after ``last_event``; without one with what comes next, and of one ``payment``
        with that payment's first event.
        """
        return self._follow(payment=payment, type=type, last_event=last_event)


class AsyncEvents(AsyncResource):
    """The feed of what happened, awaited."""

    list = later(calls.list_events)
    iterate = each_later(calls.list_events)
    get = later(calls.get_event)
    replay = later(calls.replay_event)

    def __init__(self, send: SendsLater, follow: FollowsLater) -> None:
        super().__init__(send)
        self._follow = follow

    def stream(
        self, *, payment: str | None = None, type: str | None = None, last_event: str | None = None
    ) -> AsyncGenerator[Event, None]:
        """Tell events as they happen, without an end; a lost stream is gone on with.

        It begins after ``last_event``; without one with what comes next, and of one ``payment``
        with that payment's first event.
        """
        return self._follow(payment=payment, type=type, last_event=last_event)


class WebhookEndpoints(Resource):
    """Whom events are sent to (an admin key's)."""

    create = now(calls.create_webhook_endpoint)
    get = now(calls.get_webhook_endpoint)
    list = now(calls.list_webhook_endpoints)
    iterate = each(calls.list_webhook_endpoints)
    delete = now(calls.delete_webhook_endpoint)
    rotate_secret = now(calls.rotate_secret)
    enable = now(calls.enable_webhook_endpoint)
    deliveries = now(calls.list_deliveries)


class AsyncWebhookEndpoints(AsyncResource):
    """Whom events are sent to, awaited."""

    create = later(calls.create_webhook_endpoint)
    get = later(calls.get_webhook_endpoint)
    list = later(calls.list_webhook_endpoints)
    iterate = each_later(calls.list_webhook_endpoints)
    delete = later(calls.delete_webhook_endpoint)
    rotate_secret = later(calls.rotate_secret)
    enable = later(calls.enable_webhook_endpoint)
    deliveries = later(calls.list_deliveries)


class DeclineRules(Resource):
    """Decline rules."""

    list = now(calls.list_decline_rules)
    versions = now(calls.list_decline_rule_versions)
    change = now(calls.change_decline_rule)
    decide = now(calls.decide_decline_rule)
    what_if = now(calls.try_decline_rules)


class AsyncDeclineRules(AsyncResource):
    """Decline rules, awaited."""

    list = later(calls.list_decline_rules)
    versions = later(calls.list_decline_rule_versions)
    change = later(calls.change_decline_rule)
    decide = later(calls.decide_decline_rule)
    what_if = later(calls.try_decline_rules)
