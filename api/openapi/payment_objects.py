"""The objects that tell of payments: the payment itself, its history, and why it is where it is."""

from collections.abc import Mapping
from typing import Final

from api.openapi.types import (
    EVENTS,
    STATES,
    Schema,
    always,
    flag,
    labels,
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
from orchestrator.refund import RefundState
from orchestrator.states import LARGEST_MAX_ATTEMPTS

_STATE: Final = one_of(
    STATES,
    "created: no card was tried. confirming: Stripe was asked, and the outcome is not known yet "
    "(with next_action the customer has to authenticate). requires_new_card: the last attempt was "
    "declined. card_disabled: the last card was taken out of use. succeeded: paid, once and for "
    "good. failed: over for good, and canceled at Stripe.",
)
_EXCLUDED: Final = list_of(
    record(
        "One card.",
        {
            "payment_method": text("The card's id."),
            "reason": text("The code for which it was taken out of use then."),
        },
    ),
    "Cards that this payment took out of use when they were declined. How a card stands now, "
    "renewed or put back into use since, the customer's list of cards tells.",
)
_ATTEMPTS_LEFT: Final = number("How many confirmations may still be made.")
_MAX_ATTEMPTS: Final = number(
    "How many confirmations the payment may make in all.", minimum=1, maximum=LARGEST_MAX_ATTEMPTS
)
_HANDLED: Final = flag("Whether the payment is succeeded or failed: nothing moves it any more.")

OUTCOME: Final = record(
    "How the last attempt ended; null before the first ending.",
    {
        "code": maybe_text("Stripe's error code."),
        "decline_code": maybe_text("The issuer's reason, as Stripe names it."),
        "advice_code": maybe_text("What Stripe advises: try_again_later, do_not_try_again, …"),
        "handler": maybe_text("The handler that decided."),
        "completed": flag("Whether the handler was done with the outcome."),
        "requires_retry": flag("Whether another attempt is wanted."),
        "message": text("A sentence that may be shown to the customer."),
        "same_card_allowed": flag("Whether the same card may be tried again."),
        "retry_not_before": maybe_moment("From when on the same card is worth another try."),
        "automatic_retry": flag(
            "Whether the same card is then tried again by itself, unless the payment moves before."
        ),
    },
)

PAYMENT_OBJECTS: Final[Mapping[str, Schema]] = {
    "payment": record(
        "What a customer shall pay once.",
        {
            "id": text("The payment's id.", pattern="^pay_"),
            "object": always("payment"),
            "state": _STATE,
            "handled": _HANDLED,
            "amount": number("In the currency's smallest unit: 1999 is 19.99 USD.", minimum=1),
            "currency": text("ISO 4217, in lower case."),
            "customer": maybe_text("The customer at Stripe."),
            "item_ids": list_of({"type": "string"}, "What is being paid for."),
            "transaction_id": maybe_text("Your own name for it; need not be unique."),
            "description": maybe_text("What Stripe shows beside it."),
            "metadata": labels("Your own labels, kept with it here and at Stripe."),
            "attempts_used": number("How many confirmations were made."),
            "attempts_left": _ATTEMPTS_LEFT,
            "max_attempts": _MAX_ATTEMPTS,
            "payment_intent": text("Its PaymentIntent at Stripe, one for all its cards."),
            "last_outcome": maybe(OUTCOME),
            "excluded_cards": _EXCLUDED,
            "next_action": {
                "type": ["object", "null"],
                "description": "What the customer has to do, as Stripe says it: hand it to "
                "Stripe.js (handleNextAction), or send the browser to redirect_to_url.",
            },
            "failure_reason": maybe_text("Why it failed; null unless it did."),
            "capture_method": one_of(
                ["automatic", "manual"],
                "automatic: the money is taken with the approval. manual: it is held then, and "
                "taken by a capture.",
            ),
            "awaits_capture": flag("Whether the money is held and waits for a capture."),
            "amount_received": number("How much was taken; 0 before it has succeeded."),
            "amount_refunded": number("How much of it was given back, by refunds that succeeded."),
            "disputed": flag("Whether the customer has ever asked the bank for the money back."),
            "expires_at": moment("When it ends by itself if no card is tried by then."),
            "created_at": moment("When it was created."),
            "updated_at": moment("When anything about it last changed."),
            "client_secret": text(
                "For the customer's browser and Stripe.js. In the answer to a create alone."
            ),
        },
        optional=("client_secret",),
    ),
    "payments": page_of("payment", "Payments, newest first."),
    "transition": record(
        "One step of a payment, as it was recorded and never changed since.",
        {
            "object": always("transition"),
            "payment": text("The payment's id."),
            "sequence": number("Its place in the history, from 1.", minimum=1),
            "source": maybe(one_of(STATES, "The state before; null for the first row.")),
            "event": one_of(["create", *EVENTS], "What happened."),
            "target": one_of(STATES, "The state after."),
            "attempt": maybe_number("Which attempt it belongs to."),
            "handler": maybe_text("The handler that decided."),
            "handler_error": maybe_text("What the handler raised, if it did."),
            "completed": maybe_flag("What the handler said: whether it was done."),
            "requires_retry": maybe_flag("What the handler said: whether a retry is wanted."),
            "code": maybe_text("Stripe's error code."),
            "decline_code": maybe_text("The issuer's reason, as Stripe names it."),
            "reason": maybe_text("Why, where no code says it."),
            "actor": record(
                "Who caused it.",
                {
                    "kind": one_of(
                        ["api_key", "stripe", "worker", "operator"], "What kind of actor."
                    ),
                    "id": maybe_text("Which one: an API key's id, a worker's name."),
                },
            ),
            "request_id": maybe_text("The request that caused it."),
            "stripe_request_id": maybe_text("Stripe's own id of the call that told of it."),
            "stripe_event_id": maybe_text("Stripe's event that told of it."),
            "evidence": maybe_number("The number of the evidence it cites."),
            "machine_version": text("The version of the transition table."),
            "rules_version": text("The version of the rules that decided."),
            "occurred_at": moment("When it was recorded."),
            "previous_hash": text("The hash of the row before."),
            "hash": text("SHA-256 over this row, so that nobody can change it unseen."),
        },
    ),
    "history": page_of("transition", "All transitions of a payment, oldest first."),
    "explanation": record(
        "Why a payment is where it is, in words.",
        {
            "object": always("explanation"),
            "payment": text("The payment's id."),
            "state": _STATE,
            "handled": _HANDLED,
            "summary": text("A sentence or two that can be read out."),
            "rule": maybe(
                record(
                    "The rule that decided last; null where none has.",
                    {
                        "code": maybe_text("Stripe's error code."),
                        "decline_code": maybe_text("The issuer's reason."),
                        "handler": text("The handler that decided."),
                        "meaning": maybe_text("What the code means."),
                        "completed": maybe_flag("Whether the handler was done."),
                        "requires_retry": maybe_flag("Whether it wanted a retry."),
                        "event": one_of(EVENTS, "The event it led to."),
                        "rules_version": text("The version of the rules."),
                        "version": maybe_number("The stored rule's version, if it was one."),
                    },
                )
            ),
            "allowed_events": list_of(
                {"type": "string", "enum": EVENTS}, "What may happen to it next."
            ),
            "attempts_left": _ATTEMPTS_LEFT,
            "max_attempts": _MAX_ATTEMPTS,
            "deadline": maybe_moment("When it is ended if nothing happens; null once handled."),
            "deadline_effect": maybe_text("What happens then."),
            "excluded_cards": _EXCLUDED,
            "next_steps": list_of(
                {"type": "string"}, "What happens next by itself, and what you can do."
            ),
        },
    ),
    "refund": record(
        "Money given back. It stands beside its payment and never moves it.",
        {
            "id": text("The refund's id.", pattern="^ref_"),
            "object": always("refund"),
            "payment": text("The payment's id."),
            "amount": number("In the currency's smallest unit.", minimum=1),
            "currency": text("ISO 4217, in lower case."),
            "reason": maybe_text("Why: duplicate, fraudulent, requested_by_customer, or Stripe's."),
            "metadata": labels("Your own labels."),
            "state": one_of(
                [state.value for state in RefundState],
                "pending: Stripe was asked, or is carrying it out. succeeded: given back; a bank "
                "may still refuse it, and it fails. failed: not given back.",
            ),
            "failure_reason": maybe_text("Why it failed, as Stripe names it."),
            "stripe_refund": maybe_text("Its id at Stripe; null while Stripe has not answered."),
            "origin": one_of(
                ["api", "stripe"], "api: asked for here. stripe: found there, from the Dashboard."
            ),
            "created_at": moment("When it was asked for."),
            "updated_at": moment("When its state last changed."),
        },
    ),
    "refunds": page_of("refund", "All refunds of a payment, newest first."),
    "dispute": record(
        "The customer has asked the bank for the money back. Answer it in Stripe's Dashboard.",
        {
            "id": text("The dispute's id at Stripe."),
            "object": always("dispute"),
            "payment": text("The payment's id."),
            "amount": number("What is asked back, in the currency's smallest unit."),
            "currency": text("ISO 4217, in lower case."),
            "reason": maybe_text("Why, as Stripe names it."),
            "status": text("As Stripe names it: needs_response, under_review, won, lost, …"),
            "evidence_due_at": maybe_moment("By when evidence is to be handed in."),
            "created_at": moment("When it was opened."),
            "updated_at": moment("When it was last seen to have changed."),
        },
    ),
    "disputes": page_of("dispute", "All disputes of a payment, newest first."),
    "client_secret": record(
        "A payment's client secret, for the page of the customer who pays it.",
        {
            "object": always("client_secret"),
            "payment": text("The payment's id."),
            "client_secret": text("Give it to nobody but that customer; do not keep or log it."),
        },
    ),
}
