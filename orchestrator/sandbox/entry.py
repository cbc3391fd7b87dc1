"""Cards as a customer's browser gives them to Stripe: a published test number, or a token of one.

No other number is taken, and none is ever repeated in an answer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from orchestrator.sandbox.cards import TEST_CARDS, Authentication, Card, SharedCard
from orchestrator.sandbox.declines import issuer_decline
from orchestrator.sandbox.errors import ApiError, missing_parameter, refused, resource_missing

# docs.stripe.com/testing: numbers for which it names no PaymentMethod.
OTHER_NUMBERS: Final = (
    Card("2223003122003222", "mastercard"),
    Card("371449635398431", "amex"),
    Card("6011000990139424", "discover"),
    Card("6011981111111113", "discover", "debit"),
    Card("36227206271667", "diners"),
    Card("6555900000604105", "discover"),
    Card("6200000000000047", "unionpay", "debit", "CN"),
    Card("6205500000000000004", "unionpay", country="CN"),
    Card("4000000000000077"),
    Card("4000003720000278", country="IE"),
    Card("4000008400000027", authentication=Authentication.always),
    Card("4000000032200000"),
    Card("4000582600000094", authentication=Authentication.always),
    Card("4000582600000045", authentication=Authentication.always),
    Card("4000582600000102", authentication=Authentication.always),
    Card("4000582600000110", authentication=Authentication.always),
    Card("4000000000001208"),
    Card("4000000000003725"),
)
# The first of two ids with one number gives the card its face.
BY_NUMBER: Final[Mapping[str, Card]] = MappingProxyType(
    {card.number: card for card in (*OTHER_NUMBERS, *reversed(TEST_CARDS.values()))}
)
# Tokens that stand for no PaymentMethod; for the others ``tok_`` replaces ``pm_card_``.
OTHER_TOKENS: Final[Mapping[str, Card]] = MappingProxyType(
    {
        f"tok_visa_chargeCustomerFail{name}": Card(
            TEST_CARDS["pm_card_chargeCustomerFail"].number, decline=issuer_decline(decline_code)
        )
        for name, decline_code in (("LostCard", "lost_card"), ("StolenCard", "stolen_card"))
    }
)

UNSAFE: Final = (
    "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you "
    "use test tokens that map to the test card you are using, see "
    "https://stripe.com/docs/testing."
)
NOT_A_TEST_CARD: Final = (
    "Your card was declined. Your request was in test mode, but used a non test (live) card. For "
    "a list of valid test cards, visit: https://stripe.com/docs/testing."
)
MESSAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "incorrect_number": "Your card number is incorrect.",
        "invalid_number": "The card number is not a valid credit card number.",
        "invalid_expiry_month": "Your card's expiration month is invalid.",
        "invalid_expiry_year": "Your card's expiration year is invalid.",
        "invalid_cvc": "Your card's security code is invalid.",
    }
)
_DIGITS = re.compile(r"[0-9]{12,19}")
_CVC = re.compile(r"[0-9]{3,4}")


@dataclass(frozen=True, slots=True)
class EnteredCard:
    """A card that was given; ``expiry`` is null where a token left it open."""

    shared: SharedCard
    expiry: tuple[int, int] | None


def read_card(given: Mapping[str, Any], *, now: int, raw_allowed: bool) -> EnteredCard:
    """Find the card that ``card[…]`` means.

    ``raw_allowed`` says whether this caller may send numbers at all.

    Raises:
        ApiError: there is no such token, or Stripe would refuse the details.
    """
    if "token" in given:
        if set(given) != {"token"}:
            raise refused("You cannot give both a token and card details.", param="card")
        return EnteredCard(_card_of_token(given["token"]), None)
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            raise missing_parameter(f"card[{name}]")
    if not raw_allowed:
        raise ApiError(402, "invalid_request_error", UNSAFE)
    card = _card_of_number(given["number"])
    expiry = _checked_expiry(given["exp_month"], given["exp_year"], now)
    return EnteredCard(SharedCard(_with_cvc(card, given.get("cvc")), card.number), expiry)


def _card_of_token(token: str) -> SharedCard:
    other = OTHER_TOKENS.get(token)
    if other is not None:
        return SharedCard(other, token)
    known = TEST_CARDS.get(token.replace("tok_", "pm_card_", 1))
    if known is None or not token.startswith("tok_"):
        raise resource_missing("token", token, param="card[token]", status=400)
    return SharedCard(known, known.number)


def _card_of_number(typed: str) -> Card:
    number = typed.replace(" ", "").replace("-", "")
    if _DIGITS.fullmatch(number) is None:
        raise _details_refused("invalid_number", "number")
    if not _passes_luhn(number):
        raise _details_refused("incorrect_number", "number")
    card = BY_NUMBER.get(number)
    if card is None:
        decline = {"decline_code": "test_mode_live_card"}
        raise ApiError(402, "card_error", NOT_A_TEST_CARD, code="card_declined", fields=decline)
    return card


def _passes_luhn(number: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(doubled)) % 10 == 0


def _checked_expiry(month: int, year: int, now: int) -> tuple[int, int]:
    today = datetime.fromtimestamp(now, UTC)
    if 0 <= year < 100:
        year += 2000
    if month not in range(1, 13):
        raise _details_refused("invalid_expiry_month", "exp_month")
    if year not in range(today.year, today.year + 51):
        raise _details_refused("invalid_expiry_year", "exp_year")
    if (year, month) < (today.year, today.month):
        raise _details_refused("invalid_expiry_month", "exp_month")
    return month, year


def _with_cvc(card: Card, cvc: str | None) -> Card:
    if cvc is None:
        return replace(card, checks=replace(card.checks, cvc=None))
    if _CVC.fullmatch(cvc) is None or (len(cvc) == 4 and card.brand != "amex"):
        raise _details_refused("invalid_cvc", "cvc")
    return card


def _details_refused(code: str, param: str) -> ApiError:
    return ApiError(402, "card_error", MESSAGES[code], code=code, param=param)
