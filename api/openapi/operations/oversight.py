"""The operations of auditors and administrators: rules, acts, anomalies."""

from typing import Final

from api.anomaly_queries import ANOMALIES_PARAMETERS
from api.errors import MalformedJson, ValidationFailed
from api.openapi import refusals as refused
from api.openapi.operations.base import RACED, REPLAYED, answer, operation
from api.openapi.refusals import Kinds
from api.queries import ACTIONS_PARAMETERS
from orchestrator import errors

_RULE_GONE: Final[Kinds] = (errors.RuleNotFound,)

LIST_RULES: Final = operation({200: answer(200, "decline_rules")}, refused.READING)

WHAT_IF: Final = operation(
    {200: answer(200, "what_if")},
    (*refused.READING, MalformedJson, ValidationFailed),
    body="try_rules",
    body_needed=True,
    takes_key=False,
)

LIST_RULE_VERSIONS: Final = operation(
    {200: answer(200, "decline_rule_versions")}, (*refused.READING, *_RULE_GONE), on="code"
)

CHANGE_RULE: Final = operation(
    {200: answer(200, "decline_rule_version")},
    (
        *refused.READING,
        MalformedJson,
        ValidationFailed,
        *_RULE_GONE,
        *RACED,
        errors.RuleRefused,
    ),
    on="code",
    body="change_rule",
    body_needed=True,
    takes_key=False,
)

DECIDE_RULE: Final = operation(
    {200: answer(200, "decline_rule_version", REPLAYED)},
    (
        *refused.WRITING,
        *_RULE_GONE,
        *RACED,
        errors.SecondPersonNeeded,
        errors.RuleDecided,
        errors.RuleRefused,
    ),
    on="code",
    body="decide_rule",
    body_needed=True,
)

LIST_ACTIONS: Final = operation(
    {200: answer(200, "actions")},
    (*refused.READING, ValidationFailed),
    query=ACTIONS_PARAMETERS,
)

_ANOMALY_GONE: Final[Kinds] = (errors.AnomalyNotFound,)

LIST_ANOMALIES: Final = operation(
    {200: answer(200, "anomalies")},
    (*refused.READING, ValidationFailed),
    query=ANOMALIES_PARAMETERS,
)

GET_ANOMALY: Final = operation(
    {200: answer(200, "anomaly")}, (*refused.READING, *_ANOMALY_GONE), on="anomaly_id"
)

ASSIGN_ANOMALY: Final = operation(
    {200: answer(200, "anomaly", REPLAYED, examples=("assigned",))},
    (
        *refused.WRITING,
        *_ANOMALY_GONE,
        *RACED,
        errors.AnomalyAssigned,
        errors.AnomalyResolved,
    ),
    on="anomaly_id",
    body="assign_anomaly",
    body_needed=True,
)

RESOLVE_ANOMALY: Final = operation(
    {200: answer(200, "anomaly", REPLAYED, examples=("resolved",))},
    (*refused.WRITING, *_ANOMALY_GONE, *RACED, errors.AnomalyResolved),
    on="anomaly_id",
    body="resolve_anomaly",
    body_needed=True,
)
