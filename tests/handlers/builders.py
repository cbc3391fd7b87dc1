"""Outcomes, payments and deployments' modules, with defaults that do not matter to the test."""

from orchestrator.handlers import (
    Handler,
    HandlerResult,
    Outcome,
    PaymentDetails,
    RuleSet,
    load_rules,
)

BUILT_IN = load_rules()


def details(attempts_left: int = 2) -> PaymentDetails:
    """Return a payment as a handler sees it."""
    return PaymentDetails(
        customer="cus_1",
        transaction_id="order-1",
        amount=1000,
        currency="eur",
        item_ids=("item-1",),
        attempts_left=attempts_left,
    )


def declined(decline_code: str | None = "do_not_honor", **facts: object) -> Outcome:
    """Return an issuer's decline."""
    known: dict[str, object] = {
        "code": "card_declined",
        "decline_code": decline_code,
        "outcome_read": True,
        "outcome_type": "issuer_declined",
    }
    return Outcome(**{**known, **facts})  # type: ignore[arg-type]  # each test names real fields


def blocked(reason: str | None, **facts: object) -> Outcome:
    """Return a payment that Stripe itself stopped."""
    return declined("generic_decline", outcome_type="blocked", reason=reason, **facts)


def answering(result: object) -> Handler:
    """Return a deployment's handler that always answers the same."""

    def handler(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
        return result  # type: ignore[return-value]  # some tests answer nonsense on purpose

    return handler


def rules_with(**errors: Handler) -> RuleSet:
    """Return the built-in rules with a deployment's rows over them."""
    return BUILT_IN.with_overrides(errors)


def rules_with_success(**successes: Handler) -> RuleSet:
    """Return the built-in rules with a deployment's success rows over them."""
    return RuleSet(BUILT_IN.errors, {**BUILT_IN.successes, **successes})
