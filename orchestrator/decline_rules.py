"""Decline rules as evidence: who changed which, why, who approved it, and what a rule would do.

A change is a new version, admitted only where no outcome is guessed, no card freed and no payment
let go on against advice. Refuses to change which evidence counts for more: that is the program's.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import structlog
from sqlalchemy.exc import IntegrityError

from orchestrator.actions import Action, ActionName, Subject
from orchestrator.customers.once import find_done, key_of_resource
from orchestrator.driver import MAX_ROUNDS, Driver
from orchestrator.errors import (
    RuleDecided,
    RuleNotFound,
    RuleRefused,
    SecondPersonNeeded,
    WriteConflict,
)
from orchestrator.handlers import Rule
from orchestrator.handlers.admission import (
    RuleNotAdmitted,
    make_rule,
    may_have_rule,
    problem_with,
)
from orchestrator.kept_rules import RULE_FIELDS
from orchestrator.live_rules import LiveRules, rule_of
from orchestrator.requests import Caller
from orchestrator.store.requests import keep_key
from orchestrator.store.rules import decide_rule, insert_rule, read_rule_versions

Row = dict[str, Any]

log = structlog.get_logger("orchestrator.rules")

OPERATION: Final = "decide_rule"


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """How a rule shall be; what is null is as in the row that it stands in for."""

    handler: str
    reason: str
    message: str | None = None
    meaning: str | None = None
    alert: bool | None = None
    retry_after_seconds: int | None = None
    auto_retry: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A version as it stands after a decision."""

    row: Row
    replayed: bool = False


@dataclass(slots=True)
class DeclineRules:
    """The use cases of administrators and auditors about rules."""

    driver: Driver
    live: LiveRules
    need_approval: bool = False

    async def change(self, code: str, wish: ChangeRule, caller: Caller) -> Row:
        """Store a new version of a rule: in force, or proposed where a second person approves.

        What is the newest version already, and not rejected, is no new one.

        Raises:
            RuleNotFound: no rule can be stored for the code.
            RuleRefused: a rule may not be changed so.
            WriteConflict: others keep changing the rule; send the same request again.
        """
        if not may_have_rule(code):
            raise RuleNotFound(code)
        rule = self._made(code, wish)
        for _ in range(MAX_ROUNDS):
            versions = await self.driver.database.read(read_rule_versions, code)
            row = self._row(code, rule, wish, caller, len(versions) + 1)
            newest = versions[0] if versions else None
            if newest and newest["state"] != "rejected" and _content(newest) == _content(row):
                return newest
            await self._refuse_unfit(code, rule)
            name = ActionName.rule_proposed if self.need_approval else ActionName.rule_changed
            action = self._action(name, row, caller, wish.reason)
            try:
                await self.driver.database.write(insert_rule, row, action)
            except IntegrityError:
                continue  # another version of this rule at the same moment
            self._tell(name, row, caller)
            return row
        raise WriteConflict(code, what="decline rule")

    async def decide(
        self,
        code: str,
        version: int,
        decision: Literal["approved", "rejected"],
        reason: str | None,
        caller: Caller,
    ) -> "Decided":
        """Approve or reject a proposal; the same decision again changes nothing.

        Raises:
            RuleNotFound: there is no such version.
            IdempotencyKeyReused: the key stands for another request.
            SecondPersonNeeded: whoever proposed it approves it, or a key of the same name does.
            RuleDecided: it is decided otherwise, or a newer version is in force.
            RuleRefused: beside what is in force by now it may not be.
            WriteConflict: others keep deciding; send the same request again.
        """
        for _ in range(MAX_ROUNDS):
            try:
                decided = await self._decide_once(code, version, decision, reason, caller)
            except IntegrityError:
                continue  # this very request, or another under its key, at the same moment
            if decided is not None:
                return decided
        raise WriteConflict(code, what="decline rule")

    async def _decide_once(
        self, code: str, version: int, decision: str, reason: str | None, caller: Caller
    ) -> "Decided | None":
        """Decide on the version as it stands; null where somebody else did meanwhile."""
        replayed = await find_done(self.driver, caller, OPERATION) is not None
        versions = await self.driver.database.read(read_rule_versions, code)
        row = next((each for each in versions if each["version"] == version), None)
        if row is None:
            raise RuleNotFound(code)
        key = key_of_resource(self.driver, caller, OPERATION, code)
        if replayed:
            return Decided(row, replayed=True)
        if row["state"] == decision:
            if key is not None:
                await self.driver.database.write(keep_key, key)
            return Decided(row)
        _refuse_decided(row, versions)
        if decision == "approved":
            if row["author_name"] == caller.owner:
                raise SecondPersonNeeded
            await self._refuse_unfit(code, self._stored(row))
        decided = {
            "state": decision,
            "decided_by": caller.key_id,
            "decided_by_name": caller.owner,
            "decided_reason": reason,
            "decided_at": self.driver.clock(),
        }
        name = ActionName(f"rule_{decision}")
        row = row | decided
        action = self._action(name, row, caller, reason)
        if not await self.driver.database.write(decide_rule, code, version, decided, action, key):
            return None
        self._tell(name, row, caller)
        return Decided(row)

    async def versions(self, code: str) -> list[Row]:
        """Return the stored versions of a rule, newest first.

        Raises:
            RuleNotFound: there is no rule for the code, stored or not.
        """
        found = await self.driver.database.read(read_rule_versions, code)
        if not found and code not in (await self.live.current()).errors:
            raise RuleNotFound(code)
        return found

    def _made(self, code: str, wish: ChangeRule) -> Rule:
        try:
            return make_rule(
                code,
                wish.handler,
                self.live.base,
                source="stored",
                message=wish.message,
                meaning=wish.meaning,
                alert=wish.alert,
                retry_after_seconds=wish.retry_after_seconds,
                auto_retry=wish.auto_retry,
            )
        except RuleNotAdmitted as exc:
            raise RuleRefused(exc.param, str(exc)) from exc

    def _stored(self, row: Row) -> Rule:
        try:
            return rule_of(row, self.live.base)
        except RuleNotAdmitted as exc:
            raise RuleRefused("version", f"cannot be approved: its {exc.param} {exc}") from exc

    async def _refuse_unfit(self, code: str, rule: Rule) -> None:
        """Refuse what no outcome may be decided by, beside the rules that are in force."""
        self.live.forget()
        rules = (await self.live.current()).with_stored({code: rule})
        # A tenth of a second of arithmetic at most: not on the loop that serves payments.
        problem = await asyncio.to_thread(problem_with, code, rules, self.live.base)
        if problem is not None:
            raise RuleRefused("handler", f"cannot be {rule.handler.__name__}: {problem}")

    def _row(self, code: str, rule: Rule, wish: ChangeRule, caller: Caller, version: int) -> Row:
        now = self.driver.clock()
        proposed = self.need_approval
        return {
            "code": code,
            "version": version,
            "handler": rule.handler.__name__,
            "message": rule.message,
            "meaning": rule.meaning,
            "alert": rule.alert,
            "retry_after_seconds": rule.retry_after_seconds,
            "auto_retry": list(rule.auto_retry),
            "reason": wish.reason,
            "author_id": caller.key_id,
            "author_name": caller.owner,
            "created_at": now,
            "needs_approval": proposed,
            "state": "proposed" if proposed else "approved",
            "decided_by": None if proposed else caller.key_id,
            "decided_by_name": None if proposed else caller.owner,
            "decided_reason": None,
            "decided_at": None if proposed else now,
        }

    def _action(self, name: ActionName, row: Row, caller: Caller, reason: str | None) -> Action:
        details = {"version": row["version"], "author": row["author_name"], **_content(row)}
        return Action(
            name,
            Subject("decline_rule", row["code"]),
            caller.actor,
            self.driver.clock(),
            reason,
            caller.request_id,
            details,
        )

    def _tell(self, name: ActionName, row: Row, caller: Caller) -> None:
        self.live.forget()
        log.info(
            "decline_rule_changed",
            action=name.value,
            code=row["code"],
            version=row["version"],
            handler=row["handler"],
            actor=caller.key_id,
            request_id=caller.request_id,
        )


def _content(row: Mapping[str, Any]) -> Row:
    """Return what makes two versions the same rule."""
    return {name: row[name] for name in RULE_FIELDS}


def _refuse_decided(row: Row, versions: list[Row]) -> None:
    if row["state"] != "proposed":
        raise RuleDecided(f"Version {row['version']} is {row['state']} already, and stays so.")
    newer = [each for each in versions if each["version"] > row["version"]]
    if any(each["state"] == "approved" for each in newer):
        raise RuleDecided("A newer version is in force already; propose another one.")
