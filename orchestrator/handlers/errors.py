"""What is done about each way a payment can fail: one row a code, adding a code is adding a row.

A row is: handler, what the customer is told, what the code means, where that is from (by default
Stripe's page of decline codes). Keys with a colon are evidence that comes before the code; the
order is in ``rules.py``. Which handler a code gets is our judgement on the sources.
"""
# ruff: noqa: E501 - a row of the table is one line, so that a code is added or changed in one

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orchestrator.handlers.actions import (
    Rule,
    allow_same_card_later,
    ask_for_new_card,
    ask_to_authenticate,
    ask_to_fix_details,
    bar_same_card,
    disable_card,
    disable_for_customer,
    disable_until_renewed,
    fail_payment,
    read_intent,
    resend,
    stay_and_alert,
)
from orchestrator.handlers.outcome import Handler
from orchestrator.handlers.wording import (
    CANNOT_COMPLETE,
    CHECK_ADDRESS,
    CHECK_CVC,
    CHECK_DETAILS,
    CHECK_EXPIRY,
    CHECK_NUMBER,
    CHECK_POSTCODE,
    CHECKING,
    CONFIRM_WITH_BANK,
    CURRENCY,
    DEBIT_DECLINED,
    EXPIRED,
    GENERIC,
    LIMIT,
    NEEDS_PIN,
    NO_FUNDS,
    NOT_CONFIRMED,
    OTHER_CARD,
    OUTDATED,
    PAID_BEFORE,
    RETIRED,
    TEST_CARD,
    TIMED_OUT,
    TRY_LATER,
)

DECLINES: Final = "docs.stripe.com/declines"
TESTING: Final = "docs.stripe.com/testing"
LOW_LEVEL: Final = "docs.stripe.com/error-low-level"
OBSERVED: Final = "seen in public payloads, issues or experiments"
LISTED: Final = "listed in the SDK, meaning unverified"
UNVERIFIED: Final = "from experience, unverified"
JUDGEMENT: Final = "our judgement"

# No source says how long; a minute lets an outage pass, an hour an issuer change its mind.
MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 24 * HOUR

# After how long each automatic retry of the same card is made, where a deployment wants any: a
# fault passes soon, an outage later, an issuer changes its mind in hours and funds come in days.
FAULT: Final = (5, 10 * MINUTE)
OUTAGE: Final = (MINUTE, 10 * MINUTE, HOUR)
LATER: Final = (HOUR, DAY)
FUNDS: Final = (DAY, 3 * DAY)

# Whatever a network or Stripe advises, these say something firmer about the payment or the card.
FIRM: Final[tuple[Handler, ...]] = (disable_card, disable_for_customer, fail_payment)
FIRMER_THAN_CONFIRM_DATA: Final = (*FIRM, ask_to_fix_details)
FIRMER_THAN_DO_NOT_TRY: Final = (*FIRM, disable_until_renewed)
FIRMER_THAN_NETWORK: Final = (
    *FIRM,
    disable_until_renewed,
    ask_for_new_card,
    ask_to_authenticate,
)
FIRMER_THAN_TRY_LATER: Final = (
    *FIRM,
    disable_until_renewed,
    bar_same_card,
    ask_to_authenticate,
    ask_to_fix_details,
    allow_same_card_later,
)

# fmt: off
ERROR_HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType({
    # Stripe's own decision: it says nothing about the card, which is never disabled for it.
    "blocked:highest_risk_level": Rule(fail_payment, GENERIC, "blocked: highest risk", DECLINES, generic=True),
    "blocked:rule": Rule(fail_payment, GENERIC, "blocked: a rule of ours at Stripe", DECLINES, generic=True),
    "blocked:previously_declined_do_not_retry": Rule(ask_for_new_card, GENERIC, "blocked: declined too often", DECLINES, generic=True),
    "blocked:low_probability_of_authorization": Rule(ask_for_new_card, GENERIC, "blocked: unlikely to pass", DECLINES, generic=True),
    "blocked:*": Rule(ask_for_new_card, GENERIC, "blocked: reason unknown", JUDGEMENT, generic=True),

    # Advice about the card, read before the code. Network advice 03 and 21 (Mastercard) fine a
    # retry within 30 days; Stripe shows 03 beside "confirm the data", so it disables nothing.
    "advice:do_not_try_again": Rule(disable_card, GENERIC, "issuer: do not try again", DECLINES, yields_to=FIRMER_THAN_DO_NOT_TRY),
    "advice:confirm_card_data": Rule(ask_to_fix_details, CHECK_DETAILS, "issuer: confirm the card's data", DECLINES, yields_to=FIRMER_THAN_CONFIRM_DATA),
    "advice:try_again_later": Rule(allow_same_card_later, TRY_LATER, "issuer: try again later", DECLINES, retry_after_seconds=HOUR, yields_to=FIRMER_THAN_TRY_LATER, auto_retry=LATER),
    "network_advice:03": Rule(bar_same_card, GENERIC, "network: do not try again", JUDGEMENT, yields_to=FIRMER_THAN_NETWORK),
    "network_advice:21": Rule(bar_same_card, GENERIC, "network: payment canceled", JUDGEMENT, yields_to=FIRMER_THAN_NETWORK),

    # The card is out of use.
    "do_not_try_again": Rule(disable_card, GENERIC, "declined for good, no reason given (deprecated)"),
    "expired_card": Rule(disable_until_renewed, EXPIRED, "card expired"),
    "invalid_account": Rule(disable_card, OTHER_CARD, "card or its account is invalid"),
    "lost_card": Rule(disable_card, GENERIC, "reported lost", generic=True),
    "new_account_information_available": Rule(disable_until_renewed, OUTDATED, "stored details are out of date"),
    "pickup_card": Rule(disable_card, GENERIC, "to be picked up, maybe lost or stolen", generic=True),
    "restricted_card": Rule(disable_card, GENERIC, "restricted, maybe lost or stolen", generic=True),
    "revocation_of_all_authorizations": Rule(disable_for_customer, GENERIC, "holder revoked all authorizations"),
    "revocation_of_authorization": Rule(disable_for_customer, GENERIC, "holder revoked the authorization"),
    "stolen_card": Rule(disable_card, GENERIC, "reported stolen", generic=True),
    "stop_payment_order": Rule(disable_for_customer, GENERIC, "holder stopped the payments"),

    # No card changes the answer, or none may be tried.
    "duplicate_transaction": Rule(fail_payment, PAID_BEFORE, "same amount and card submitted very recently"),
    "fraudulent": Rule(fail_payment, GENERIC, "Stripe suspects fraud", generic=True),
    "merchant_blacklist": Rule(fail_payment, GENERIC, "on the merchant's own block list", generic=True),
    "testmode_decline": Rule(fail_payment, TEST_CARD, "test card in live mode", alert=True),
    "live_mode_test_card": Rule(fail_payment, TEST_CARD, "test card in live mode", OBSERVED, alert=True),

    # The same card may pass: later, authenticated, or with its details corrected.
    "approve_with_id": Rule(allow_same_card_later, TRY_LATER, "could not be authorized", auto_retry=FAULT),
    "issuer_not_available": Rule(allow_same_card_later, TRY_LATER, "issuer not reached", retry_after_seconds=MINUTE, auto_retry=OUTAGE),
    "processing_error": Rule(allow_same_card_later, TRY_LATER, "error while processing", auto_retry=FAULT),
    "reenter_transaction": Rule(allow_same_card_later, TRY_LATER, "issuer could not process", auto_retry=FAULT),
    "try_again_later": Rule(allow_same_card_later, TRY_LATER, "declined for now (deprecated)", retry_after_seconds=HOUR, auto_retry=LATER),
    "authentication_required": Rule(ask_to_authenticate, CONFIRM_WITH_BANK, "needs authentication"),
    "authentication_not_handled": Rule(ask_to_authenticate, CONFIRM_WITH_BANK, "sent again without the authentication asked for"),
    "incorrect_address": Rule(ask_to_fix_details, CHECK_ADDRESS, "address wrong"),
    "incorrect_cvc": Rule(ask_to_fix_details, CHECK_CVC, "security code wrong"),
    "incorrect_number": Rule(ask_to_fix_details, CHECK_NUMBER, "number wrong"),
    "incorrect_zip": Rule(ask_to_fix_details, CHECK_POSTCODE, "postal code wrong"),
    "invalid_cvc": Rule(ask_to_fix_details, CHECK_CVC, "security code wrong"),
    "invalid_expiry_month": Rule(ask_to_fix_details, CHECK_EXPIRY, "expiry month invalid"),
    "invalid_expiry_year": Rule(ask_to_fix_details, CHECK_EXPIRY, "expiry year invalid"),
    "invalid_number": Rule(ask_to_fix_details, CHECK_NUMBER, "number wrong"),

    # Another card may pass; this one stays usable elsewhere.
    "call_issuer": Rule(ask_for_new_card, GENERIC, "issuer gave no reason"),
    "card_not_supported": Rule(ask_for_new_card, OTHER_CARD, "card does not do this kind of purchase"),
    "card_velocity_exceeded": Rule(ask_for_new_card, LIMIT, "balance, credit or amount limit exceeded", auto_retry=FUNDS),
    "currency_not_supported": Rule(ask_for_new_card, CURRENCY, "card does not do this currency"),
    "do_not_honor": Rule(ask_for_new_card, GENERIC, "issuer gave no reason"),
    "generic_decline": Rule(ask_for_new_card, GENERIC, "no reason given"),
    "incorrect_pin": Rule(ask_for_new_card, NEEDS_PIN, "PIN wrong (card reader)"),
    "insufficient_funds": Rule(ask_for_new_card, NO_FUNDS, "not enough funds", auto_retry=FUNDS),
    "invalid_amount": Rule(ask_for_new_card, LIMIT, "amount invalid or above what is allowed"),
    "invalid_pin": Rule(ask_for_new_card, NEEDS_PIN, "PIN wrong (card reader)"),
    "mobile_device_authentication_required": Rule(ask_for_new_card, OTHER_CARD, "needs authentication on the device (tap)"),
    "no_action_taken": Rule(ask_for_new_card, GENERIC, "issuer gave no reason"),
    "not_permitted": Rule(ask_for_new_card, OTHER_CARD, "payment not permitted"),
    "offline_pin_required": Rule(ask_for_new_card, NEEDS_PIN, "needs a PIN (card reader)"),
    "online_or_offline_pin_required": Rule(ask_for_new_card, NEEDS_PIN, "needs a PIN (card reader)"),
    "pin_try_exceeded": Rule(ask_for_new_card, NEEDS_PIN, "too many PIN tries (card reader)"),
    "security_violation": Rule(ask_for_new_card, GENERIC, "issuer: security violation", generic=True),
    "service_not_allowed": Rule(ask_for_new_card, GENERIC, "issuer gave no reason"),
    "transaction_not_allowed": Rule(ask_for_new_card, OTHER_CARD, "issuer does not allow this payment"),
    "withdrawal_count_limit_exceeded": Rule(ask_for_new_card, LIMIT, "balance or credit limit exceeded", auto_retry=FUNDS),

    # Codes of the attempt that are no decline codes.
    "card_declined": Rule(ask_for_new_card, GENERIC, "declined, no decline code", TESTING),
    "payment_intent_payment_attempt_failed": Rule(ask_for_new_card, GENERIC, "attempt failed, no reason given", UNVERIFIED),
    "payment_intent_payment_attempt_expired": Rule(ask_for_new_card, TIMED_OUT, "attempt expired", UNVERIFIED),
    "payment_intent_authentication_failure": Rule(ask_for_new_card, NOT_CONFIRMED, "authentication failed or abandoned", OBSERVED),
    "authentication_failure": Rule(ask_for_new_card, NOT_CONFIRMED, "authentication failed", LISTED),
    "payment_intent_action_required": Rule(ask_to_authenticate, CONFIRM_WITH_BANK, "needs an action, none was allowed", UNVERIFIED),
    "three_d_secure_authentication_not_supported": Rule(ask_for_new_card, OTHER_CARD, "card does not do 3-D Secure", LISTED),
    "three_d_secure_authentication_upstream_error": Rule(allow_same_card_later, TRY_LATER, "3-D Secure not reached", LISTED),
    "card_decline_rate_limit_exceeded": Rule(ask_for_new_card, OTHER_CARD, "too many declines of this card in 24 h", OBSERVED),
    "payment_intent_rate_limit_exceeded": Rule(fail_payment, CANNOT_COMPLETE, "too many attempts on this intent", LISTED),
    "charge_exceeds_transaction_limit": Rule(fail_payment, CANNOT_COMPLETE, "above a transaction limit", LISTED),
    "expired_payment_method": Rule(disable_until_renewed, EXPIRED, "payment method expired", LISTED),
    "incorrect_postal_code": Rule(ask_to_fix_details, CHECK_POSTCODE, "postal code wrong", UNVERIFIED),
    "postal_code_invalid": Rule(ask_to_fix_details, CHECK_POSTCODE, "postal code wrong", UNVERIFIED),
    "invalid_card_type": Rule(ask_for_new_card, OTHER_CARD, "card of a type not accepted", UNVERIFIED),
    "payment_method_provider_decline": Rule(ask_for_new_card, GENERIC, "provider declined", UNVERIFIED),
    "payment_method_provider_timeout": Rule(allow_same_card_later, TRY_LATER, "provider not reached", UNVERIFIED, retry_after_seconds=MINUTE),
    "payment_method_customer_decline": Rule(ask_for_new_card, OTHER_CARD, "customer declined at the provider", UNVERIFIED),
    "payment_method_not_available": Rule(allow_same_card_later, TRY_LATER, "method not available for now", UNVERIFIED, retry_after_seconds=MINUTE),
    "payment_method_restricted": Rule(ask_for_new_card, OTHER_CARD, "payment method restricted", LISTED),
    "payment_intent_mandate_invalid": Rule(ask_for_new_card, OTHER_CARD, "mandate invalid", UNVERIFIED),
    "india_recurring_payment_mandate_canceled": Rule(ask_for_new_card, OTHER_CARD, "mandate canceled", UNVERIFIED),
    "account_closed": Rule(disable_card, RETIRED, "bank account closed", UNVERIFIED),
    "no_account": Rule(disable_card, RETIRED, "no such bank account", UNVERIFIED),
    "debit_not_authorized": Rule(ask_for_new_card, DEBIT_DECLINED, "debit not authorized", UNVERIFIED),
    "bank_account_declined": Rule(ask_for_new_card, DEBIT_DECLINED, "bank account declined", UNVERIFIED),
    "bank_account_unusable": Rule(disable_card, RETIRED, "bank account unusable", UNVERIFIED),
    "bank_account_restricted": Rule(disable_card, RETIRED, "bank account restricted", UNVERIFIED),
    "payment_method_bank_account_blocked": Rule(disable_card, RETIRED, "bank account blocked", UNVERIFIED),
    "refer_to_customer": Rule(ask_for_new_card, DEBIT_DECLINED, "bank refers to its customer", UNVERIFIED),

    # The request was refused; the attempt was spent on it.
    "payment_method_unexpected_state": Rule(ask_for_new_card, OTHER_CARD, "payment method consumed or detached", UNVERIFIED),
    "payment_method_currency_mismatch": Rule(ask_for_new_card, CURRENCY, "payment method has another currency", UNVERIFIED),
    "payment_intent_incompatible_payment_method": Rule(ask_for_new_card, OTHER_CARD, "method not allowed on this intent", UNVERIFIED),
    "token_already_used": Rule(ask_for_new_card, OTHER_CARD, "single-use token used before", UNVERIFIED),
    "payment_method_unactivated": Rule(fail_payment, CANNOT_COMPLETE, "method not activated on the account", UNVERIFIED),
    "payment_method_invalid_parameter": Rule(fail_payment, CANNOT_COMPLETE, "our parameters are wrong", UNVERIFIED),
    "payment_intent_invalid_parameter": Rule(fail_payment, CANNOT_COMPLETE, "our parameters are wrong", UNVERIFIED),
    "amount_too_large": Rule(fail_payment, CANNOT_COMPLETE, "amount too large", UNVERIFIED),
    "amount_too_small": Rule(fail_payment, CANNOT_COMPLETE, "amount too small", UNVERIFIED),
    "country_unsupported": Rule(fail_payment, CANNOT_COMPLETE, "country not supported", UNVERIFIED),
    "capture_charge_authorization_expired": Rule(fail_payment, CANNOT_COMPLETE, "hold expired before capture", UNVERIFIED),
    "charge_expired_for_capture": Rule(fail_payment, CANNOT_COMPLETE, "hold expired before capture", UNVERIFIED),
    "capture_unauthorized_payment": Rule(fail_payment, CANNOT_COMPLETE, "nothing authorized to capture", UNVERIFIED),

    # The answer decides nothing: the intent knows.
    "payment_intent_unexpected_state": Rule(read_intent, CHECKING, "intent is in another state", OBSERVED),
    "intent_invalid_state": Rule(read_intent, CHECKING, "intent is in another state", UNVERIFIED),
    "charge_already_captured": Rule(read_intent, CHECKING, "captured before", UNVERIFIED),
    "charge_already_refunded": Rule(read_intent, CHECKING, "refunded before", UNVERIFIED),
    "resource_missing": Rule(read_intent, CHECKING, "card or intent unknown to this key", UNVERIFIED, alert=True),
    "parameter_missing": Rule(read_intent, CHECKING, "our request is wrong", UNVERIFIED, alert=True),
    "parameter_unknown": Rule(read_intent, CHECKING, "our request is wrong", UNVERIFIED, alert=True),
    "parameter_invalid_integer": Rule(read_intent, CHECKING, "our request is wrong", UNVERIFIED, alert=True),
    "parameter_invalid_empty": Rule(read_intent, CHECKING, "our request is wrong", UNVERIFIED, alert=True),
    "parameters_exclusive": Rule(read_intent, CHECKING, "our request is wrong", UNVERIFIED, alert=True),

    # Stripe did not take the request: the same one again, under the same key.
    "lock_timeout": Rule(resend, CHECKING, "intent in use at Stripe", LOW_LEVEL),
    "rate_limit": Rule(resend, CHECKING, "too many requests", LOW_LEVEL),
    "idempotency_key_in_use": Rule(resend, CHECKING, "first request still running", OBSERVED),
    "token_in_use": Rule(resend, CHECKING, "token in use", UNVERIFIED),

    # Our configuration: nothing is decided until a person has looked.
    "livemode_mismatch": Rule(stay_and_alert, CHECKING, "live and test mixed", UNVERIFIED, alert=True),
    "testmode_charges_only": Rule(stay_and_alert, CHECKING, "account not activated", UNVERIFIED, alert=True),
    "api_key_expired": Rule(stay_and_alert, CHECKING, "API key expired", UNVERIFIED, alert=True),
    "secret_key_required": Rule(stay_and_alert, CHECKING, "wrong kind of API key", UNVERIFIED, alert=True),
    "platform_api_key_expired": Rule(stay_and_alert, CHECKING, "API key expired", UNVERIFIED, alert=True),
    "request_blocked": Rule(stay_and_alert, CHECKING, "request blocked", LISTED, alert=True),
    "action_blocked": Rule(stay_and_alert, CHECKING, "action blocked", LISTED, alert=True),
    "approval_required": Rule(stay_and_alert, CHECKING, "approval required", LISTED, alert=True),
    "anomalous_money_movement_request": Rule(stay_and_alert, CHECKING, "unusual money movement", LISTED, alert=True),

    # Refused with a code we do not know: what the HTTP status says, else the intent.
    "refused:401": Rule(stay_and_alert, CHECKING, "API key refused", LOW_LEVEL, alert=True),
    "refused:403": Rule(stay_and_alert, CHECKING, "API key may not do this", LOW_LEVEL, alert=True),
    "refused:409": Rule(resend, CHECKING, "conflict with a running request", LOW_LEVEL),
    "refused:429": Rule(resend, CHECKING, "too many requests", LOW_LEVEL),
    "refused:*": Rule(read_intent, CHECKING, "refused, code unknown", JUDGEMENT, alert=True),

    # Any other decline; Stripe adds codes without notice.
    "*": Rule(ask_for_new_card, GENERIC, "code unknown", JUDGEMENT, alert=True),
})
# fmt: on
