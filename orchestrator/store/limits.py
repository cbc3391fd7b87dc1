"""How many connections a process holds, and how long each thing about them may take.

Times are seconds, and null is no limit. The server keeps the last three, so that what it gives up
is over there, too; the others are ours, for a server that says nothing any more.
"""

from dataclasses import dataclass

NO_LIMIT = "0"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one process towards PostgreSQL."""

    pool_size: int = 20
    pool_overflow: int = 0
    pool_seconds: float = 10.0
    connect_seconds: float = 5.0
    command_seconds: float | None = None
    statement_seconds: float | None = None
    lock_seconds: float | None = None
    idle_seconds: float | None = None

    @property
    def transactions_size(self) -> int:
        """How many connections are kept for transactions, which are rare beside statements."""
        return max(2, self.pool_size // 4)

    @property
    def server_settings(self) -> dict[str, str]:
        """Return what each connection asks the server to keep to."""
        return {
            "application_name": "orchestrator",
            "statement_timeout": _milliseconds(self.statement_seconds),
            "lock_timeout": _milliseconds(self.lock_seconds),
            "idle_in_transaction_session_timeout": _milliseconds(self.idle_seconds),
        }


def _milliseconds(seconds: float | None) -> str:
    return NO_LIMIT if seconds is None else str(max(1, round(seconds * 1000)))


__all__ = ["Limits"]
