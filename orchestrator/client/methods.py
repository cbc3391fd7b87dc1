"""How an operation, written once, becomes a method.

``now`` and ``later`` make a method of a call's builder: with its signature, and the value it gives
at once or when awaited. ``each`` and ``each_later`` make one that goes through a whole list.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import wraps
from typing import Any, Final, Generic, ParamSpec, Protocol, TypeVar

from orchestrator.client.calls import Call
from orchestrator.client.pages import Item, first_page, next_page
from orchestrator.client.values import Page

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


class Resource:
    def __init__(self, send: Sends) -> None:
        self._send = send


class AsyncResource:
    def __init__(self, send: SendsLater) -> None:
        self._send = send


class now(Generic[P, Value]):  # noqa: N801, RUF100  read as a word beside the operation it makes
    """A method that sends a call and returns its value."""

    def __init__(self, build: Callable[P, Call[Value]]) -> None:
        self._build = build

    def __get__(self, resource: Resource, _: Any = None) -> Callable[P, Value]:
        """Return the method of a resource."""

        @wraps(self._build)
        def method(*arguments: P.args, **named: P.kwargs) -> Value:
            return resource._send(self._build(*arguments, **named))

        return method


class later(Generic[P, Value]):  # noqa: N801, RUF100  likewise
    """A method that sends a call and returns its value when awaited."""

    def __init__(self, build: Callable[P, Call[Value]]) -> None:
        self._build = build

    def __get__(self, resource: AsyncResource, _: Any = None) -> Callable[P, Awaitable[Value]]:
        """Return the method of a resource."""

        @wraps(self._build)
        def method(*arguments: P.args, **named: P.kwargs) -> Awaitable[Value]:
            return resource._send(self._build(*arguments, **named))

        return method


class each(Generic[P, Item]):  # noqa: N801, RUF100  likewise
    """A method that goes through a list page by page."""

    def __init__(self, build: Callable[P, Call[Page[Item]]]) -> None:
        self._build = build

    def __get__(self, resource: Resource, _: Any = None) -> Callable[P, Iterator[Item]]:
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

    def __get__(self, resource: AsyncResource, _: Any = None) -> Callable[P, AsyncIterator[Item]]:
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
