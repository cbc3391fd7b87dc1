"""How a field is called in an answer: ``metadata.order``, ``item_ids[2]``. Pure."""

from collections.abc import Iterable
from typing import Final

# Names come from the client; none needs more room than this to be recognised.
MAX_SHOWN: Final = 60


def field_name(parts: Iterable[int | str]) -> str:
    """Write the way from the body to a field; a long name is cut off."""
    name = ""
    for part in parts:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            name += f".{part}" if name else part
        if len(name) > MAX_SHOWN:
            return f"{name[:MAX_SHOWN]}…"
    return name
