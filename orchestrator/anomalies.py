"""The queue of anomalies: found once, given to somebody, and resolved with a reason.

It moves no payment and asks nothing of Stripe. Of two people who decide at once, one is told that
the other was first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError

from orchestrator.actions import Action, anomaly_assigned, anomaly_resolved
from orchestrator.anomaly import Anomaly, AnomalyState
from orchestrator.customers.once import find_done, key_of_resource
from orchestrator.driver import MAX_ROUNDS, Driver
from orchestrator.errors import (
    AnomalyAssigned,
    AnomalyNotFound,
    AnomalyResolved,
    WriteConflict,
)
from orchestrator.payment import Actor
from orchestrator.requests import Caller
from orchestrator.store.anomalies import (
    AnomalyPage,
    ListAnomalies,
    append_note,
    find_anomaly,
    keep_key,
    read_anomalies,
)

log = structlog.get_logger("orchestrator.anomalies")

Row = dict[str, Any]
# Says what is to be noted of an anomaly as it stands; null where nothing is.
Decide = Callable[[Anomaly], Row | None]


@dataclass(frozen=True, slots=True)
class AssignAnomaly:
    """Whose an anomaly shall be. ``instead_of`` names whose it is, to take it from them."""

    owner: str
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class ResolveAnomaly:
    """How an anomaly ended, and why."""

    resolution: str
    reason: str


@dataclass(frozen=True, slots=True)
class AnomalyResult:
    """An anomaly as it stands after a request; ``replayed`` where the request had been done."""

    anomaly: Anomaly
    replayed: bool = False


@dataclass(slots=True)
class Anomalies:
    """The use cases of auditors and administrators about anomalies."""

    driver: Driver

    async def list(self, wanted: ListAnomalies) -> AnomalyPage:
        """Read a page of anomalies, newest first.

        Raises:
            AnomalyNotFound: there is none of the cursor's id.
        """
        page = await self.driver.database.read(read_anomalies, wanted)
        if page is None:
            raise AnomalyNotFound(wanted.cursor or "")
        return page

    async def get(self, anomaly_id: str) -> Anomaly:
        """Read an anomaly.

        Raises:
            AnomalyNotFound: there is none of the id.
        """
        found = await self.driver.database.read(find_anomaly, anomaly_id)
        if found is None:
            raise AnomalyNotFound(anomaly_id)
        return found

    async def assign(self, anomaly_id: str, wanted: AssignAnomaly, caller: Caller) -> AnomalyResult:
        """Give an anomaly to somebody; one that is theirs stays so.

        Raises:
            AnomalyNotFound: there is none of the id.
            AnomalyAssigned: it is somebody else's, whom the request does not name.
            AnomalyResolved: it is resolved.
            IdempotencyKeyReused: the key is another request's.
            WriteConflict: others keep changing it; send the same request again.
        """

        def decide(anomaly: Anomaly) -> Row | None:
            _refuse_resolved(anomaly)
            if anomaly.owner == wanted.owner:
                return None
            if anomaly.owner not in {None, wanted.instead_of}:
                raise AnomalyAssigned(
                    f"The anomaly is {anomaly.owner}'s. To take it over, name them in instead_of.",
                    param="instead_of",
                )
            return {"state": AnomalyState.assigned.value, "owner": wanted.owner}

        return await self._note(anomaly_id, caller, "assign_anomaly", decide)

    async def resolve(
        self, anomaly_id: str, wanted: ResolveAnomaly, caller: Caller
    ) -> AnomalyResult:
        """Say how an anomaly ended; what one key has said already it may say again.

        Raises:
            AnomalyNotFound: there is none of the id.
            AnomalyResolved: it is resolved, by another key or in other words.
            IdempotencyKeyReused: the key is another request's.
            WriteConflict: others keep changing it; send the same request again.
        """

        def decide(anomaly: Anomaly) -> Row | None:
            said = (anomaly.resolution, anomaly.reason) == (wanted.resolution, wanted.reason)
            if said and anomaly.notes[-1].actor == caller.actor:
                return None
            _refuse_resolved(anomaly)
            return {
                "state": AnomalyState.resolved.value,
                "owner": anomaly.owner,
                "resolution": wanted.resolution,
                "reason": wanted.reason,
            }

        return await self._note(anomaly_id, caller, "resolve_anomaly", decide)

    async def _note(
        self, anomaly_id: str, caller: Caller, operation: str, decide: Decide
    ) -> AnomalyResult:
        """Append what is decided, unless this very request has been carried out."""
        for _ in range(MAX_ROUNDS):
            anomaly = await self.get(anomaly_id)
            if await find_done(self.driver, caller, operation) is not None:
                return AnomalyResult(anomaly, replayed=True)
            decided = decide(anomaly)
            row = self._row(anomaly, decided, caller) if decided is not None else None
            key = key_of_resource(self.driver, caller, operation, anomaly_id)
            try:
                if row is None:
                    await self.driver.database.write(keep_key, key)
                else:
                    await self.driver.database.write(append_note, row, key, _action(row))
            except IntegrityError:
                # Somebody else's note, or this very request, at the same moment: look again.
                continue
            if row is not None:
                _tell(row)
            return AnomalyResult(await self.get(anomaly_id))
        raise WriteConflict(anomaly_id, what="anomaly")

    def _row(self, anomaly: Anomaly, decided: Row, caller: Caller) -> Row:
        return {
            "resolution": None,
            "reason": None,
            **decided,
            "anomaly_id": anomaly.id,
            "sequence": len(anomaly.notes) + 1,
            "source": anomaly.state.value,
            "actor_kind": caller.actor.kind,
            "actor_id": caller.actor.id,
            "request_id": caller.request_id,
            "noted_at": self.driver.clock(),
        }


def _action(row: Row) -> Action:
    """Return what somebody did who appended this note."""
    actor, request_id = Actor(row["actor_kind"], row["actor_id"]), row["request_id"]
    subject, at = row["anomaly_id"], row["noted_at"]
    if row["state"] == AnomalyState.assigned.value:
        return anomaly_assigned(subject, actor, at, owner=row["owner"], request_id=request_id)
    return anomaly_resolved(
        subject,
        actor,
        at,
        resolution=row["resolution"],
        reason=row["reason"],
        request_id=request_id,
    )


def _refuse_resolved(anomaly: Anomaly) -> None:
    if anomaly.state is AnomalyState.resolved:
        raise AnomalyResolved(
            f"The anomaly was resolved as {anomaly.resolution}. What comes up again is another "
            "anomaly."
        )


def _tell(row: Row) -> None:
    facts = {
        "anomaly": row["anomaly_id"],
        "owner": row["owner"],
        "actor": row["actor_id"],
        "request_id": row["request_id"],
    }
    if row["resolution"] is None:
        log.info("anomaly_assigned", **facts)
    else:
        log.info("anomaly_resolved", **facts, resolution=row["resolution"])


__all__ = [
    "Anomalies",
    "AnomalyResult",
    "AssignAnomaly",
    "ResolveAnomaly",
]
