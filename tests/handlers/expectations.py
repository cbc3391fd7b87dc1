"""What each code must come to while attempts are left: a second table, kept apart from the first.

A row is: event (null stays confirming), how far the card goes out of use, whether the same card
may be presented again, and the action. Nothing here is read from the map under test.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orchestrator.states import PaymentEvent

require_new_card = PaymentEvent.require_new_card
disable_card = PaymentEvent.disable_card
fail = PaymentEvent.fail

Row = tuple[PaymentEvent | None, str | None, bool, str]

# https://docs.stripe.com/declines/codes, and live_mode_test_card, seen in public code only.
DECLINE_CODES: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "authentication_required": (require_new_card, None, True, "authenticate"),
        "authentication_not_handled": (require_new_card, None, True, "authenticate"),
        "approve_with_id": (require_new_card, None, True, "retry_same_card_later"),
        "call_issuer": (require_new_card, None, False, "requires_new_card"),
        "card_not_supported": (require_new_card, None, False, "requires_new_card"),
        "card_velocity_exceeded": (require_new_card, None, False, "requires_new_card"),
        "currency_not_supported": (require_new_card, None, False, "requires_new_card"),
        "do_not_honor": (require_new_card, None, False, "requires_new_card"),
        "do_not_try_again": (disable_card, "fingerprint", False, "card_disabled"),
        "duplicate_transaction": (fail, None, False, "failed"),
        "expired_card": (disable_card, "fingerprint_and_expiry", False, "card_disabled"),
        "fraudulent": (fail, None, False, "failed"),
        "generic_decline": (require_new_card, None, False, "requires_new_card"),
        "incorrect_address": (require_new_card, None, True, "fix_details"),
        "incorrect_cvc": (require_new_card, None, True, "fix_details"),
        "incorrect_number": (require_new_card, None, True, "fix_details"),
        "incorrect_pin": (require_new_card, None, False, "requires_new_card"),
        "incorrect_zip": (require_new_card, None, True, "fix_details"),
        "insufficient_funds": (require_new_card, None, False, "requires_new_card"),
        "invalid_account": (disable_card, "fingerprint", False, "card_disabled"),
        "invalid_amount": (require_new_card, None, False, "requires_new_card"),
        "invalid_cvc": (require_new_card, None, True, "fix_details"),
        "invalid_expiry_month": (require_new_card, None, True, "fix_details"),
        "invalid_expiry_year": (require_new_card, None, True, "fix_details"),
        "invalid_number": (require_new_card, None, True, "fix_details"),
        "invalid_pin": (require_new_card, None, False, "requires_new_card"),
        "issuer_not_available": (require_new_card, None, True, "retry_same_card_later"),
        "lost_card": (disable_card, "fingerprint", False, "card_disabled"),
        "merchant_blacklist": (fail, None, False, "failed"),
        "new_account_information_available": (
            disable_card,
            "fingerprint_and_expiry",
            False,
            "card_disabled",
        ),
        "no_action_taken": (require_new_card, None, False, "requires_new_card"),
        "not_permitted": (require_new_card, None, False, "requires_new_card"),
        "offline_pin_required": (require_new_card, None, False, "requires_new_card"),
        "online_or_offline_pin_required": (require_new_card, None, False, "requires_new_card"),
        "pickup_card": (disable_card, "fingerprint", False, "card_disabled"),
        "pin_try_exceeded": (require_new_card, None, False, "requires_new_card"),
        "processing_error": (require_new_card, None, True, "retry_same_card_later"),
        "reenter_transaction": (require_new_card, None, True, "retry_same_card_later"),
        "restricted_card": (disable_card, "fingerprint", False, "card_disabled"),
        "revocation_of_all_authorizations": (
            disable_card,
            "customer_and_fingerprint",
            False,
            "card_disabled",
        ),
        "revocation_of_authorization": (
            disable_card,
            "customer_and_fingerprint",
            False,
            "card_disabled",
        ),
        "security_violation": (require_new_card, None, False, "requires_new_card"),
        "service_not_allowed": (require_new_card, None, False, "requires_new_card"),
        "stolen_card": (disable_card, "fingerprint", False, "card_disabled"),
        "stop_payment_order": (disable_card, "customer_and_fingerprint", False, "card_disabled"),
        "testmode_decline": (fail, None, False, "failed"),
        "transaction_not_allowed": (require_new_card, None, False, "requires_new_card"),
        "try_again_later": (require_new_card, None, True, "retry_same_card_later"),
        "withdrawal_count_limit_exceeded": (require_new_card, None, False, "requires_new_card"),
        "mobile_device_authentication_required": (
            require_new_card,
            None,
            False,
            "requires_new_card",
        ),
        "live_mode_test_card": (fail, None, False, "failed"),
    }
)

# The values of error.code that can end or hold up a confirmation and are no decline codes.
ERROR_CODES: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "card_declined": (require_new_card, None, False, "requires_new_card"),
        "incorrect_postal_code": (require_new_card, None, True, "fix_details"),
        "postal_code_invalid": (require_new_card, None, True, "fix_details"),
        "payment_intent_authentication_failure": (
            require_new_card,
            None,
            False,
            "requires_new_card",
        ),
        "authentication_failure": (require_new_card, None, False, "requires_new_card"),
        "payment_intent_action_required": (require_new_card, None, True, "authenticate"),
        "card_decline_rate_limit_exceeded": (require_new_card, None, False, "requires_new_card"),
        "payment_intent_rate_limit_exceeded": (fail, None, False, "failed"),
        "payment_intent_payment_attempt_failed": (
            require_new_card,
            None,
            False,
            "requires_new_card",
        ),
        "payment_intent_payment_attempt_expired": (
            require_new_card,
            None,
            False,
            "requires_new_card",
        ),
        "payment_method_provider_decline": (require_new_card, None, False, "requires_new_card"),
        "payment_method_provider_timeout": (require_new_card, None, True, "retry_same_card_later"),
        "payment_method_customer_decline": (require_new_card, None, False, "requires_new_card"),
        "payment_method_not_available": (require_new_card, None, True, "retry_same_card_later"),
        "payment_method_restricted": (require_new_card, None, False, "requires_new_card"),
        "expired_payment_method": (disable_card, "fingerprint_and_expiry", False, "card_disabled"),
        "payment_method_unexpected_state": (require_new_card, None, False, "requires_new_card"),
        "payment_method_unactivated": (fail, None, False, "failed"),
        "payment_method_currency_mismatch": (require_new_card, None, False, "requires_new_card"),
        "payment_intent_incompatible_payment_method": (
            require_new_card,
            None,
            False,
            "requires_new_card",
        ),
        "payment_method_invalid_parameter": (fail, None, False, "failed"),
        "payment_intent_invalid_parameter": (fail, None, False, "failed"),
        "payment_intent_mandate_invalid": (require_new_card, None, False, "requires_new_card"),
        "india_recurring_payment_mandate_canceled": (
            require_new_card,
            None,
            False,
            "requires_new_card",
        ),
        "payment_intent_unexpected_state": (None, None, False, "read_intent"),
        "intent_invalid_state": (None, None, False, "read_intent"),
        "amount_too_large": (fail, None, False, "failed"),
        "amount_too_small": (fail, None, False, "failed"),
        "charge_exceeds_transaction_limit": (fail, None, False, "failed"),
        "capture_charge_authorization_expired": (fail, None, False, "failed"),
        "charge_expired_for_capture": (fail, None, False, "failed"),
        "capture_unauthorized_payment": (fail, None, False, "failed"),
        "charge_already_captured": (None, None, False, "read_intent"),
        "charge_already_refunded": (None, None, False, "read_intent"),
        "lock_timeout": (None, None, False, "resend"),
        "rate_limit": (None, None, False, "resend"),
        "idempotency_key_in_use": (None, None, False, "resend"),
        "resource_missing": (None, None, False, "read_intent"),
        "livemode_mismatch": (None, None, False, "stay"),
        "testmode_charges_only": (None, None, False, "stay"),
        "api_key_expired": (None, None, False, "stay"),
        "secret_key_required": (None, None, False, "stay"),
        "platform_api_key_expired": (None, None, False, "stay"),
        "parameter_missing": (None, None, False, "read_intent"),
        "parameter_unknown": (None, None, False, "read_intent"),
        "parameter_invalid_integer": (None, None, False, "read_intent"),
        "parameter_invalid_empty": (None, None, False, "read_intent"),
        "parameters_exclusive": (None, None, False, "read_intent"),
        "token_already_used": (require_new_card, None, False, "requires_new_card"),
        "token_in_use": (None, None, False, "resend"),
        "country_unsupported": (fail, None, False, "failed"),
        "invalid_card_type": (require_new_card, None, False, "requires_new_card"),
        "account_closed": (disable_card, "fingerprint", False, "card_disabled"),
        "no_account": (disable_card, "fingerprint", False, "card_disabled"),
        "debit_not_authorized": (require_new_card, None, False, "requires_new_card"),
        "bank_account_declined": (require_new_card, None, False, "requires_new_card"),
        "bank_account_unusable": (disable_card, "fingerprint", False, "card_disabled"),
        "bank_account_restricted": (disable_card, "fingerprint", False, "card_disabled"),
        "payment_method_bank_account_blocked": (
            disable_card,
            "fingerprint",
            False,
            "card_disabled",
        ),
        "refer_to_customer": (require_new_card, None, False, "requires_new_card"),
        "three_d_secure_authentication_not_supported": (
            require_new_card,
            None,
            False,
            "requires_new_card",
        ),
        "three_d_secure_authentication_upstream_error": (
            require_new_card,
            None,
            True,
            "retry_same_card_later",
        ),
        "request_blocked": (None, None, False, "stay"),
        "action_blocked": (None, None, False, "stay"),
        "approval_required": (None, None, False, "stay"),
        "anomalous_money_movement_request": (None, None, False, "stay"),
    }
)

# What comes before, or instead of, a code.
EVIDENCE: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "blocked:highest_risk_level": (fail, None, False, "failed"),
        "blocked:rule": (fail, None, False, "failed"),
        "blocked:previously_declined_do_not_retry": (
            require_new_card,
            None,
            False,
            "requires_new_card",
        ),
        "blocked:low_probability_of_authorization": (
            require_new_card,
            None,
            False,
            "requires_new_card",
        ),
        "blocked:*": (require_new_card, None, False, "requires_new_card"),
        "advice:do_not_try_again": (disable_card, "fingerprint", False, "card_disabled"),
        "advice:confirm_card_data": (require_new_card, None, True, "fix_details"),
        "advice:try_again_later": (require_new_card, None, True, "retry_same_card_later"),
        "network_advice:03": (require_new_card, None, False, "requires_new_card"),
        "network_advice:21": (require_new_card, None, False, "requires_new_card"),
        "refused:401": (None, None, False, "stay"),
        "refused:403": (None, None, False, "stay"),
        "refused:409": (None, None, False, "resend"),
        "refused:429": (None, None, False, "resend"),
        "refused:*": (None, None, False, "read_intent"),
        "*": (require_new_card, None, False, "requires_new_card"),
    }
)

# The reason is not told: the first four by Stripe's demand, the others by our judgement.
GENERIC_CODES: Final = frozenset(
    {
        "fraudulent",
        "lost_card",
        "merchant_blacklist",
        "stolen_card",
        "pickup_card",
        "restricted_card",
        "security_violation",
    }
)

# A person has to look: our configuration, our requests, or something nobody has met.
ALERTS: Final = frozenset(
    {
        "*",
        "action_blocked",
        "anomalous_money_movement_request",
        "api_key_expired",
        "approval_required",
        "live_mode_test_card",
        "livemode_mismatch",
        "parameter_invalid_empty",
        "parameter_invalid_integer",
        "parameter_missing",
        "parameter_unknown",
        "parameters_exclusive",
        "platform_api_key_expired",
        "refused:*",
        "refused:401",
        "refused:403",
        "request_blocked",
        "resource_missing",
        "secret_key_required",
        "testmode_charges_only",
        "testmode_decline",
    }
)
