"""How a list is gone through from page to page, newest first. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from orchestrator.client.calls import Call
from orchestrator.client.values import Page

# The API's longest page: who goes through everything wants few requests.
_LONGEST: Final[Mapping[str, str]] = {"limit": "100"}


class Listed(Protocol):
    """What a list holds: its id is the cursor of the page after it."""

    @property
    def id(self) -> str:
        """The id."""


Item = TypeVar("Item", bound=Listed)


def first_page(call: Call[Page[Item]]) -> Call[Page[Item]]:
    """Return the call with which going through a list begins.

    Raises:
        ValueError: it leads up the list, where there is no next page.
    """
    if "ending_before" in call.query:
        raise ValueError("A list is gone through downwards; ending_before is for a single page.")
    return replace(call, query={**_LONGEST, **call.query})


def next_page(call: Call[Page[Item]], page: Page[Item]) -> Call[Page[Item]] | None:
    """Return the call that goes on after a page, or null at the end."""
    if not page.has_more or not page.data:
        return None
    return replace(call, query={**call.query, "starting_after": page.data[-1].id})
