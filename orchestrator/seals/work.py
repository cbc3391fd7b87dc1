"""The worker's part that seals on a schedule, a little at a time; one worker of all does it."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.driver import Driver
from orchestrator.seals.sealing import PAGE, Sealing, SealingElsewhere

log = structlog.get_logger("orchestrator.seals")

# What a round may take, so that payments that are due do not wait for a large seal.
ROUND_SECONDS: Final = 1.0


@dataclass(slots=True)
class SealWork:
    """Seals every ``interval``, beginning now where no seal was ever due."""

    driver: Driver
    key: Ed25519PrivateKey
    interval: timedelta
    name: str = "sealed"
    _under_way: Sealing | None = field(default=None, init=False)

    async def run_once(self, worker: str) -> int:
        """Go on with the seal that is due; return how many payments were looked at."""
        sealing = self._under_way or await self._begin(worker)
        if sealing is None:
            return 0
        # Whatever goes wrong, the next round begins anew: the draft is thrown away then.
        self._under_way = None
        ends, pages = time.monotonic() + ROUND_SECONDS, 0
        try:
            while await sealing.step():
                pages += 1
                if time.monotonic() >= ends:
                    self._under_way = sealing
                    return pages * PAGE
            signed = await sealing.finish(self.driver.clock() + self.interval)
        except SealingElsewhere:
            return 0
        except BaseException:
            await sealing.give_up()
            raise
        log.info("sealed", number=signed.seal.number, payments=signed.seal.payments)
        return 1

    async def _begin(self, worker: str) -> Sealing | None:
        sealing = Sealing(self.driver.database, self.key, worker, clock=self.driver.clock)
        return sealing if await sealing.begin(only_due=True) else None
