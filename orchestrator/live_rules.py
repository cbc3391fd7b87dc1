"""The rules in force: the process's own, and over them the stored ones as the database has them.

They are read again once they are older than ``MAX_AGE_SECONDS``, by whoever decides next, so that a
confirm costs no query. A change is felt everywhere within that time; whatever is decided until then
is decided, and says so, by the version before.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import structlog
from sqlalchemy.exc import IntegrityError

from orchestrator import __version__
from orchestrator.handlers import Rule, RuleSet, content_of
from orchestrator.handlers.admission import RuleNotAdmitted, make_rule, problem_with
from orchestrator.handlers.outcome import LONGEST_DELAY_SECONDS
from orchestrator.kept_rules import KeptRules, source_of
from orchestrator.requests import utc_now
from orchestrator.store.connections import Database
from orchestrator.store.rules import keep_rule_set, read_rules_in_force

MAX_AGE_SECONDS: Final = 5.0

Row = dict[str, Any]

log = structlog.get_logger("orchestrator.rules")


@dataclass(slots=True)
class LiveRules:
    """The rules of one process; ``base`` are those without stored ones.

    ``stored`` are the rows of the stored ones that are in force, by code.
    """

    database: Database
    base: RuleSet
    ticks: Callable[[], float] = time.monotonic
    stored: dict[str, Row] = field(default_factory=dict)
    _rules: RuleSet | None = None
    _rows: dict[str, Row] = field(default_factory=dict)
    _made: dict[tuple[str, int], Rule | None] = field(default_factory=dict)
    _until: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def current(self) -> RuleSet:
        """Return the rules in force, at most as old as is allowed."""
        if self._rules is None or self.ticks() >= self._until:
            async with self._lock:
                if self._rules is None or self.ticks() >= self._until:
                    await self._read()
        assert self._rules is not None, "they were just read"
        return self._rules

    def forget(self) -> None:
        """Have the next who decides read them again: this process has just changed them."""
        self._until = float("-inf")

    async def _read(self) -> None:
        asked = self.ticks()
        rows = {row["code"]: row for row in await self.database.read(read_rules_in_force)}
        if self._rules is None or rows != self._rows:
            # The arithmetic is not for the loop that serves payments.
            made = await asyncio.to_thread(self._rules_of, rows)
            rules = self.base.with_stored(made)
            await self._keep(rules, {code: rows[code]["version"] for code in made})
            # What the program brings is no news: only what was stored is, or is no more.
            if made or self._rules is not None:
                log.info("rules_in_force", rules_version=rules.rules_version, stored=len(made))
            self._rules, self._rows = rules, rows
            self.stored = {code: rows[code] for code in made}
        # Counted from before the read: what was changed since may not outlive the promise.
        self._until = asked + MAX_AGE_SECONDS

    def _rules_of(self, rows: dict[str, Row]) -> dict[str, Rule]:
        """Make rules of stored rows, each version once; what may not be is left out, and told.

        Asked again although it was asked when it was stored: this program, or this deployment's
        module, may have other rows by now for it to stand in for.
        """
        made = {}
        for code, row in rows.items():
            version = (code, row["version"])
            if version not in self._made:
                self._made[version] = fit_rule_of(row, self.base)
            rule = self._made[version]
            if rule is not None:
                made[code] = rule
        return made

    async def _keep(self, rules: RuleSet, versions: dict[str, int]) -> None:
        """Let every version that a decision may name be looked up, before any decision does."""
        kept = KeptRules(rules.rules_version, content_of(rules), versions)
        try:
            await self.database.write(keep_rule_set, kept, __version__, utc_now())
        except IntegrityError:
            return  # another process was first


def fit_rule_of(row: Row, base: RuleSet) -> Rule | None:
    """Make the rule of a stored row; null, and told, where no outcome may be decided by it."""
    try:
        rule = rule_of(row, base)
        problem = problem_with(row["code"], base.with_stored({row["code"]: rule}), base)
    except (TypeError, ValueError) as exc:
        rule, problem = None, str(exc)
    if problem is None:
        return rule
    log.error("stored_rule_left_out", code=row["code"], version=row["version"], why=problem)
    return None


def rule_of(row: Row, base: RuleSet) -> Rule:
    """Make the rule of a stored row.

    Raises:
        RuleNotAdmitted: this program cannot carry it out.
    """
    rule = make_rule(
        row["code"],
        row["handler"],
        base,
        source=source_of(row["version"]),
        message=row["message"],
        meaning=row["meaning"],
        alert=row["alert"],
        auto_retry=tuple(row["auto_retry"]),
    )
    # As stored, null included: what was left out was filled in when it was written.
    seconds = row["retry_after_seconds"]
    if not 0 <= (seconds or 0) <= LONGEST_DELAY_SECONDS:
        raise RuleNotAdmitted("retry_after_seconds", "must be between no time and a year")
    return replace(rule, retry_after_seconds=seconds)
