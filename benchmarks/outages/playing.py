"""Plays payments, some at once, and keeps what became of each."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

import aiohttp

from orchestrator.demo.checks import Finished
from orchestrator.demo.plays import Stage
from orchestrator.demo.scenarios import Scenario
from orchestrator.demo.shop import Disagreement

AT_ONCE: Final = 8
_TROUBLE: Final = (Disagreement, aiohttp.ClientError, TimeoutError, KeyError, ValueError)


class Players:
    """Payments on their way."""

    def __init__(self, stage: Stage, *, at_once: int = AT_ONCE) -> None:
        self._stage = stage
        self._at_once = at_once
        self._done = 0
        self._progress = asyncio.Condition()

    async def play(self, scenarios: Sequence[Scenario]) -> list[Finished]:
        """Play all to their end, a few at once."""
        places = asyncio.Semaphore(self._at_once)

        async def one(scenario: Scenario) -> Finished:
            async with places:
                return await self._play(scenario)

        async with AsyncExitStack() as stack:
            running = [asyncio.create_task(one(scenario)) for scenario in scenarios]
            for each in running:
                stack.callback(each.cancel)
            return [await each for each in running]

    async def until_done(self, enough: int) -> None:
        """Wait until so many have ended."""
        async with self._progress:
            await self._progress.wait_for(lambda: self._done >= enough)

    async def _play(self, scenario: Scenario) -> Finished:
        began, one = time.monotonic(), Finished(scenario)
        try:
            one.payment = await scenario.play(self._stage)
            one.history = await self._stage.shop.history(one.payment["id"])
        except _TROUBLE as exc:
            one.error = f"{type(exc).__name__}: {exc}"
        one.seconds = time.monotonic() - began
        async with self._progress:
            self._done += 1
            self._progress.notify_all()
        return one


__all__ = ["Players"]
