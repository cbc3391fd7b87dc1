"""What the documents say of the stand-in's cards, faults and calls is what it has."""

import re

from orchestrator.sandbox.app import create_app
from orchestrator.sandbox.faults import Kind
from tests.card_expectations import DECLINE_CODES, TEST_CARDS
from tests.docs.blocks import read

INTEGRATING = "docs/integrating.md"
# The stand-in's own cards that are no decline code's.
SIMULATED = {"pm_sim_success": "succeeded", "pm_sim_requires_action": "confirming"}
EXPECTED = TEST_CARDS | SIMULATED | {f"pm_sim_{code}": end for code, end in DECLINE_CODES.items()}
# How the table says what it does not say with a state's name.
IN_WORDS = {
    "declines": "requires_new_card",
    "succeeds": "succeeded",
    "wants 3-D Secure": "confirming",
}


def rows(heading: str) -> list[tuple[str, str]]:
    """Return the first two cells of a section's table."""
    section = re.split(r"^#+ ", read(INTEGRATING), flags=re.MULTILINE)
    [text] = [part for part in section if part.startswith(heading)]
    found = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    return [(first, second) for first, second in found]


def said(ends: str) -> list[str]:
    """Return the states that a cell names or describes, in order."""
    words = "|".join(map(re.escape, IN_WORDS))
    found = re.findall(rf"`(\w+)`|({words})", ends.replace("`next_action`", ""))
    return [state or IN_WORDS[word] for state, word in found]


def test_cards_lead_where_the_table_says() -> None:
    """Each card of the table ends in the state beside it, by the expectations written by hand."""
    wrong = []
    for cards, ends in rows("Test cards"):
        named = re.findall(r"`(pm_\w*\w)`", cards.replace("`pm_sim_`", ""))
        states = said(ends)
        # One state for all the cards of a line, or one for each.
        per_card = states if len(states) == len(named) else states * len(named)
        wrong += [
            f"{card}: {state}, not {EXPECTED[card]}"
            for card, state in zip(named, per_card, strict=True)
            if EXPECTED[card] != state
        ]

    assert len(rows("Test cards")) > 5
    assert wrong == []


def test_every_fault_is_told() -> None:
    """The table names each kind of fault, and no other."""
    [faults] = [effect for call, effect in rows("Make things go wrong") if "/faults" in call]
    told = set(re.findall(r"`([a-z]+(?:_\w+)?)`", faults)) - {"operation", "nth", "times", "kind"}

    assert told == set(Kind)


def test_every_told_call_exists() -> None:
    """Each call of the table is a route of the stand-in."""
    told = {
        (method, path)
        for call, _ in rows("Make things go wrong")
        for method, path in re.findall(r"`(\w+) (/_sandbox/\S+)`", call)
    }
    routes = {
        (method, getattr(route, "path", ""))
        for route in create_app().routes
        for method in getattr(route, "methods", None) or ()
    }

    assert len(told) > 5
    assert told - routes == set()
