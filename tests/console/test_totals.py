"""Totals: what workers have counted, as a picture and a table that say the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from api.console.charts import chart, draw
from api.console.totals import OTHERS, SCALES, begins, by_name, most
from orchestrator.store.rollups import Point
from tests.console.visitor import Visitor

TOTALS = "/console/totals"
NOON = datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC)


async def test_the_page_says_what_happened(auditor: Visitor) -> None:
    """After a worker's round each state, code and retry is on the page."""
    api = auditor.api
    payment = await api.create()
    await api.confirm(payment, "pm_card_visa_chargeDeclinedInsufficientFunds")
    await api.confirm(payment)
    for _ in range(3):
        await api.world.runtime.worker.run_once()
    text = await auditor.text(TOTALS)

    assert "All 5 steps of all payments are counted here." in text
    assert "insufficient funds: 1" in text
    assert re.search(r"tries after the first.* succeeded: 1", text)


async def test_what_is_not_counted_yet_is_said(auditor: Visitor) -> None:
    """Before a worker came there is nothing, and the page does not pretend otherwise."""
    text = await auditor.text(f"{TOTALS}?by=day")

    assert "Nothing in this time." in text
    assert "Payments that came to each state, 30 days, by day" in text


@pytest.mark.parametrize("query", ["by=year", "by=hour&by=day", "colour=red"])
async def test_no_other_scale(auditor: Visitor, query: str) -> None:
    """There are two scales."""
    assert (await auditor.get(f"{TOTALS}?{query}")).status_code == 422


def test_bars_end_with_now() -> None:
    """The last bar is the hour, or the day, that is not over."""
    hours, days = (begins(SCALES[name], NOON) for name in ("hour", "day"))

    assert (hours[0].isoformat(), hours[-1].hour, len(hours)) == (
        "2026-02-28T13:00:00+00:00",
        12,
        24,
    )
    assert (days[0].date().isoformat(), days[-1].day, len(days)) == ("2026-01-31", 1, 30)


def test_counts_are_arranged_by_name() -> None:
    """A bar without a count is nought, and a count outside the picture is left out."""
    began = begins(SCALES["hour"], NOON)
    points = [Point(began[0], "b", 2), Point(began[1], "a", 1), Point(NOON, "a", 9)]

    assert {name: values[:3] for name, values in by_name(points, began).items()} == {
        "a": [0, 1, 0],
        "b": [2, 0, 0],
    }


def test_rare_codes_are_one() -> None:
    """A picture shows the codes of which there are most, and all others together."""
    counts = {f"code_{number}": [number, 0] for number in range(1, 11)}
    shown = most(counts)

    assert next(iter(shown)) == "code_10"
    assert shown[OTHERS] == [1 + 2 + 3, 0]
    assert most({}) == {}


def test_names_in_a_picture_are_escaped() -> None:
    """Whatever a code is, it is text in the picture."""
    drawn = draw(chart("x", "<b>", ["<i>"], {"<script>": [3]}, {}))

    assert "<script" not in drawn
    assert "&lt;script&gt;: 3" in drawn


def test_no_bar_is_over_the_picture() -> None:
    """Whatever is counted, the highest bar is within the picture and not far from its top."""
    for most_of_all in (1, 4, 5, 7, 99, 100, 101, 123_456, 10**7):
        drawn = draw(chart("x", "x", ["now"], {"a": [most_of_all]}, {}))
        height = float(re.search(r' height="([\d.]+)"', drawn)[1])  # type: ignore[index]  # a bar

        assert 20 <= height <= 200
