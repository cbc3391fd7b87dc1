"""The kind of route all ours are: a function of a request that answers with a response."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute


class DirectRoute(APIRoute):
    """Calls its function as it is.

    FastAPI would look for dependencies and a body on every request; our functions have neither.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function itself."""
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return endpoint


def router_of(noun: str) -> APIRouter:
    """Begin the router of a noun, under which the description lists its operations."""
    return APIRouter(
        route_class=DirectRoute, tags=[noun], generate_unique_id_function=_operation_id
    )


def _operation_id(route: APIRoute) -> str:
    """Name an operation after its function: ``create_payment`` is ``createPayment``."""
    first, *rest = route.name.split("_")
    return first + "".join(word.capitalize() for word in rest)
