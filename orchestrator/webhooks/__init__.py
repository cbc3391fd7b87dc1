"""Stripe's events: verified, stored once, and taken as hints to look at the payment they name.

An event is never the truth itself. It may come late, twice, out of order or before our own commit,
so each says only which payment to look at; what Stripe answers then is settled as any answer is.
"""

from orchestrator.webhooks.catch_up import CatchUp
from orchestrator.webhooks.event import EventInvalid, StripeEvent, parse_event
from orchestrator.webhooks.inbox import EventRefused, Inbox
from orchestrator.webhooks.processing import InboxWork
from orchestrator.webhooks.signature import SignatureInvalid, verify_signature

__all__ = [
    "CatchUp",
    "EventInvalid",
    "EventRefused",
    "Inbox",
    "InboxWork",
    "SignatureInvalid",
    "StripeEvent",
    "parse_event",
    "verify_signature",
]
