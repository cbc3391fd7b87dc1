"""Hands out the program that checks bundles and seals elsewhere; it is a file of this package."""

from importlib.resources import files
from typing import Final

FILE: Final = "verifier.py"


def source() -> str:
    """Return the program as text."""
    return (files("orchestrator.seals") / FILE).read_text(encoding="utf-8")
