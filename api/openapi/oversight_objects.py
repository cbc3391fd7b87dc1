"""The objects that auditors and administrators are shown: acts, anomalies, rules."""

from collections.abc import Mapping
from typing import Final

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
