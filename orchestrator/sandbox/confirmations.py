"""What is checked before a confirmation touches the intent, and the parameters it brings."""

from typing import Any

from orchestrator.sandbox import intents
from orchestrator.sandbox.calls import Call
from orchestrator.sandbox.customers import merge_metadata
from orchestrator.sandbox.errors import refused, unexpected_state
from orchestrator.sandbox.model import Intent, PaymentMethod, Status
from orchestrator.sandbox.objects import intent_json
from orchestrator.sandbox.payment_methods import SPENT

NO_RETURN_URL = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. "
    "Because some of these payment methods might redirect your customer off of your page, you "
    "must provide a `return_url`. If you don't want to accept redirect-based payment methods, "
    "set `automatic_payment_methods[enabled]` to `true` and "
    "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and "
    "Payment Intents."
)
_KEPT = (
    "description",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
_REFUSALS = {
    Status.succeeded: (
        "You cannot confirm this PaymentIntent because it has already succeeded after being "
        "previously confirmed."
    ),
    Status.canceled: ("You cannot confirm this PaymentIntent because it has a status of canceled."),
    Status.processing: (
        "You cannot confirm this PaymentIntent because it has a status of processing."
    ),
    Status.requires_capture: (
        "You cannot confirm this PaymentIntent because it has a status of requires_capture."
    ),
    Status.requires_action: (
        "You cannot confirm this PaymentIntent because it has a status of requires_action. "
        "Provide a payment_method to start over."
    ),
}


def refuse_status(call: Call, intent: Intent) -> None:
    """Refuse a confirm that the intent's status does not allow.

    An open challenge is superseded by a confirm that brings a payment method, unless the account
    is set to refuse that.

    Raises:
        ApiError: the status does not allow it.
    """
    allowed = intent.status in intents.CONFIRMABLE
    if intent.status is Status.requires_action:
        supersedes = call.account.settings.confirm_while_action == "supersede"
        allowed = supersedes and "payment_method" in call.params
    if not allowed:
        raise unexpected_state(_REFUSALS[intent.status], intent_json(intent))


def checked_method(call: Call, intent: Intent, *, confirming: bool = True) -> PaymentMethod:
    """Find the payment method a call means and check that this intent can take it.

    Raises:
        ApiError: there is none, or the intent cannot take it.
    """
    id = call.params.get("payment_method", intent.payment_method)
    if id is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You "
            "can either update the PaymentIntent with a payment method and then confirm it "
            "again, or confirm it again directly with a payment method.",
            intent_json(intent),
        )
    if confirming:
        _check_return_url(call, intent)
    method = call.account.payment_method(id, param="payment_method")
    _check_type(call, intent, method)
    _check_owner(call, intent, method)
    if method.spent:
        raise refused(SPENT, code="payment_method_unexpected_state", param="payment_method")
    return method


def _check_return_url(call: Call, intent: Intent) -> None:
    automatic = intent.automatic_payment_methods
    redirects = automatic is not None and automatic["allow_redirects"] == "always"
    if redirects and not call.client and "return_url" not in call.params:
        raise refused(NO_RETURN_URL)


def _check_type(call: Call, intent: Intent, method: PaymentMethod) -> None:
    allowed = call.params.get("payment_method_types") or intent.payment_method_types
    if method.type in allowed and method.card is not None:
        return
    raise refused(
        f"The PaymentMethod provided ({method.type}) is not allowed for this PaymentIntent. "
        "Please attach a PaymentMethod of one of the following types: " + ", ".join(allowed) + ".",
        code="payment_intent_incompatible_payment_method",
        param="payment_method",
    )


def _check_owner(call: Call, intent: Intent, method: PaymentMethod) -> None:
    customer = call.params.get("customer", intent.customer)
    if method.customer is None or method.customer == customer:
        return
    if customer is None:
        message = (
            f"The PaymentMethod {method.id} belongs to the Customer {method.customer}. Please "
            "include the Customer in the `customer` parameter on the PaymentIntent."
        )
    else:
        message = (
            f"The PaymentMethod {method.id} does not belong to the Customer you supplied, "
            f"{customer}. Please use this PaymentMethod with the Customer that it belongs to."
        )
    raise refused(message, param="payment_method")


def apply_parameters(intent: Intent, params: dict[str, Any]) -> None:
    """Write onto ``intent`` those of ``params`` that need no check of their own."""
    given = {name: params[name] for name in _KEPT if name in params}
    intent.fields |= {name: None if value == "" else value for name, value in given.items()}
    if "metadata" in params:
        intent.metadata = merge_metadata(intent.metadata, params["metadata"])
    if "setup_future_usage" in params:
        intent.setup_future_usage = params["setup_future_usage"] or None
    if params.get("payment_method_types"):
        intent.payment_method_types = params["payment_method_types"]
        intent.automatic_payment_methods = None
    intent.capture_method = params.get("capture_method", intent.capture_method)
    intent.payment_method_options |= params.get("payment_method_options", {})
    intent.off_session = params.get("off_session", False)
