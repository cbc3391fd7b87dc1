"""What a call to Stripe is called where it is counted: ``payment_intents.confirm``. Pure.

The words are Stripe's own, taken from the path without what stands for one object: no name has an
id in it.
"""

from typing import Final

_ON_ALL: Final = {"get": "list", "post": "create"}
_ON_ONE: Final = {"get": "retrieve", "post": "update", "delete": "delete"}


def operation_of(method: str, path: str) -> str:
    """Name the operation that a method on one of our paths asks for."""
    _, _, noun, *rest = path.split("/")
    if not rest:
        return f"{noun}.{_ON_ALL[method]}"
    if len(rest) == 1:
        return f"{noun}.{_ON_ONE[method]}"
    return f"{noun}.{rest[1]}"
