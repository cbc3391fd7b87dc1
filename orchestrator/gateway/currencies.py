"""Which currencies and amounts Stripe takes for a card payment. Pure data and one check.

The check refuses what Stripe would certainly refuse, before anything is written; what it lets
through Stripe may still refuse (a minimum also holds in the settlement currency, and a card's
network may set a lower maximum). Source of all lists: https://docs.stripe.com/currencies
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SUPPORTED_CURRENCIES: Final = frozenset(
    {
        "aed", "afn", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn",
        "bam", "bbd", "bdt", "bgn", "bhd", "bif", "bmd", "bnd", "bob", "brl",
        "bsd", "bwp", "byn", "bzd", "cad", "cdf", "chf", "clp", "cny", "cop",
        "crc", "cve", "czk", "djf", "dkk", "dop", "dzd", "egp", "etb", "eur",
        "fjd", "fkp", "gbp", "gel", "gip", "gmd", "gnf", "gtq", "gyd", "hkd",
        "hnl", "htg", "huf", "idr", "ils", "inr", "isk", "jmd", "jod", "jpy",
        "kes", "kgs", "khr", "kmf", "krw", "kwd", "kyd", "kzt", "lak", "lbp",
        "lkr", "lrd", "lsl", "mad", "mdl", "mga", "mkd", "mmk", "mnt", "mop",
        "mur", "mvr", "mwk", "mxn", "myr", "mzn", "nad", "ngn", "nio", "nok",
        "npr", "nzd", "omr", "pab", "pen", "pgk", "php", "pkr", "pln", "pyg",
        "qar", "ron", "rsd", "rub", "rwf", "sar", "sbd", "scr", "sek", "sgd",
        "shp", "sle", "sos", "srd", "std", "szl", "thb", "tjs", "tnd", "top",
        "try", "ttd", "twd", "tzs", "uah", "ugx", "usd", "uyu", "uzs", "vnd",
        "vuv", "wst", "xaf", "xcd", "xcg", "xof", "xpf", "yer", "zar", "zmw",
    }
)  # fmt: skip

# https://docs.stripe.com/currencies#zero-decimal
ZERO_DECIMAL_CURRENCIES: Final = frozenset(
    {
        "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga",
        "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
    }
)  # fmt: skip

# https://docs.stripe.com/currencies#three-decimal
THREE_DECIMAL_CURRENCIES: Final = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})

# An amount must be a multiple of its currency's step. Stripe's partners take no third decimal;
# the krona and the shilling have no subunit but are still sent with two decimals, both zero
# (https://docs.stripe.com/currencies#special-cases).
AMOUNT_STEPS: Final[Mapping[str, int]] = MappingProxyType(
    {"bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10, "isk": 100, "ugx": 100}
)

# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, in minor units.
MINIMUM_AMOUNTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "aed": 200, "ars": 50, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50,
        "cop": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500,
        "idr": 50, "ils": 50, "inr": 50, "jpy": 50, "krw": 50, "mxn": 1000, "myr": 200,
        "nok": 300, "nzd": 50, "php": 50, "pln": 200, "ron": 200, "rub": 50, "sek": 300,
        "sgd": 50, "thb": 1000, "usd": 50, "zar": 50,
    }
)  # fmt: skip

# Twelve digits, for most cards; Stripe's own ``amount_too_large`` decides below that.
MAXIMUM_AMOUNT: Final = 999_999_999_999


class InvalidAmount(ValueError):
    """An amount or a currency that Stripe would refuse; ``param`` names which of the two."""

    def __init__(self, param: str, message: str) -> None:
        """Keep the parameter's name and a sentence that may be shown to the client."""
        super().__init__(message)
        self.param = param
        self.message = message


def exponent(currency: str) -> int:
    """Return how many decimal places an amount in minor units of the currency stands for.

    This is Stripe's convention, which for ISK and UGX is 2 although they have no subunit.
    """
    if currency in ZERO_DECIMAL_CURRENCIES:
        return 0
    return 3 if currency in THREE_DECIMAL_CURRENCIES else 2


def check_amount(amount: int, currency: str) -> None:
    """Refuse an amount or a currency that Stripe would certainly refuse.

    Raises:
        InvalidAmount: with ``param`` ``currency`` or ``amount``.
    """
    if currency not in SUPPORTED_CURRENCIES:
        raise InvalidAmount(
            "currency", "The currency must be a lower-case ISO 4217 code that Stripe supports."
        )
    # Not isinstance: a bool is an int to Python, and True would be charged as 1.
    if type(amount) is not int:
        raise InvalidAmount("amount", "The amount must be an integer in minor units.")
    minimum = MINIMUM_AMOUNTS.get(currency, 1)
    if not minimum <= amount <= MAXIMUM_AMOUNT:
        raise InvalidAmount(
            "amount",
            f"The amount must be between {minimum} and {MAXIMUM_AMOUNT} in {currency.upper()}.",
        )
    step = AMOUNT_STEPS.get(currency, 1)
    if amount % step:
        raise InvalidAmount(
            "amount", f"The amount must be a multiple of {step} in {currency.upper()}."
        )


__all__ = [
    "AMOUNT_STEPS",
    "MAXIMUM_AMOUNT",
    "MINIMUM_AMOUNTS",
    "SUPPORTED_CURRENCIES",
    "THREE_DECIMAL_CURRENCIES",
    "ZERO_DECIMAL_CURRENCIES",
    "InvalidAmount",
    "check_amount",
    "exponent",
]
