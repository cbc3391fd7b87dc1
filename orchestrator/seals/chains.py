"""Other chains that each seal tells the heads of, besides the payments'.

A chain is added here by its name and the function that reads its head: as it is now, or as it was
when it had so many rows (null where it has fewer). A name stays for good: older seals carry it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from orchestrator.seals.seal import ChainHead
from orchestrator.store.actions import read_action_at, read_action_head

HeadOf = Callable[[Connection, int | None], ChainHead | None]


def head_of_actions(connection: Connection, count: int | None) -> ChainHead | None:
    """Read the head of what people did, now or when there were so many actions."""
    head = read_action_head(connection) if count is None else read_action_at(connection, count)
    return ChainHead(head.number, head.hash) if head is not None and head.number else None


OTHER_CHAINS: Final[Mapping[str, HeadOf]] = MappingProxyType({"actions": head_of_actions})


def heads_now(connection: Connection, chains: Mapping[str, HeadOf]) -> dict[str, ChainHead]:
    """Read the head of each chain; one without a row yet is left out."""
    heads = {name: head_of(connection, None) for name, head_of in chains.items()}
    return {name: head for name, head in heads.items() if head is not None}


def heads_then(
    connection: Connection, chains: Mapping[str, HeadOf], sealed: Mapping[str, ChainHead]
) -> dict[str, ChainHead | None]:
    """Read the heads that chains had when they were as long as sealed."""
    return {
        name: chains[name](connection, head.count) if name in chains else None
        for name, head in sealed.items()
    }
