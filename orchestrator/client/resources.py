"""The API's nouns, for both clients: each operation stands once for each, and nothing is repeated.

``now`` and ``later`` make a method of a call's builder: with its signature, and the value it gives
at once or when awaited. ``each`` and ``each_later`` make one that goes through a whole list.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from functools import wraps
from typing import Any, Final, Generic, ParamSpec, Protocol, TypeVar

from orchestrator.client import calls
from orchestrator.client.calls import Call
from orchestrator.client.pages import Item, first_page, next_page
from orchestrator.client.values import Event, Page

P = ParamSpec("P")
Value = TypeVar("Value")

_WALK: Final = "Go through everything that the list would find, in its order, page by page."


class Sends(Protocol):
    """Sends a call and gives its value."""

    def __call__(self, call: Call[Value], /) -> Value:
        """Send a call."""


class SendsLater(Protocol):
    """Sends a call and gives its value when awaited."""

    def __call__(self, call: Call[Value], /) -> Awaitable[Value]:
        """Send a call."""


class _Resource:
    def __init__(self, send: Sends) -> None:
        self._send = send


class _AsyncResource:
    def __init__(self, send: SendsLater) -> None:
        self._send = send


class now(Generic[P, Value]):  # noqa: N801, RUF100  read as a word beside the operation it makes
    """A method that sends a call and returns its value."""

    def __init__(self, build: Callable[P, Call[Value]]) -> None:
        self._build = build

    def __get__(self, resource: _Resource, _: Any = None) -> Callable[P, Value]:
        """Return the method of a resource."""

        @wraps(self._build)
        def method(*arguments: P.args, **named: P.kwargs) -> Value:
            return resource._send(self._build(*arguments, **named))

        return method


class later(Generic[P, Value]):  # noqa: N801, RUF100  likewise
    """A method that sends a call and returns its value when awaited."""

    def __init__(self, build: Callable[P, Call[Value]]) -> None:
        self._build = build

    def __get__(self, resource: _AsyncResource, _: Any = None) -> Callable[P, Awaitable[Value]]:
        """Return the method of a resource."""

        @wraps(self._build)
        def method(*arguments: P.args, **named: P.kwargs) -> Awaitable[Value]:
            return resource._send(self._build(*arguments, **named))

        return method


class each(Generic[P, Item]):  # noqa: N801, RUF100  likewise
    """A method that goes through a list page by page."""

    def __init__(self, build: Callable[P, Call[Page[Item]]]) -> None:
        self._build = build

    def __get__(self, resource: _Resource, _: Any = None) -> Callable[P, Iterator[Item]]:
        """Return the method of a resource."""

        @wraps(self._build)
        def method(*arguments: P.args, **named: P.kwargs) -> Iterator[Item]:
            return walk(first_page(self._build(*arguments, **named)))

        method.__doc__ = _WALK

        def walk(call: Call[Page[Item]] | None) -> Iterator[Item]:
            while call is not None:
                page = resource._send(call)
                yield from page.data
                call = next_page(call, page)

        return method


class each_later(Generic[P, Item]):  # noqa: N801, RUF100  likewise
    """A method that goes through a list page by page, awaited."""

    def __init__(self, build: Callable[P, Call[Page[Item]]]) -> None:
        self._build = build

    def __get__(self, resource: _AsyncResource, _: Any = None) -> Callable[P, AsyncIterator[Item]]:
        """Return the method of a resource."""

        @wraps(self._build)
        def method(*arguments: P.args, **named: P.kwargs) -> AsyncIterator[Item]:
            return walk(first_page(self._build(*arguments, **named)))

        method.__doc__ = _WALK

        async def walk(call: Call[Page[Item]] | None) -> AsyncIterator[Item]:
            while call is not None:
                page = await resource._send(call)
                for item in page.data:
                    yield item
                call = next_page(call, page)

        return method


class Payments(_Resource):
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


class AsyncPayments(_AsyncResource):
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


class Refunds(_Resource):
    """Single refunds."""

    get = now(calls.get_refund)


class AsyncRefunds(_AsyncResource):
    """Single refunds, awaited."""

    get = later(calls.get_refund)


class Customers(_Resource):
    """Customers, and the cards they keep."""

    create = now(calls.create_customer)
    get = now(calls.get_customer)
    attach_card = now(calls.attach_card)
    cards = now(calls.list_cards)


class AsyncCustomers(_AsyncResource):
    """Customers, and the cards they keep, awaited."""

    create = later(calls.create_customer)
    get = later(calls.get_customer)
    attach_card = later(calls.attach_card)
    cards = later(calls.list_cards)


class Cards(_Resource):
    """Single cards."""

    get = now(calls.get_card)
    update = now(calls.update_card)
    detach = now(calls.detach_card)
    disable = now(calls.disable_card)
    enable = now(calls.enable_card)


class AsyncCards(_AsyncResource):
    """Single cards, awaited."""

    get = later(calls.get_card)
    update = later(calls.update_card)
    detach = later(calls.detach_card)
    disable = later(calls.disable_card)
    enable = later(calls.enable_card)


class Actions(_Resource):
    """What people did."""

    list = now(calls.list_actions)
    iterate = each(calls.list_actions)


class AsyncActions(_AsyncResource):
    """What people did, awaited."""

    list = later(calls.list_actions)
    iterate = each_later(calls.list_actions)


class Anomalies(_Resource):
    """What nobody expected, as a queue."""

    list = now(calls.list_anomalies)
    iterate = each(calls.list_anomalies)
    get = now(calls.get_anomaly)
    assign = now(calls.assign_anomaly)
    resolve = now(calls.resolve_anomaly)


class AsyncAnomalies(_AsyncResource):
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


class Events(_Resource):
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


class AsyncEvents(_AsyncResource):
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


class WebhookEndpoints(_Resource):
    """Whom events are sent to (an admin key's)."""

    create = now(calls.create_webhook_endpoint)
    get = now(calls.get_webhook_endpoint)
    list = now(calls.list_webhook_endpoints)
    iterate = each(calls.list_webhook_endpoints)
    delete = now(calls.delete_webhook_endpoint)
    rotate_secret = now(calls.rotate_secret)
    enable = now(calls.enable_webhook_endpoint)
    deliveries = now(calls.list_deliveries)


class AsyncWebhookEndpoints(_AsyncResource):
    """Whom events are sent to, awaited."""

    create = later(calls.create_webhook_endpoint)
    get = later(calls.get_webhook_endpoint)
    list = later(calls.list_webhook_endpoints)
    iterate = each_later(calls.list_webhook_endpoints)
    delete = later(calls.delete_webhook_endpoint)
    rotate_secret = later(calls.rotate_secret)
    enable = later(calls.enable_webhook_endpoint)
    deliveries = later(calls.list_deliveries)


class DeclineRules(_Resource):
    """Decline rules."""

    list = now(calls.list_decline_rules)
    versions = now(calls.list_decline_rule_versions)
    change = now(calls.change_decline_rule)
    decide = now(calls.decide_decline_rule)
    what_if = now(calls.try_decline_rules)


class AsyncDeclineRules(_AsyncResource):
    """Decline rules, awaited."""

    list = later(calls.list_decline_rules)
    versions = later(calls.list_decline_rule_versions)
    change = later(calls.change_decline_rule)
    decide = later(calls.decide_decline_rule)
    what_if = later(calls.try_decline_rules)
