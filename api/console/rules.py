"""Decline rules: those in force with where each is from, and the stored versions of one."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.console.asked import read_path, read_query
from api.console.visit import Visit
from api.rule_shapes import rule_document
from orchestrator.errors import RuleNotFound

RULES: Final = "/console/decline-rules"


async def list_rules(visit: Visit) -> Response:
    """Show the rules in force, by code."""
    read_query(visit, {})
    desk = visit.console.runtime.decline_rules
    rules, stored = await desk.live.current(), desk.live.stored
    return visit.render(
        "rules.html",
        rows=[rule_document(code, rules, stored.get(code)) for code in sorted(rules.errors)],
        rules_version=rules.rules_version,
    )


async def show_rule(visit: Visit) -> Response:
    """Show a rule as it is in force, and every stored version of it."""
    code = read_path(visit, "code")
    desk = visit.console.runtime.decline_rules
    try:
        versions = await desk.versions(code)
    except RuleNotFound as exc:
        raise HTTPException(404) from exc
    rules, stored = await desk.live.current(), desk.live.stored
    return visit.render(
        "rule.html",
        code=code,
        rule=rule_document(code, rules, stored.get(code)) if code in rules.errors else None,
        versions=versions,
    )
