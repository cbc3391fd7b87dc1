"""What every answer has, and how its parts are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Document = Mapping[str, Any]


Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Answer:
    """How a value was answered: the status, the request's id, and whether it was a repeat."""

    status: int = 200
    request_id: str | None = None
    replayed: bool = False
