"""What is done about an answer that is no failure, by its status. Only ``succeeded`` completes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orchestrator.handlers.actions import Rule, await_customer, await_stripe, complete_payment
from orchestrator.handlers.outcome import Handler
from orchestrator.handlers.wording import CHECKING, CONFIRM_WITH_BANK, HELD, PAID

LIFECYCLE: Final = "docs.stripe.com/payments/paymentintents/lifecycle"

SUCCESS_HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "succeeded": Rule(complete_payment, PAID, "paid", LIFECYCLE),
        "requires_action": Rule(await_customer, CONFIRM_WITH_BANK, "challenge open", LIFECYCLE),
        "processing": Rule(await_stripe, CHECKING, "Stripe is processing", LIFECYCLE),
        "requires_capture": Rule(await_stripe, HELD, "authorised, not captured", LIFECYCLE),
        "requires_confirmation": Rule(await_stripe, CHECKING, "not confirmed yet", LIFECYCLE),
    }
)

# Stripe may add a status; waiting is the one answer that cannot be wrong.
UNKNOWN_STATUS: Final = Rule(await_stripe, CHECKING, "unknown status", "judgement", alert=True)
