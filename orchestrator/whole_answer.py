"""An answer to a confirmation, with the charges that Stripe leaves out of it. Settles nothing."""

from dataclasses import replace

from orchestrator.gateway.parsing import merge_failure
from orchestrator.gateway.views import IntentStatus, IntentView, Reply, ReplyKind
from orchestrator.requests import Gateway


async def whole_answer(gateway: Gateway, intent_id: str, reply: Reply) -> Reply:
    """Complete a decline with the charge's outcome, which the error itself leaves out.

    The same list shows what a browser did meanwhile, so that both are settled together. An answer
    that money is held gets its charge, which says until when.
    """
    if reply.kind is not ReplyKind.answered:
        return reply
    if reply.failure is None:
        return await _with_hold(gateway, reply)
    if reply.intent is None:
        read = await gateway.read_intent(intent_id)
        return (
            _completed(reply, read.intent)
            if read.intent
            else replace(reply, kind=ReplyKind.unknown)
        )
    if reply.intent.latest_charge is None and reply.failure.charge is None:
        return _completed(reply, replace(reply.intent, charges=()))
    charges = await gateway.list_charges(intent_id)
    if charges.kind is not ReplyKind.answered:
        return reply
    return _completed(reply, replace(reply.intent, charges=charges.charges))


async def _with_hold(gateway: Gateway, reply: Reply) -> Reply:
    intent = reply.intent
    if intent is None or intent.status != IntentStatus.requires_capture:
        return reply
    listed = await gateway.list_charges(intent.id)
    if listed.kind is not ReplyKind.answered:
        return reply
    return replace(reply, intent=replace(intent, charges=listed.charges))


def _completed(reply: Reply, intent: IntentView) -> Reply:
    assert reply.failure is not None, "only a decline is completed"
    charge_id = reply.failure.charge
    charge = next((c for c in intent.charges or () if c.id == charge_id), None)
    return replace(reply, intent=intent, failure=merge_failure(reply.failure, charge))
