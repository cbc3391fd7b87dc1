"""What a publishable key gets to see of an object: less than a secret key does.

After the types of https://github.com/stripe/stripe-js; Stripe's reference marks the same fields.
"""

from typing import Any, Final

_INTENT_FIELDS: Final = frozenset(
    {
        "id",
        "object",
        "amount",
        "amount_details",
        "automatic_payment_methods",
        "canceled_at",
        "cancellation_reason",
        "capture_method",
        "client_secret",
        "confirmation_method",
        "created",
        "currency",
        "description",
        "last_payment_error",
        "livemode",
        "next_action",
        "payment_method",
        "payment_method_types",
        "processing",
        "receipt_email",
        "setup_future_usage",
        "shipping",
        "status",
    }
)


def seen_by_client(drawn: Any) -> Any:
    """Leave out of ``drawn`` what only its owner may see; an error's objects count too."""
    if isinstance(drawn, list):
        return [seen_by_client(item) for item in drawn]
    if not isinstance(drawn, dict):
        return drawn
    kept = {name: seen_by_client(value) for name, value in drawn.items()}
    if drawn.get("object") == "payment_intent":
        return {name: value for name, value in kept.items() if name in _INTENT_FIELDS}
    if drawn.get("object") == "payment_method" and "card" in kept:
        kept["card"].pop("fingerprint", None)
    return kept
