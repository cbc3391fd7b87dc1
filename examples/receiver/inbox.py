"""What has been received: each event once, by its id, in a file that outlives the process.

Yours is a table beside your orders: with the id in the same transaction as what you do about the
event, neither can be without the other.
"""

import sqlite3
from typing import Any


class Inbox:
    """The events that were taken."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS taken (id TEXT PRIMARY KEY, type TEXT, payment TEXT)"
        )

    def take(self, event: dict[str, Any]) -> bool:
        """Store an event; tell whether it is new."""
        row = (event["id"], event["type"], event["data"]["payment"]["id"])
        done = self._database.execute("INSERT OR IGNORE INTO taken VALUES (?, ?, ?)", row)
        return done.rowcount == 1

    def close(self) -> None:
        """Close the file."""
        self._database.close()
