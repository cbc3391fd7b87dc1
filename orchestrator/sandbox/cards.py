"""The test cards of docs.stripe.com/testing and the stand-in's own ``pm_sim_…`` ids, as data.

A row says what a card is and how a charge on it ends; it refuses to know intents or requests.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from orchestrator.sandbox.declines import DECLINE_CODES, Decline, block, issuer_decline, plain_code


class Authentication(StrEnum):
    """When a card's issuer asks for 3-D Secure."""

    never = "never"
    optional = "optional"  # only where the request asks for it
    always = "always"
    unless_set_up = "unless_set_up"  # off-session payments pass once it was set up on-session
    on_session = "on_session"  # set up elsewhere: off-session payments pass


class RefundCourse(StrEnum):
    """How a refund to a card goes on."""

    at_once = "at_once"
    pending = "pending"  # succeeds some time later
    fails = "fails"  # some time after it seemed to have succeeded


@dataclass(frozen=True, slots=True)
class Checks:
    """What the issuer found on comparing the details."""

    cvc: str | None = "pass"
    line1: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A card: its face, and how charges on it end.

    ``decline`` applies once authentication, where one is due, has passed. ``attachable`` says
    whether Stripe lets a customer keep the card. ``then`` is what follows a success: a key of
    ``aftermath.DISPUTES``, or ``early_fraud_warning``.
    """

    number: str
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    authentication: Authentication = Authentication.never
    decline: Decline | None = None
    attachable: bool = True
    processing: bool = False
    risk_level: str = "normal"
    manual_review: bool = False
    checks: Checks = field(default_factory=Checks)
    then: str | None = None
    refund: RefundCourse = RefundCourse.at_once

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]


def _declining(number: str, decline_code: str) -> Card:
    return Card(number, decline=issuer_decline(decline_code), attachable=False)


def _disputed(number: str, then: str, brand: str = "visa") -> Card:
    return Card(number, brand=brand, then=then)


_RADAR_BLOCK = block("highest_risk_level")

# Numbers and outcomes: docs.stripe.com/testing.
TEST_CARDS: dict[str, Card] = {
    # By brand.
    "pm_card_visa": Card("4242424242424242"),
    "pm_card_visa_debit": Card("4000056655665556", funding="debit"),
    "pm_card_mastercard": Card("5555555555554444", "mastercard"),
    "pm_card_mastercard_debit": Card("5200828282828210", "mastercard", "debit"),
    "pm_card_mastercard_prepaid": Card("5105105105105100", "mastercard", "prepaid"),
    "pm_card_amex": Card("378282246310005", "amex"),
    "pm_card_discover": Card("6011111111111117", "discover"),
    "pm_card_diners": Card("3056930009020004", "diners"),
    "pm_card_jcb": Card("3566002020360505", "jcb", country="JP"),
    "pm_card_unionpay": Card("6200000000000005", "unionpay", country="CN"),
    "pm_card_visa_cartesBancaires": Card("4000002500001001", country="FR"),
    "pm_card_mastercard_cartesBancaires": Card("5555552500001001", "mastercard", country="FR"),
    "pm_card_visa_debit_eftposAuCoBranded": Card("4000050360000001", "visa", "debit", "AU"),
    "pm_card_mastercard_debit_eftposAuCoBranded": Card(
        "5555050360000080", "mastercard", "debit", "AU"
    ),
    # By country.
    "pm_card_us": Card("4242424242424242"),
    "pm_card_br": Card("4000000760000002", country="BR"),
    "pm_card_ca": Card("4000001240000000", country="CA"),
    "pm_card_mx": Card("4000004840008001", country="MX"),
    "pm_card_gb": Card("4000008260000000", country="GB"),
    "pm_card_de": Card("4000002760000016", country="DE"),
    "pm_card_fr": Card("4000002500000003", country="FR"),
    "pm_card_in": Card("4000003560000008", country="IN"),
    "pm_card_jp": Card("4000003920000003", country="JP"),
    "pm_card_au": Card("4000000360000006", country="AU"),
    # Declined.
    "pm_card_visa_chargeDeclined": _declining("4000000000000002", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": _declining(
        "4000000000009995", "insufficient_funds"
    ),
    "pm_card_visa_chargeDeclinedLostCard": _declining("4000000000009987", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": _declining("4000000000009979", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": _declining("4000000000000069", "expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": _declining("4000000000000127", "incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": _declining("4000000000000119", "processing_error"),
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": _declining(
        "4000000000006975", "card_velocity_exceeded"
    ),
    "pm_card_chargeCustomerFail": Card(
        "4000000000000341", decline=issuer_decline("generic_decline")
    ),
    # Risk and checks, under Radar's default rules.
    "pm_card_radarBlock": Card("4100000000000019", decline=_RADAR_BLOCK, risk_level="highest"),
    "pm_card_riskLevelHighest": Card(
        "4000000000004954", decline=_RADAR_BLOCK, risk_level="highest"
    ),
    "pm_card_riskLevelElevated": Card(
        "4000000000009235", risk_level="elevated", manual_review=True
    ),
    "pm_card_highFraudDisputeScore": Card("4000008400000407"),
    "pm_card_highEfwScore": Card("4000008400000159"),
    "pm_card_radarDynamicRiskThreshold": Card("4000008400001017"),
    "pm_card_freeTrialAbuseBlock": Card("4001858821843804"),
    "pm_card_cvcCheckFail": Card("4000000000000101", checks=Checks(cvc="fail")),
    "pm_card_avsZipFail": Card("4000000000000036", checks=Checks(postal_code="fail")),
    "pm_card_cvcCheckFailElevatedRisk": Card(
        "4000058400307872", risk_level="elevated", checks=Checks(cvc="fail")
    ),
    "pm_card_avsZipFailElevatedRisk": Card(
        "4000058400306072", risk_level="elevated", checks=Checks(postal_code="fail")
    ),
    "pm_card_avsFail": Card("4000000000000010", checks=Checks(line1="fail", postal_code="fail")),
    "pm_card_adaptive3dsChallenge": Card("4000008405600003"),
    "pm_card_avsLine1Fail": Card("4000000000000028", checks=Checks(line1="fail")),
    "pm_card_avsUnchecked": Card(
        "4000000000000044", checks=Checks(line1="unavailable", postal_code="unavailable")
    ),
    # 3-D Secure.
    "pm_card_authenticationRequiredOnSetup": Card(
        "4000002500003155", country="FR", authentication=Authentication.unless_set_up
    ),
    "pm_card_authenticationRequired": Card(
        "4000002760003184", country="DE", authentication=Authentication.always
    ),
    "pm_card_authenticationRequiredSetupForOffSession": Card(
        "4000003800000446", country="IT", authentication=Authentication.on_session
    ),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        "4000008260003178",
        country="GB",
        authentication=Authentication.on_session,
        decline=issuer_decline("insufficient_funds"),
    ),
    "pm_card_threeDSecure2Required": Card(
        "4000000000003220", country="IE", authentication=Authentication.always
    ),
    "pm_card_threeDSecureRequiredChargeDeclined": Card(
        "4000008400001629",
        authentication=Authentication.always,
        decline=issuer_decline("generic_decline"),
    ),
    # The lookup itself fails, so nobody is challenged and the payment is declined.
    "pm_card_threeDSecureRequiredProcessingError": Card(
        "4000008400001280", decline=issuer_decline("generic_decline")
    ),
    "pm_card_threeDSecureOptional": Card(
        "4000000000003055", authentication=Authentication.optional
    ),
    "pm_card_threeDSecureOptionalProcessingError": Card("4000000000003097"),
    "pm_card_amex_threeDSecureNotSupported": Card("378282246310005", "amex"),
    # What follows a success.
    "pm_card_createDispute": _disputed("4000000000000259", "fraudulent"),
    "pm_card_createDisputeProductNotReceived": _disputed(
        "4000000000002685", "product_not_received"
    ),
    "pm_card_createDisputeInquiry": _disputed("4000000000001976", "inquiry"),
    "pm_card_createMultipleDisputes": _disputed("4000000404000079", "fraudulent"),
    "pm_card_createCe3EligibleDispute": _disputed("4000000404000038", "fraudulent"),
    "pm_card_createComplianceDispute": _disputed("4000008400000779", "noncompliant"),
    "pm_card_createMastercardComplianceDispute": _disputed(
        "5105008400000002", "noncompliant", "mastercard"
    ),
    "pm_card_createAutoRepresentmentEligibleDispute": _disputed("4000000001000043", "fraudulent"),
    "pm_card_createRapidDisputeResolutionDispute": _disputed("4000000404004816", "fraudulent"),
    "pm_card_createCe3BlockDispute": _disputed("4000000404005649", "fraudulent"),
    "pm_card_createEthocaAlert": _disputed("5105000300000018", "fraudulent", "mastercard"),
    "pm_card_createIssuerFraudRecord": Card("4000000000005423", then="early_fraud_warning"),
    "pm_card_pendingRefund": Card("4000000000007726", refund=RefundCourse.pending),
    "pm_card_refundFail": Card("4000000000005126", refund=RefundCourse.fails),
}

# A simulated card has no published number; Stripe's plain Visa lends its face.
_SIMULATED = Card("4242424242424242")


def _simulated_decline(decline_code: str) -> Card | None:
    if decline_code not in DECLINE_CODES:
        return None
    return replace(_SIMULATED, decline=issuer_decline(decline_code))


def _declined_by(build: Callable[[str], Decline]) -> Callable[[str], Card]:
    return lambda value: replace(_SIMULATED, decline=build(value))


def _challenged_then(decline_code: str) -> Card | None:
    declined = _simulated_decline(decline_code)
    return None if declined is None else replace(declined, authentication=Authentication.always)


# ``pm_sim_`` and one of these; the first pattern that matches decides. Unlike Stripe's declining
# test cards, all of them can be attached: otherwise nobody could test a saved card going bad.
# Two underscores and a tag (``pm_sim_lost_card__a``) give the same card another number.
SIMULATED_IDS: tuple[tuple[str, Callable[[str], Card | None]], ...] = (
    (r"success(?:_\w+)?()", lambda _: _SIMULATED),
    (r"processing()", lambda _: replace(_SIMULATED, processing=True)),
    (r"requires_action()", lambda _: replace(_SIMULATED, authentication=Authentication.always)),
    (r"requires_action_then_(\w+)", _challenged_then),
    (
        r"advice_(confirm_card_data|do_not_try_again|try_again_later)",
        _declined_by(lambda advice: issuer_decline("generic_decline", advice_code=advice)),
    ),
    (
        r"network_advice_(\w+)",
        _declined_by(lambda code: issuer_decline("generic_decline", network_advice_code=code)),
    ),
    (
        r"network_(\w+)",
        _declined_by(lambda code: issuer_decline("generic_decline", network_decline_code=code)),
    ),
    (r"blocked_(\w+)", _declined_by(block)),
    (r"code_(\w+)", _declined_by(plain_code)),
    (r"(\w+)", _simulated_decline),
)

_SIMULATED_ID = re.compile(r"pm_sim_(?P<what>\w+?)(?:__(?P<tag>\w+))?")


@dataclass(frozen=True, slots=True)
class SharedCard:
    """A well-known id resolved: the card, and what its fingerprint is derived from."""

    card: Card
    identity: str


def resolve_shared_id(id: str) -> SharedCard | None:
    """Find the card a well-known id stands for, or null if nobody published that id."""
    known = TEST_CARDS.get(id)
    if known is not None:
        return SharedCard(known, known.number)
    parsed = _SIMULATED_ID.fullmatch(id)
    if parsed is None:
        return None
    for pattern, build in SIMULATED_IDS:
        found = re.fullmatch(pattern, parsed["what"])
        if found is not None:
            card = build(found[1])
            return None if card is None else SharedCard(card, id)
    return None
