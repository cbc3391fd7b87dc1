"""What auditors and administrators are shown: the shapes, and an example of each."""

from collections.abc import Mapping
from typing import Any, Final

from api.openapi.types import (
    EVENTS,
    STATES,
    Schema,
    always,
    flag,
    list_of,
    maybe,
    maybe_flag,
    maybe_moment,
    maybe_number,
    maybe_text,
    moment,
    number,
    one_of,
    page_of,
    record,
    text,
)
from orchestrator.actions import ActionName
from orchestrator.anomaly import AnomalyState

_STATES: Final = [state.value for state in AnomalyState]

_PERSON: Final = record(
    "Whoever did it.", {"key": text("The key's id."), "name": text("The key's name.")}
)

OVERSIGHT_OBJECTS: Final[Mapping[str, Schema]] = {
    "action": record(
        "Something that somebody did. All of them stand in one chain.",
        {
            "id": text("Its id: act_ and its number.", pattern="^act_[0-9]+$"),
            "object": always("action"),
            "number": number("Its place in the chain, from 1 and without gaps.", minimum=1),
            "action": one_of([name.value for name in ActionName], "What was done."),
            "actor": record(
                "Who did it.",
                {
                    "kind": one_of(
                        ["api_key", "operator", "worker", "anonymous"],
                        "Whether it was a key, a person, the deployment itself, or nobody known.",
                    ),
                    "id": maybe_text("The key's id, or the operator's name."),
                },
            ),
            "subject": record(
                "What it was done to.",
                {
                    "kind": text("payment, card, api_key, webhook_endpoint, …"),
                    "id": text("The id of it."),
                },
            ),
            "reason": maybe_text("Why, in the words of whoever did it."),
            "details": {
                "type": "object",
                "description": "What else is worth knowing; it depends on the action.",
            },
            "request_id": maybe_text("The request that did it, if it was one."),
            "application_version": text("The version of the program that did it."),
            "occurred_at": moment("When it was done."),
            "previous_hash": text("The hash of the action before."),
            "hash": text("SHA-256 of this one and of the hash before."),
        },
    ),
    "anomaly": record(
        "Something that nobody expected and that moved no payment: found as it happened, or by a "
        "comparison with Stripe.",
        {
            "id": text("The anomaly's id.", pattern="^ano_"),
            "object": always("anomaly"),
            "kind": text(
                "What is wrong: amount_differs, late_success, foreign_intent, …; see the filter."
            ),
            "state": one_of(_STATES, "How it stands; resolved is final."),
            "payment": maybe_text("The payment; null where it is none of ours."),
            "payment_intent": maybe_text("The intent at Stripe."),
            "stripe_object": maybe_text("The charge, refund or dispute it is about, if it is one."),
            "detail": text("What each side holds."),
            "evidence": maybe_number("The number of the payment's evidence that shows it."),
            "owner": maybe_text("Whose it is; whose it was, once it is resolved."),
            "resolution": maybe_text("How it was resolved."),
            "reason": maybe_text("Why it was resolved like that."),
            "noted_at": moment("When it was found."),
            "notes": list_of(
                record(
                    "One step that somebody took.",
                    {
                        "sequence": number("Its place, from 1.", minimum=1),
                        "state": one_of(_STATES[1:], "How the anomaly stood after it."),
                        "owner": maybe_text("Whose it was after it."),
                        "resolution": maybe_text("How it was resolved."),
                        "reason": maybe_text("Why."),
                        "actor": record(
                            "Who took it.",
                            {
                                "kind": one_of(
                                    ["api_key", "operator"], "Whether it was a key or a person."
                                ),
                                "id": maybe_text("The key's id, or the operator's name."),
                            },
                        ),
                        "request_id": maybe_text("The request that did it."),
                        "noted_at": moment("When it was taken."),
                    },
                ),
                "Every step since it was found, oldest first.",
            ),
        },
    ),
    "anomalies": page_of("anomaly", "What nobody expected, newest first."),
    "actions": page_of("action", "What people did, newest first."),
    "decline_rule": record(
        "A rule that is in force: what is done about a code.",
        {
            "object": always("decline_rule"),
            "code": text("The code, or the evidence that comes before it: advice:…, blocked:…"),
            "handler": text("What is done, by the handler's name."),
            "action": maybe_text("What becomes of the payment; null for a deployment's own."),
            "message": maybe_text("What the customer is told."),
            "meaning": maybe_text("What the code means."),
            "source": maybe_text("Where that is from."),
            "disable_scope": maybe_text("How far it takes the card out of use, if it does."),
            "generic": maybe_flag("Whether the reason must not reach the customer."),
            "alert": maybe_flag("Whether a person shall look each time."),
            "retry_after_seconds": maybe_number("How long the same card waits."),
            "yields_to": maybe(
                list_of({"type": "string"}, "Handlers whose row in later evidence is heeded.")
            ),
            "auto_retry": maybe(
                list_of({"type": "integer"}, "Seconds before each automatic retry.")
            ),
            "origin": one_of(["built_in", "deployment", "stored"], "Whose rule it is."),
            "version": maybe_number("The stored version."),
            "author": maybe_text("The name of the key that wrote it."),
            "approved_by": maybe_text("The name of the key that approved it."),
            "reason": maybe_text("Why it was changed."),
            "in_force_since": maybe_moment("Since when it is in force."),
        },
    ),
    "decline_rules": page_of("decline_rule", "The rules in force, by code."),
    "decline_rule_version": record(
        "One version of a stored rule.",
        {
            "object": always("decline_rule_version"),
            "code": text("The code."),
            "version": number("Its number among the rule's versions.", minimum=1),
            "handler": text("What is done."),
            "message": text("What the customer is told."),
            "meaning": text("What the code means."),
            "alert": flag("Whether a person shall look each time."),
            "retry_after_seconds": maybe_number("How long the same card waits."),
            "auto_retry": list_of({"type": "integer"}, "Seconds before each automatic retry."),
            "state": one_of(["proposed", "approved", "rejected"], "How it stands."),
            "reason": text("Why it was written."),
            "author": _PERSON,
            "created_at": moment("When it was written."),
            "needs_approval": flag("Whether a second person had to approve it."),
            "decided_by": maybe(_PERSON),
            "decided_reason": maybe_text("Why it was approved or rejected."),
            "decided_at": maybe_moment("When that was."),
        },
    ),
    "decline_rule_versions": page_of("decline_rule_version", "A rule's versions, newest first."),
    "what_if": record(
        "What the rules in force would do with an error of Stripe's.",
        {
            "object": always("what_if"),
            "rules_version": text("The version of the rules."),
            "outcome": record(
                "What was read of the error and the charge.",
                {
                    name: maybe_text("As Stripe told it.")
                    for name in (
                        "code",
                        "decline_code",
                        "advice_code",
                        "network_advice_code",
                        "network_decline_code",
                        "type",
                        "reason",
                    )
                },
            ),
            "considered": list_of({"type": "string"}, "The rules that apply, weightiest first."),
            "decided_by": text("The code of the rule that decides."),
            "step": one_of(
                [
                    "blocked",
                    "advice",
                    "network_advice",
                    "decline_code",
                    "code",
                    "refused",
                    "default",
                ],
                "The step of the precedence at which it stands.",
            ),
            "handler": text("What is done."),
            "version": maybe_number("The stored rule's version, if it is one."),
            "meaning": maybe_text("What the code means."),
            "message": text("What the customer is told."),
            "alert": flag("Whether a person shall look."),
            "effects": list_of(
                record(
                    "What becomes of a payment.",
                    {
                        "attempts_left": number("With so many attempts left after this one."),
                        "event": maybe(one_of(EVENTS, "The event; null while nothing is decided.")),
                        "state": one_of(STATES, "The state it leads to."),
                    },
                ),
                "By how many attempts are left.",
            ),
            "card": record(
                "What becomes of the card.",
                {
                    "disabled": maybe_text("How far it goes out of use, if it does."),
                    "same_card_allowed": flag("Whether it may be tried again."),
                    "retry_after_seconds": maybe_number("How long it waits."),
                    "automatic_retries": list_of({"type": "integer"}, "Seconds before each."),
                },
            ),
        },
    ),
}

_ACTION: Final[dict[str, Any]] = {
    "id": "act_7",
    "object": "action",
    "number": 7,
    "action": "card_disabled",
    "actor": {"kind": "api_key", "id": "41c9f21b2a6e8d07"},
    "subject": {"kind": "card", "id": "pm_1TqpKNjqFNRA8vCn"},
    "reason": "reported stolen by telephone",
    "details": {"owner": "shop", "customer": "cus_Cf1qkBjgqzMLjL"},
    "request_id": "req_2d691c5ecabef51002a5f502",
    "application_version": "0.1.0",
    "occurred_at": "2026-03-01T12:00:00.000000Z",
    "previous_hash": "5f20",
    "hash": "9a1c",
}
_ANOMALY: Final[dict[str, Any]] = {
    "id": "ano_0f6800931999557f0925abb62ce68273",
    "object": "anomaly",
    "kind": "unknown_intent",
    "state": "open",
    "payment": None,
    "payment_intent": "pi_3TqpKNjqFNRA8vCn",
    "stripe_object": None,
    "detail": "here nothing, at Stripe 500 usd succeeded for pay_357013f46feb368936907c32d55c171a",
    "evidence": None,
    "owner": None,
    "resolution": None,
    "reason": None,
    "noted_at": "2026-03-01T12:00:00.000000Z",
    "notes": [],
}
_NOTE: Final[dict[str, Any]] = {
    "sequence": 1,
    "state": "assigned",
    "owner": "ada",
    "resolution": None,
    "reason": None,
    "actor": {"kind": "api_key", "id": "41c9f21b2a6e8d07"},
    "request_id": "req_2d691c5ecabef51002a5f502",
    "noted_at": "2026-03-01T12:30:00.000000Z",
}
_ENDED: Final = {"state": "resolved", "resolution": "refunded", "reason": "paid by mistake"}
_RULE: Final[dict[str, Any]] = {
    "object": "decline_rule",
    "code": "do_not_honor",
    "handler": "disable_card",
    "action": "card_disabled",
    "message": "The card was declined.",
    "meaning": "issuer gave no reason",
    "source": "stored version 2",
    "disable_scope": "fingerprint",
    "generic": False,
    "alert": False,
    "retry_after_seconds": None,
    "yields_to": [],
    "auto_retry": [],
    "origin": "stored",
    "version": 2,
    "author": "risk",
    "approved_by": "finance",
    "reason": "always a stolen card with us",
    "in_force_since": "2026-03-01T12:00:00.000000Z",
}
_VERSION: Final[dict[str, Any]] = {
    "object": "decline_rule_version",
    "code": "do_not_honor",
    "version": 2,
    "handler": "disable_card",
    "message": "The card was declined.",
    "meaning": "issuer gave no reason",
    "alert": False,
    "retry_after_seconds": None,
    "auto_retry": [],
    "state": "approved",
    "reason": "always a stolen card with us",
    "author": {"key": "41c9f21b2a6e8d07", "name": "risk"},
    "created_at": "2026-03-01T11:00:00.000000Z",
    "needs_approval": True,
    "decided_by": {"key": "7d20c4ee91b3aa52", "name": "finance"},
    "decided_reason": "agreed in the weekly meeting",
    "decided_at": "2026-03-01T12:00:00.000000Z",
}
_WHAT_IF: Final[dict[str, Any]] = {
    "object": "what_if",
    "rules_version": "5f20",
    "outcome": {
        "code": "card_declined",
        "decline_code": "do_not_honor",
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "type": None,
        "reason": None,
    },
    "considered": ["do_not_honor", "*"],
    "decided_by": "do_not_honor",
    "step": "decline_code",
    "handler": "disable_card",
    "version": 2,
    "meaning": "issuer gave no reason",
    "message": "The card was declined.",
    "alert": False,
    "effects": [
        {"attempts_left": 0, "event": "fail", "state": "failed"},
        {"attempts_left": 1, "event": "disable_card", "state": "card_disabled"},
    ],
    "card": {
        "disabled": "fingerprint",
        "same_card_allowed": False,
        "retry_after_seconds": None,
        "automatic_retries": [],
    },
}
# By the name of the schema they are examples of.
OVERSIGHT_ANSWERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "anomaly": {
        "found": _ANOMALY,
        "assigned": _ANOMALY | {"state": "assigned", "owner": "ada", "notes": [_NOTE]},
        "resolved": _ANOMALY
        | {"owner": "ada", **_ENDED, "notes": [_NOTE, _NOTE | {"sequence": 2, **_ENDED}]},
    },
    "anomalies": {
        "one": {"object": "list", "data": [_ANOMALY], "has_more": False, "url": "/v1/anomalies"}
    },
    "actions": {
        "one": {"object": "list", "data": [_ACTION], "has_more": False, "url": "/v1/actions"}
    },
    "decline_rules": {
        "one": {"object": "list", "data": [_RULE], "has_more": False, "url": "/v1/decline-rules"}
    },
    "decline_rule_version": {
        "approved": _VERSION,
        "proposed": _VERSION
        | {"state": "proposed", "decided_by": None, "decided_reason": None, "decided_at": None},
    },
    "decline_rule_versions": {
        "one": {
            "object": "list",
            "data": [_VERSION],
            "has_more": False,
            "url": "/v1/decline-rules/do_not_honor",
        }
    },
    "what_if": {"declined": _WHAT_IF},
}
