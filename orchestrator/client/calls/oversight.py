"""Acts, anomalies, decline rules and the machine."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Literal

from orchestrator.client.calls.call import Call, get, list_of, one_of, only_given, post, quoted
from orchestrator.client.values import (
    Action,
    Anomaly,
    DeclineRule,
    DeclineRuleVersion,
    Machine,
    Page,
    WhatIf,
)

AnomalyState = Literal["open", "assigned", "resolved"]


Decision = Literal["approved", "rejected"]


def list_actions(
    *,
    action: str | None = None,
    actor: str | None = None,
    subject: str | None = None,
    limit: int | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Call[Page[Action]]:
    """Read one page of what people did, newest first (an audit key's)."""
    filters = {
        "action": action,
        "actor": actor,
        "subject": subject,
        "limit": limit,
        "starting_after": starting_after,
        "ending_before": ending_before,
    }
    return list_of("/v1/actions", Action, filters)


def list_anomalies(
    *,
    state: AnomalyState | None = None,
    kind: str | None = None,
    payment: str | None = None,
    limit: int | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Call[Page[Anomaly]]:
    """Read one page of what nobody expected, newest first (an audit key's)."""
    filters = {
        "state": state,
        "kind": kind,
        "payment": payment,
        "limit": limit,
        "starting_after": starting_after,
        "ending_before": ending_before,
    }
    return list_of("/v1/anomalies", Anomaly, filters)


def get_anomaly(anomaly: str) -> Call[Anomaly]:
    """Read an anomaly (an audit key's)."""
    return get(f"/v1/anomalies/{quoted(anomaly)}", Anomaly)


def assign_anomaly(
    anomaly: str,
    *,
    owner: str,
    instead_of: str | None = None,
    idempotency_key: str | None = None,
) -> Call[Anomaly]:
    """Give an anomaly to somebody; ``instead_of`` takes it from whose it is (an admin key's)."""
    body = only_given(owner=owner, instead_of=instead_of)
    return post(f"/v1/anomalies/{quoted(anomaly)}/assign", Anomaly, body, idempotency_key)


def resolve_anomaly(
    anomaly: str, *, resolution: str, reason: str, idempotency_key: str | None = None
) -> Call[Anomaly]:
    """Say how an anomaly ended and why, for good (an admin key's)."""
    body = {"resolution": resolution, "reason": reason}
    return post(f"/v1/anomalies/{quoted(anomaly)}/resolve", Anomaly, body, idempotency_key)


def list_decline_rules() -> Call[Page[DeclineRule]]:
    """Read the decline rules in force (an audit key's)."""
    return list_of("/v1/decline-rules", DeclineRule, {})


def list_decline_rule_versions(code: str) -> Call[Page[DeclineRuleVersion]]:
    """Read the stored versions of a rule, newest first (an audit key's)."""
    return list_of(f"/v1/decline-rules/{quoted(code)}", DeclineRuleVersion, {})


def change_decline_rule(
    code: str,
    *,
    handler: str,
    reason: str,
    message: str | None = None,
    meaning: str | None = None,
    alert: bool | None = None,
    retry_after_seconds: int | None = None,
    auto_retry: Iterable[int] | None = None,
) -> Call[DeclineRuleVersion]:
    """Change a rule: a new version, on record (an admin key's)."""
    body = only_given(
        handler=handler,
        reason=reason,
        message=message,
        meaning=meaning,
        alert=alert,
        retry_after_seconds=retry_after_seconds,
        auto_retry=list(auto_retry) if auto_retry is not None else None,
    )
    path = f"/v1/decline-rules/{quoted(code)}"
    return Call("PUT", path, partial(one_of, DeclineRuleVersion), body)


def decide_decline_rule(
    code: str,
    *,
    version: int,
    decision: Decision | None = None,
    reason: str | None = None,
    idempotency_key: str | None = None,
) -> Call[DeclineRuleVersion]:
    """Approve or reject a proposed version (an admin key's, of another name than the author's)."""
    body = only_given(version=version, decision=decision, reason=reason)
    path = f"/v1/decline-rules/{quoted(code)}/approve"
    return post(path, DeclineRuleVersion, body, idempotency_key)


def try_decline_rules(
    *,
    error: Mapping[str, Any],
    charge: Mapping[str, Any] | None = None,
    http_status: int | None = None,
) -> Call[WhatIf]:
    """Ask what the rules in force would do with an error of Stripe's (an audit key's)."""
    given = dict(charge) if charge is not None else None
    body = only_given(error=dict(error), charge=given, http_status=http_status)
    return Call("POST", "/v1/decline-rules/what-if", partial(one_of, WhatIf), body)


def get_machine() -> Call[Machine]:
    """Read the state machine."""
    return get("/v1/machine", Machine)
