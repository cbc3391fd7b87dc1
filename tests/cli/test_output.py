"""Amounts and times are written as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.cli.output import counted, money
from orchestrator.cli.payments import elapsed

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (1999, "usd", "19.99 USD"),
        (5, "eur", "0.05 EUR"),
        (500, "jpy", "500 JPY"),
        (1230, "kwd", "1.230 KWD"),
        (123456789, "usd", "1,234,567.89 USD"),
    ],
)
def test_money_has_the_currencys_decimals(amount: int, currency: str, written: str) -> None:
    """Minor units are written with as many decimals as the currency has."""
    assert money(amount, currency) == written


@pytest.mark.parametrize(
    ("number", "words", "written"),
    [
        (0, ("payment",), "0 payments"),
        (1, ("payment",), "1 payment"),
        (2, ("history row",), "2 history rows"),
        (1, ("leaf", "leaves"), "1 leaf"),
        (3, ("leaf", "leaves"), "3 leaves"),
    ],
)
def test_a_count_agrees_with_its_noun(number: int, words: tuple[str, ...], written: str) -> None:
    """One of a thing is told in the singular, any other number in the plural."""
    assert counted(number, *words) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.0421, "+42 ms"), (1.26, "+1.3 s"), (300, "+5 min"), (86400, "+24.0 h")],
)
def test_elapsed_has_a_fitting_unit(seconds: float, written: str) -> None:
    """The time between two steps is written in the unit that fits it."""
    assert elapsed(NOW, NOW + timedelta(seconds=seconds)) == written


def test_first_step_has_no_time_before_it() -> None:
    """Nothing came before the first step."""
    assert elapsed(None, NOW) == ""
