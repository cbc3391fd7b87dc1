"""Why a payment is where it is, and what comes next: in words that can be read out. Pure."""

from orchestrator.explain.explanation import Explanation, RuleShown, explain
from orchestrator.explain.facts import deciding_version
from orchestrator.explain.situation import Ending, Situation, ending_of, situation_of
from orchestrator.explain.words import WAITS_FOR

__all__ = [
    "WAITS_FOR",
    "Ending",
    "Explanation",
    "RuleShown",
    "Situation",
    "deciding_version",
    "ending_of",
    "explain",
    "situation_of",
]
