"""The ways a card payment can fail, as literal data. Knows nothing of intents or requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

GENERIC_MESSAGE = "Your card was declined."


@dataclass(frozen=True, slots=True)
class Decline:
    """One failed charge as Stripe reports it: the error's codes and the charge's outcome."""

    code: str = "card_declined"
    decline_code: str | None = None
    message: str = GENERIC_MESSAGE
    advice_code: str | None = None
    network_advice_code: str | None = None
    network_decline_code: str | None = None
    outcome_type: str = "issuer_declined"
    network_status: str = "declined_by_network"
    reason: str | None = None
    risk_level: str = "normal"

    def codes(self) -> dict[str, Any]:
        """List the codes an error object carries, leaving out those that are not set."""
        named = {
            "decline_code": self.decline_code,
            "advice_code": self.advice_code,
            "network_advice_code": self.network_advice_code,
            "network_decline_code": self.network_decline_code,
        }
        return {name: value for name, value in named.items() if value is not None}


# docs.stripe.com/declines/codes lists these; the last was only seen in public code.
DECLINE_CODES: tuple[str, ...] = (
    "approve_with_id",
    "authentication_not_handled",
    "authentication_required",
    "call_issuer",
    "card_not_supported",
    "card_velocity_exceeded",
    "currency_not_supported",
    "do_not_honor",
    "do_not_try_again",
    "duplicate_transaction",
    "expired_card",
    "fraudulent",
    "generic_decline",
    "incorrect_address",
    "incorrect_cvc",
    "incorrect_number",
    "incorrect_pin",
    "incorrect_zip",
    "insufficient_funds",
    "invalid_account",
    "invalid_amount",
    "invalid_cvc",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_number",
    "invalid_pin",
    "issuer_not_available",
    "lost_card",
    "merchant_blacklist",
    "mobile_device_authentication_required",
    "new_account_information_available",
    "no_action_taken",
    "not_permitted",
    "offline_pin_required",
    "online_or_offline_pin_required",
    "pickup_card",
    "pin_try_exceeded",
    "processing_error",
    "reenter_transaction",
    "restricted_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "security_violation",
    "service_not_allowed",
    "stolen_card",
    "stop_payment_order",
    "testmode_decline",
    "transaction_not_allowed",
    "try_again_later",
    "withdrawal_count_limit_exceeded",
    "live_mode_test_card",
)

# docs.stripe.com/testing gives these three as the error's code, with no decline code beside it.
REPORTED_AS_CODE: Mapping[str, str] = MappingProxyType(
    {
        "expired_card": "Your card has expired.",
        "incorrect_cvc": "Your card's security code is incorrect.",
        "processing_error": (
            "An error occurred while processing your card. Try again in a little bit."
        ),
    }
)

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "authentication_required": (
            "Your card was declined. This transaction requires authentication."
        ),
        "card_not_supported": "Your card does not support this type of purchase.",
        "card_velocity_exceeded": (
            "Your card was declined for making repeated attempts too frequently or exceeding "
            "its amount limit."
        ),
        "insufficient_funds": "Your card has insufficient funds.",
        "incorrect_zip": "The zip code you supplied failed validation.",
        "incorrect_number": "Your card number is incorrect.",
        "invalid_expiry_month": "Your card's expiration month is invalid.",
        "invalid_expiry_year": "Your card's expiration year is invalid.",
        "currency_not_supported": "Your card is not supported for this currency.",
    }
)

AUTHENTICATION_REQUIRED = Decline(
    code="authentication_required",
    decline_code="authentication_required",
    message=MESSAGES["authentication_required"],
    reason="authentication_required",
)

AUTHENTICATION_NOT_HANDLED = Decline(
    code="authentication_required",
    decline_code="authentication_not_handled",
    message=(
        "This payment required an authentication action to complete, but "
        "`error_on_requires_action` was set."
    ),
    network_status="not_sent_to_network",
    outcome_type="invalid",
)


def issuer_decline(
    decline_code: str,
    *,
    advice_code: str | None = None,
    network_decline_code: str | None = None,
    network_advice_code: str | None = None,
) -> Decline:
    """Build the decline a card issuer gives for ``decline_code``."""
    plain = decline_code in REPORTED_AS_CODE
    message = REPORTED_AS_CODE.get(decline_code) or MESSAGES.get(decline_code, GENERIC_MESSAGE)
    return Decline(
        code=decline_code if plain else "card_declined",
        decline_code=None if plain else decline_code,
        message=message,
        advice_code=advice_code,
        network_decline_code=network_decline_code,
        network_advice_code=network_advice_code,
        reason=decline_code,
    )


def plain_code(code: str) -> Decline:
    """Build a decline that arrives as ``error.code`` alone."""
    return Decline(code=code, message=MESSAGES.get(code, GENERIC_MESSAGE), reason=code)


def block(reason: str) -> Decline:
    """Build the decline of a payment Stripe itself stopped: the network never saw it."""
    highest = reason == "highest_risk_level"
    by_risk = reason in {"highest_risk_level", "low_probability_of_authorization"}
    return Decline(
        decline_code="fraudulent" if highest else "generic_decline",
        advice_code="do_not_try_again" if by_risk else None,
        outcome_type="blocked",
        network_status="not_sent_to_network",
        reason=reason,
        risk_level="highest" if highest else "normal",
    )
