"""Whether the same card may be tried again by nobody's wish, and after how long. Pure.

A rule says how long to wait before each such try, and so how many there may be; what stands here
forbids them or makes them later, whatever rule decided. A retry nobody asked for wants all of the
evidence: without the charge's outcome there is none.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orchestrator.handlers.outcome import Outcome

HOUR: Final = 3600
DAY: Final = 24 * HOUR

# Stripe's advice (https://docs.stripe.com/declines): not this card, or not with these details.
FORBIDDING_ADVICE: Final = frozenset({"do_not_try_again", "confirm_card_data"})

# Mastercard's merchant advice: new details are out, do not try again, the holder canceled. A retry
# after 03 or 21 within 30 days is charged for (secondary sources).
FORBIDDING_NETWORK_ADVICE: Final = frozenset({"01", "03", "21"})

# Visa's first category, never to be tried again: in all lists, or in some, as those we saw differ.
FORBIDDING_NETWORK_CODES: Final = frozenset(
    {"03", "04", "07", "12", "14", "15", "41", "43", "46", "57", "62", "78", "93", "R0", "R1", "R3"}
)

# Declines of a card or a payment that time does not mend, Stripe's own hard declines among them
# (https://docs.stripe.com/billing/revenue-recovery/smart-retries).
HARD_CODES: Final = frozenset(
    {
        "authentication_required",
        "do_not_try_again",
        "duplicate_transaction",
        "expired_card",
        "fraudulent",
        "incorrect_number",
        "invalid_account",
        "live_mode_test_card",
        "lost_card",
        "merchant_blacklist",
        "new_account_information_available",
        "pickup_card",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "stolen_card",
        "stop_payment_order",
        "testmode_decline",
        "transaction_not_allowed",
    }
)

# Mastercard's merchant advice on when to try again (secondary sources; for 02 the longest of them).
NETWORK_ADVICE_SECONDS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "02": 3 * DAY,
        "24": HOUR,
        "25": DAY,
        "26": 2 * DAY,
        "27": 4 * DAY,
        "28": 6 * DAY,
        "29": 8 * DAY,
        "30": 10 * DAY,
    }
)


def allowed_retries(outcome: Outcome, delays: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many seconds to wait before each retry, none where the outcome forbids them."""
    if not delays or forbids_retry(outcome):
        return ()
    least = NETWORK_ADVICE_SECONDS.get(outcome.network_advice_code or "", 0)
    return tuple(max(least, delay) for delay in delays)


def forbids_retry(outcome: Outcome) -> bool:
    """Tell whether anything in the evidence speaks against trying the same card unasked."""
    return (
        not outcome.outcome_read
        or outcome.blocked
        or outcome.advice_code in FORBIDDING_ADVICE
        or outcome.network_advice_code in FORBIDDING_NETWORK_ADVICE
        or outcome.network_decline_code in FORBIDDING_NETWORK_CODES
        or not HARD_CODES.isdisjoint({outcome.code, outcome.decline_code})
    )
