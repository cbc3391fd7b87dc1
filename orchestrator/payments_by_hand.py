"""Payments that an operator resolves: by asking Stripe, or by wishing them to end. Both on record.

No state is ever set by hand. What Stripe says is settled as it always is, and a wish to end becomes
an intention like any caller's; only who caused it, and why, is the operator's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

import structlog
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from orchestrator.actions import Action, ActionName, Subject
from orchestrator.change import Change
from orchestrator.driver import MAX_ROUNDS, Driver
from orchestrator.errors import (
    DatabaseUnavailable,
    PaymentNotFound,
    StripeUnavailable,
    WriteConflict,
)
from orchestrator.gateway.views import Reply, ReplyKind
from orchestrator.payment import Actor, Payment
from orchestrator.refusals import refuse_handled, refuse_other_use
from orchestrator.requests import Caller, Result, key_row, outcome_known
from orchestrator.settle import Observation, Source, intend, settle
from orchestrator.settle.observation import reply_projection
from orchestrator.store.actions import record_action
from orchestrator.store.history import read_payment_of
from orchestrator.store.requests import find_replayed
from orchestrator.store.schema import idempotency_keys

log = structlog.get_logger("orchestrator.payments")

OPERATION: Final = "resolve"
# Begins the reason of an end that an operator wished for; the words after it are the operator's.
BY_OPERATOR: Final = "by_operator"


class Resolution(StrEnum):
    """What an operator may do about a payment.

    ``refresh``: ask Stripe, and settle what it says; of a handled payment too, where it can only
    become evidence. ``cancel``: wish the end, which a success still wins over.
    """

    refresh = "refresh"
    cancel = "cancel"


@dataclass(slots=True)
class PaymentsByHand:
    """The use case of an administrator about payments, whoever's they are."""

    driver: Driver

    async def resolve(
        self, payment_id: str, resolution: Resolution, reason: str, caller: Caller
    ) -> Result:
        """Do something about a payment that does not go on by itself, and put it on record.

        Raises:
            PaymentNotFound: there is no such payment.
            PaymentHandled: it has ended, so it cannot be canceled.
            StripeUnavailable: Stripe gave no answer to ``refresh``; nothing was written.
            IdempotencyKeyReused: the key stands for another request.
            WriteConflict: others keep moving the payment; send the same request again.
        """
        found = await self._replay(payment_id, caller)
        if found is not None:
            return found
        payment = await self._get(payment_id)
        if resolution is Resolution.refresh:
            result = await self._refresh(payment, reason, caller)
        else:
            result = await self._cancel(payment, reason, caller)
        log.info(
            "payment_resolved",
            payment=payment_id,
            resolution=resolution.value,
            state=result.payment.state,
            reason=reason,
            actor=caller.key_id,
            request_id=caller.request_id,
        )
        return result

    async def _refresh(self, payment: Payment, reason: str, caller: Caller) -> Result:
        before = payment.settling.open
        reply = await self.driver.gateway.read_intent(payment.payment_intent)
        if reply.kind is not ReplyKind.answered:
            raise StripeUnavailable("read the payment")
        observation = Observation(
            Source.read, reply, before, operator(caller), request_id=caller.request_id
        )
        for _ in range(MAX_ROUNDS):
            now, rules = self.driver.clock(), await self.driver.rules_in_force()
            change = settle(payment, observation, rules=rules, now=now)
            after = change.after if change else payment
            action = self._action(Resolution.refresh, payment, after, reason, caller, reply)
            try:
                stored = await self._write(payment, change, action, caller)
            except WriteConflict:
                found = await self._replay(payment.id, caller)
                if found is not None:
                    return found
                payment = await self._get(payment.id)
                continue
            ended = await self._end(stored, caller)
            return Result(ended, settled=True)
        raise WriteConflict(payment.id)

    async def _cancel(self, payment: Payment, reason: str, caller: Caller) -> Result:
        for _ in range(MAX_ROUNDS):
            refuse_handled(payment, "be canceled")
            change = intend(
                payment,
                "cancel",
                reason=f"{BY_OPERATOR}:{reason}",
                cancellation_reason=None,
                actor=operator(caller),
                request_id=caller.request_id,
                now=self.driver.clock(),
                rules_version=self.driver.rules.rules_version,
            )
            action = self._action(Resolution.cancel, payment, change.after, reason, caller)
            try:
                stored = await self._write(payment, change, action, caller)
            except WriteConflict:
                found = await self._replay(payment.id, caller)
                if found is not None:
                    return found
                payment = await self._get(payment.id)
                continue
            ended = await self._end(stored, caller)
            return Result(ended, settled=ended.handled)
        raise WriteConflict(payment.id)

    async def _write(
        self, payment: Payment, change: Change | None, action: Action, caller: Caller
    ) -> Payment:
        """Write what comes of it, the action, and the caller's key, in one transaction.

        Raises:
            WriteConflict: another writer was first, or a twin of this request.
        """
        key = key_row(caller, OPERATION, payment.id, action.at)
        if change is not None:
            keys = (key,) if key else ()
            return await self.driver.write(replace(change, action=action, idempotency=keys))
        try:
            await self.driver.database.write(record_resolution, action, key)
        except IntegrityError as exc:
            raise WriteConflict(payment.id) from exc
        return payment

    async def _end(self, payment: Payment, caller: Caller) -> Payment:
        """Carry an intention out; once it is written, any worker may do that."""
        try:
            return await self.driver.end(payment, caller.request_id)
        except DatabaseUnavailable as exc:
            log.warning("settlement_failed", payment=payment.id, error=type(exc).__name__)
            return payment

    async def _get(self, payment_id: str) -> Payment:
        payment = await self.driver.database.read(read_payment_of, payment_id, None)
        if payment is None:
            raise PaymentNotFound(payment_id)
        return payment

    async def _replay(self, payment_id: str, caller: Caller) -> Result | None:
        """Return the payment as it now is, where this very request has been carried out."""
        if caller.idempotency_key is None:
            return None
        found = await self.driver.database.read(find_replayed, caller.owner, caller.idempotency_key)
        if found is None:
            return None
        payment, use = found
        refuse_other_use(use, caller, OPERATION, payment_id)
        assert payment is not None, "the operation is one on payments"
        return Result(payment, replayed=True, settled=outcome_known(payment))

    def _action(
        self,
        resolution: Resolution,
        before: Payment,
        after: Payment,
        reason: str,
        caller: Caller,
        reply: Reply | None = None,
    ) -> Action:
        details: dict[str, Any] = {
            "resolution": resolution.value,
            "state_before": before.state.value,
            "state_after": after.state.value,
            "ends_already": before.intention is not None,
            "history": [before.version, after.version],
            "evidence": after.evidence_count,
            "stripe": reply_projection(reply) if reply is not None else None,
        }
        return Action(
            ActionName.payment_resolved,
            Subject("payment", before.id),
            operator(caller),
            self.driver.clock(),
            reason,
            caller.request_id,
            details,
        )


def operator(caller: Caller) -> Actor:
    """Name whoever resolves a payment, by key or by name, as its history will."""
    return Actor("operator", caller.key_id)


def record_resolution(
    connection: Connection, action: Action, key: Mapping[str, Any] | None
) -> None:
    """Put on record that a payment was looked into and nothing came of it."""
    if key is not None:
        connection.execute(insert(idempotency_keys), dict(key))
    record_action(connection, action)
