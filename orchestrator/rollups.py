"""The worker's part that counts what happened, by hour and day, for the console's charts."""

from dataclasses import dataclass
from typing import Final

from orchestrator.store.connections import Database
from orchestrator.store.rollups import count_on

# As many as are read and counted in a few hundredths of a second.
BATCH: Final = 1000


@dataclass(slots=True)
class Counting:
    """Counts the feed on, a batch at a time; of any number of workers one does."""

    database: Database
    name: str = "counted"

    async def run_once(self, worker: str) -> int:
        """Count a batch of events; nothing while another worker does."""
        del worker
        return await self.database.write(count_on, BATCH)
