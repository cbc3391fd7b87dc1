"""The ledger: what really happened to money, for a test to compare a history with.

A row of ``charges`` is money that was taken and never changes; what was given back stands in
``refunds`` beside it, and what is only held in ``held``.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from orchestrator.sandbox.accounts import Account
from orchestrator.sandbox.model import Charge, Intent, Refund, Status


def ledger_of(accounts: Sequence[Account]) -> dict[str, Any]:
    """Draw the ledger of these accounts, each part in the order in which it happened."""
    charges = [charge for account in accounts for charge in account.charges.values()]
    intents = [intent for account in accounts for intent in account.intents.values()]
    refunds = [refund for account in accounts for refund in account.refunds.values()]
    disputes = [dispute for account in accounts for dispute in account.disputes.values()]
    return {
        "charges": [_charge(charge) for charge in charges if charge.captured],
        "held": [_charge(charge) for account in accounts for charge in _held(account)],
        "failed": [_charge(charge) for charge in charges if charge.status == "failed"],
        "refunds": [_refund(refund) for refund in refunds],
        "disputes": [_dispute(dispute) for dispute in disputes],
        "intents": [_intent(intent) for intent in intents],
    }


def _held(account: Account) -> Iterator[Charge]:
    for intent in account.intents.values():
        if intent.status is Status.requires_capture:
            yield account.charges[str(intent.latest_charge)]


def _charge(charge: Charge) -> dict[str, Any]:
    return {
        "payment_intent": charge.intent,
        "amount": charge.amount_captured or charge.amount,
        "currency": charge.currency,
        "charge": charge.id,
        "at": charge.created,
        "payment_method": charge.payment_method.id,
        "metadata": charge.metadata,
        "failure_code": charge.decline and (charge.decline.decline_code or charge.decline.code),
    }


def _refund(refund: Refund) -> dict[str, Any]:
    return {
        "payment_intent": refund.intent,
        "charge": refund.charge,
        "refund": refund.id,
        "amount": refund.amount,
        "currency": refund.currency,
        "status": refund.status,
        "reason": refund.reason,
        "at": refund.created,
        "metadata": refund.metadata,
    }


def _dispute(dispute: dict[str, Any]) -> dict[str, Any]:
    names = ("payment_intent", "charge", "amount", "currency", "status", "reason")
    return {name: dispute[name] for name in names} | {
        "dispute": dispute["id"],
        "at": dispute["created"],
    }


def _intent(intent: Intent) -> dict[str, Any]:
    return {"id": intent.id, "status": intent.status, "metadata": intent.metadata}
