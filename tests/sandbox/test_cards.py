"""Every test card, and the synthetic ones, at a confirm through the SDK."""

from typing import Any

import pytest
import stripe

from orchestrator.sandbox.cards import TEST_CARDS
from orchestrator.sandbox.declines import DECLINE_CODES, REPORTED_AS_CODE
from tests.sandbox.conftest import Sandbox

# What docs.stripe.com/testing says of each card that does not simply succeed:
# (status, error.code, error.decline_code), on-session.
NOT_SUCCEEDING: dict[str, tuple[str, str | None, str | None]] = {
    "pm_card_visa_chargeDeclined": ("declined", "card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": (
        "declined",
        "card_declined",
        "insufficient_funds",
    ),
    "pm_card_visa_chargeDeclinedLostCard": ("declined", "card_declined", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": ("declined", "card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": ("declined", "expired_card", None),
    "pm_card_chargeDeclinedIncorrectCvc": ("declined", "incorrect_cvc", None),
    "pm_card_chargeDeclinedProcessingError": ("declined", "processing_error", None),
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": (
        "declined",
        "card_declined",
        "card_velocity_exceeded",
    ),
    "pm_card_chargeCustomerFail": ("declined", "card_declined", "generic_decline"),
    "pm_card_radarBlock": ("declined", "card_declined", "fraudulent"),
    "pm_card_riskLevelHighest": ("declined", "card_declined", "fraudulent"),
    "pm_card_threeDSecureRequiredProcessingError": (
        "declined",
        "card_declined",
        "generic_decline",
    ),
    "pm_card_authenticationRequiredOnSetup": ("requires_action", None, None),
    "pm_card_authenticationRequired": ("requires_action", None, None),
    "pm_card_authenticationRequiredSetupForOffSession": ("requires_action", None, None),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": (
        "requires_action",
        None,
        None,
    ),
    "pm_card_threeDSecure2Required": ("requires_action", None, None),
    "pm_card_threeDSecureRequiredChargeDeclined": ("requires_action", None, None),
}
SUCCEEDED = ("succeeded", None, None)


async def ending(sandbox: Sandbox, card: str, **params: Any) -> tuple[str, str | None, str | None]:
    """Confirm a new intent with ``card`` and say how it ended."""
    intent = await sandbox.intent()
    try:
        confirmed = await sandbox.confirm(intent.id, card, **params)
    except stripe.CardError as refused:
        error: Any = refused.error
        return "declined", error.code, error.decline_code
    return confirmed.status, None, None


@pytest.mark.parametrize("card", TEST_CARDS)
async def test_a_test_card_ends_as_documented(sandbox: Sandbox, card: str) -> None:
    """Every test card ends its confirm as Stripe's page on testing says."""
    ended = await ending(sandbox, card)

    assert ended == NOT_SUCCEEDING.get(card, SUCCEEDED)


@pytest.mark.parametrize("code", DECLINE_CODES)
async def test_every_decline_code_has_a_card(sandbox: Sandbox, code: str) -> None:
    """``pm_sim_<decline_code>`` declines with that code, plain codes as ``error.code``."""
    ended = await ending(sandbox, f"pm_sim_{code}")

    plain = code in REPORTED_AS_CODE
    assert ended == ("declined", code if plain else "card_declined", None if plain else code)


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("pm_sim_success", SUCCEEDED),
        ("pm_sim_success_anything", SUCCEEDED),
        ("pm_sim_lost_card__a", ("declined", "card_declined", "lost_card")),
        ("pm_sim_processing", ("processing", None, None)),
        ("pm_sim_processing_error", ("declined", "processing_error", None)),
        ("pm_sim_requires_action", ("requires_action", None, None)),
        ("pm_sim_requires_action_then_lost_card", ("requires_action", None, None)),
        (
            "pm_sim_code_card_decline_rate_limit_exceeded",
            ("declined", "card_decline_rate_limit_exceeded", None),
        ),
    ],
)
async def test_a_synthetic_card_ends_as_named(
    sandbox: Sandbox, card: str, expected: tuple[str, str | None, str | None]
) -> None:
    """A synthetic id says in its name how its confirm ends."""
    assert await ending(sandbox, card) == expected


@pytest.mark.parametrize(
    ("card", "field", "value"),
    [
        ("pm_sim_advice_do_not_try_again", "advice_code", "do_not_try_again"),
        ("pm_sim_advice_confirm_card_data", "advice_code", "confirm_card_data"),
        ("pm_sim_network_43", "network_decline_code", "43"),
        ("pm_sim_network_advice_03", "network_advice_code", "03"),
    ],
)
async def test_advice_is_on_error_and_outcome(
    sandbox: Sandbox, card: str, field: str, value: str
) -> None:
    """Advice and network codes stand on the error and on the charge's outcome alike."""
    intent = await sandbox.intent()
    refused = await sandbox.refusal(intent.id, card)
    charge: Any = (await sandbox.retrieve(intent.id)).latest_charge

    assert refused.error is not None
    assert refused.error[field] == value
    assert charge.outcome[field] == value
    assert charge.outcome.type == "issuer_declined"


@pytest.mark.parametrize(
    ("card", "reason", "advice"),
    [
        ("pm_card_radarBlock", "highest_risk_level", "do_not_try_again"),
        ("pm_sim_blocked_highest_risk_level", "highest_risk_level", "do_not_try_again"),
        ("pm_sim_blocked_rule", "rule", None),
        (
            "pm_sim_blocked_previously_declined_do_not_retry",
            "previously_declined_do_not_retry",
            None,
        ),
    ],
)
async def test_a_block_never_reaches_the_network(
    sandbox: Sandbox, card: str, reason: str, advice: str | None
) -> None:
    """A payment Stripe stopped says so in the charge's outcome."""
    intent = await sandbox.intent()
    await sandbox.refusal(intent.id, card)
    charge: Any = (await sandbox.retrieve(intent.id)).latest_charge

    assert charge.outcome.type == "blocked"
    assert charge.outcome.network_status == "not_sent_to_network"
    assert (charge.outcome.reason, charge.outcome.advice_code) == (reason, advice)


@pytest.mark.parametrize("card", ["pm_nope", "pm_sim_no_such_code", "pm_card_", "pm_sim_"])
async def test_an_unknown_card_is_refused(sandbox: Sandbox, card: str) -> None:
    """A payment method nobody published is 400 resource_missing on a confirm."""
    intent = await sandbox.intent()
    refused = await sandbox.refusal(intent.id, card)

    assert refused.http_status == 400
    assert refused.error is not None
    assert (refused.error.code, refused.error.param) == ("resource_missing", "payment_method")


async def test_elevated_risk_goes_to_review(sandbox: Sandbox) -> None:
    """The elevated-risk card pays, with an outcome that asks for a review."""
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, "pm_card_riskLevelElevated")
    charge: Any = (await sandbox.retrieve(intent.id)).latest_charge

    assert (charge.outcome.type, charge.outcome.risk_level) == ("manual_review", "elevated")
