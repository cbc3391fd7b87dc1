"""What readers of columns, and the rules, raise for values that no writer of ours left."""

from typing import Final

UNREADABLE: Final = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
)
