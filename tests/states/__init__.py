"""The machine: every cell of its table, every way of breaking it."""
