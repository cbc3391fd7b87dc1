"""Runs the demonstration from the first process to the verdict."""

import asyncio
import shutil
import signal
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import aiohttp
from rich.progress import Progress, TaskID

from orchestrator.audit import verify_all
from orchestrator.cli.failures import CommandFailed
from orchestrator.cli.output import console
from orchestrator.demo.checks import Finished, all_told, compare
from orchestrator.demo.plays import Stage
from orchestrator.demo.processes import deployed, new_folder
from orchestrator.demo.random_payments import planned
from orchestrator.demo.receiver import receiving
from orchestrator.demo.report import Reporter
from orchestrator.demo.scenarios import LEFT_BEHIND, SCENARIOS, Scenario
from orchestrator.demo.shop import Disagreement, Shop, StandIn

AT_ONCE: Final = 8
_TROUBLE: Final = (Disagreement, aiohttp.ClientError, TimeoutError, KeyError, ValueError)


def run_demo(payments: int, seed: int) -> bool:
    """Drive the payments, print what becomes of them, and tell whether everything agrees.

    Raises:
        CommandFailed: a program did not start, or the demonstration was stopped.
    """
    folder, agreed, stopped = new_folder(), False, False
    reporter = Reporter(console())
    try:
        agreed = asyncio.run(_run(folder, reporter, payments, seed))
    except (KeyboardInterrupt, asyncio.CancelledError):
        stopped = True
        raise CommandFailed("Stopped. Nothing is left running.") from None
    finally:
        if agreed or stopped:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            reporter.say(f"Database and log are kept in {folder}")
    return agreed


async def _run(folder: Path, reporter: Reporter, payments: int, seed: int) -> bool:
    _stop_on_sigterm()
    began = time.monotonic()
    reporter.say(
        "Starting the Stripe stand-in, the API and a worker on loopback, over a fresh SQLite file."
    )
    async with deployed(folder) as deployment, aiohttp.ClientSession() as session:
        shop, stand_in = Shop(session, deployment), StandIn(session, deployment)
        await stand_in.tell(deployment.api)
        stage = Stage(shop, stand_in, deployment)
        drive = _Drive(stage, reporter)
        async with receiving(shop) as receiver:
            finished = await drive.everything(planned(payments, seed))
            await receiver.until_told(finished)
        ledger = await stand_in.ledger()
        audit = await verify_all(deployment.database)
    checks = [*compare(finished, ledger, audit), all_told(finished, receiver.told)]
    reporter.totals(finished, ledger)
    reporter.verdict(checks, time.monotonic() - began)
    return all(check.holds for check in checks)


def _stop_on_sigterm() -> None:
    task = asyncio.current_task()
    assert task is not None, "the demonstration runs in a task"
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


@dataclass(slots=True)
class _Drive:
    """Drives payments, several at once, and reports them in the order of their list."""

    stage: Stage
    reporter: Reporter

    async def everything(self, random_ones: Sequence[Scenario]) -> list[Finished]:
        """Drive the scripted payments and the random ones, and wait for those left behind."""
        total = len(SCENARIOS) + len(random_ones) + len(LEFT_BEHIND)
        with self.reporter.progress() as bar:
            task = bar.add_task("driving payments", total=total)
            self.reporter.say(
                "First a payment and a challenge are left alone, and a server is killed while it "
                "charges a card; how that ended comes last."
            )
            left = [await self._play(scenario) for scenario in LEFT_BEHIND]
            self.reporter.heading("Payments of every kind")
            finished = await self._all(SCENARIOS, bar, task)
            if random_ones:
                self.reporter.heading("Random payments, over a network that loses things")
                finished += await self._all(random_ones, bar, task)
            self.reporter.heading("Payments that were left behind, meanwhile")
            for one in left:
                await self._wait_for_end(one)
                self.reporter.payment(one)
                bar.advance(task)
        return finished + left

    async def _all(
        self, scenarios: Sequence[Scenario], bar: Progress, task: TaskID
    ) -> list[Finished]:
        places = asyncio.Semaphore(AT_ONCE)

        async def one(scenario: Scenario) -> Finished:
            async with places:
                return await self._play(scenario)

        finished = []
        async with AsyncExitStack() as stack:
            running = [asyncio.create_task(one(scenario)) for scenario in scenarios]
            for each in running:
                stack.callback(each.cancel)
            for each in running:
                finished.append(await each)
                self.reporter.payment(finished[-1])
                bar.advance(task)
        return finished

    async def _play(self, scenario: Scenario) -> Finished:
        """Play one scenario; whatever goes wrong is kept as what speaks against it."""
        began, one = time.monotonic(), Finished(scenario)
        try:
            one.payment = await scenario.play(self.stage)
            one.history = await self.stage.shop.history(one.payment["id"])
        except _TROUBLE as exc:
            one.error = f"{type(exc).__name__}: {exc}"
        one.seconds = time.monotonic() - began
        return one

    async def _wait_for_end(self, one: Finished) -> None:
        """Wait for a payment that a worker must end, and look at it again."""
        if one.error is not None:
            return
        try:
            one.payment = await self.stage.shop.ended(one.payment)
            one.history = await self.stage.shop.history(one.payment["id"])
        except _TROUBLE as exc:
            one.error = f"{type(exc).__name__}: {exc}"
        one.seconds = _seconds_between(one.payment["created_at"], one.payment["updated_at"])


def _seconds_between(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
