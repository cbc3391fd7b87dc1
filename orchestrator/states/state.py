"""The words of the machine: six states, seven events, and what a configuration is.

Names only. Which event leads where is in ``table.py``; nothing here moves a payment.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple


class PaymentState(StrEnum):
    """Where a payment is. Names equal values, so a string from the database is a member."""

    created = "created"
    confirming = "confirming"
    requires_new_card = "requires_new_card"
    card_disabled = "card_disabled"
    succeeded = "succeeded"
    failed = "failed"


class PaymentEvent(StrEnum):
    """What can happen to a payment. ``create``, which begins a history, is none of them."""

    confirm = "confirm"
    succeed = "succeed"
    require_new_card = "require_new_card"
    disable_card = "disable_card"
    fail = "fail"
    cancel = "cancel"
    expire = "expire"


INITIAL_STATE: Final = PaymentState.created

TERMINAL_STATES: Final = frozenset({PaymentState.succeeded, PaymentState.failed})

WAITING_STATES: Final = frozenset(
    {PaymentState.created, PaymentState.requires_new_card, PaymentState.card_disabled}
)

# Whatever the deployment's setting says, no payment gets more attempts than this.
LARGEST_MAX_ATTEMPTS: Final = 10

STATE_MEANINGS: Final = MappingProxyType(
    {
        PaymentState.created: "Waits for its first card.",
        PaymentState.confirming: "Stripe was asked; the outcome is not known yet.",
        PaymentState.requires_new_card: "The last attempt was declined; waits for a card.",
        PaymentState.card_disabled: "The last card may not be used again; waits for another.",
        PaymentState.succeeded: "Paid. Handled: nothing more happens to it.",
        PaymentState.failed: "Ended unpaid, canceled at Stripe. Handled.",
    }
)


class Configuration(NamedTuple):
    """All that decides what may happen next: a state, and the attempts a payment has left."""

    state: PaymentState
    attempts_left: int


def handled(state: PaymentState | str) -> bool:
    """Tell whether a payment in ``state`` is over for good."""
    return state in TERMINAL_STATES
