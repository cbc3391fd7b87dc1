"""Decline rules over HTTP: shown, changed on record, approved by a second person, and tried out."""

from fastapi import Request, Response
from starlette.convertors import StringConvertor, register_url_convertor

from api.accept import accept, answer, caller_of
from api.authentication import ADMIN, AUDIT, authenticate
from api.bodies import read_document
from api.openapi import operations
from api.paths import runtime_of
from api.routes.direct import router_of
from api.rule_schemas import DecideBody, RuleBody, WhatIfBody
from api.rule_shapes import rule_document, version_document, what_if_document
from api.shapes import list_document
from orchestrator.what_if import what_if


class RuleCode(StringConvertor):
    """Whatever stands for a code: not the address beside it, which takes other methods."""

    regex = "(?!what-if$)[^/]+"


register_url_convertor("rule_code", RuleCode())
router = router_of("decline rules")


@router.get("/v1/decline-rules", openapi_extra=operations.LIST_RULES)
async def list_decline_rules(request: Request) -> Response:
    """List the rules in force, by code."""
    await authenticate(request, AUDIT)
    desk = runtime_of(request).decline_rules
    rules = await desk.driver.rules_in_force()
    stored = desk.live.stored
    shown = [rule_document(code, rules, stored.get(code)) for code in sorted(rules.errors)]
    return answer(list_document(shown, "/v1/decline-rules"))


@router.post("/v1/decline-rules/what-if", openapi_extra=operations.WHAT_IF)
async def try_decline_rules(request: Request) -> Response:
    """Show what the rules in force would do with an error of Stripe's; nothing is done."""
    # Without an Idempotency-Key: nothing is done that could be done twice.
    await authenticate(request, AUDIT)
    body = WhatIfBody.read(await read_document(request, required=True))
    runtime = runtime_of(request)
    rules = await runtime.decline_rules.driver.rules_in_force()
    found = what_if(body.error, body.charge, body.http_status, rules, runtime.settings.max_attempts)
    row = runtime.decline_rules.live.stored.get(found.ruling.key)
    return answer(what_if_document(found, row["version"] if row else None))


@router.get("/v1/decline-rules/{code:rule_code}", openapi_extra=operations.LIST_RULE_VERSIONS)
async def list_decline_rule_versions(request: Request) -> Response:
    """List the stored versions of a rule, newest first."""
    await authenticate(request, AUDIT)
    code = request.path_params["code"]
    rows = await runtime_of(request).decline_rules.versions(code)
    return answer(list_document([version_document(row) for row in rows], request.scope["path"]))


@router.put("/v1/decline-rules/{code:rule_code}", openapi_extra=operations.CHANGE_RULE)
async def change_decline_rule(request: Request) -> Response:
    """Change a rule: a new version, in force at once or once a second person approves."""
    identity = await authenticate(request, ADMIN)
    body = RuleBody.read(await read_document(request, required=True))
    desk, caller = runtime_of(request).decline_rules, caller_of(request, identity)
    row = await desk.change(request.path_params["code"], body.request(), caller)
    return answer(version_document(row))


@router.post("/v1/decline-rules/{code}/approve", openapi_extra=operations.DECIDE_RULE)
async def approve_decline_rule(request: Request) -> Response:
    """Put a proposed version in force as a second person, or reject it."""
    caller, body = await accept(
        request, DecideBody, "decide_rule", on="code", body_required=True, needed=ADMIN
    )
    desk = runtime_of(request).decline_rules
    code = request.path_params["code"]
    decided = await desk.decide(code, body.version, body.decision, body.reason, caller)
    return answer(version_document(decided.row), replayed=decided.replayed)
