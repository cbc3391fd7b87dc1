"""The auditors' console: pages that show what is stored, and change nothing of it.

Start with ``pages.py``. Refuses whoever is not signed in with a key that reads all payments.
"""

from api.console.console import Console
from api.console.pages import menu, routes

__all__ = ["Console", "menu", "routes"]
