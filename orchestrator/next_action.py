"""What a customer has to do next, as far as who only reads may see it. Pure.

Refuses to show where it is done: a redirect's address may carry the payment's client secret.
"""

from collections.abc import Mapping
from typing import Any


def awaited_action(next_action: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what kind of action is awaited, and nothing else of it."""
    return {"type": next_action.get("type")} if next_action is not None else None
