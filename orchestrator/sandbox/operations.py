"""The list of Stripe operations the stand-in plays."""

from dataclasses import dataclass

from orchestrator.sandbox import (
    aftermath,
    captures,
    charges,
    customers,
    events,
    parameters,
    payment_intents,
    payment_methods,
    refunds,
    webhook_endpoints,
)
from orchestrator.sandbox.calls import Endpoint


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its name in fault rules, its route, its code and its parameters.

    ``publishable`` operations may be called with a publishable key and the client secret.
    """

    name: str
    method: str
    path: str
    endpoint: Endpoint
    parameters: parameters.Table
    publishable: bool = False

    @property
    def kind(self) -> str:
        """The kind of object it answers with, one or a list of them."""
        *_, noun, _ = self.name.split(".")
        return noun.removesuffix("s")

    @property
    def lists(self) -> bool:
        """Whether it answers with a list."""
        return self.name.endswith(".list")

    @property
    def locks_intent(self) -> bool:
        """Whether the operation holds the intent in its path while it runs."""
        return self.method == "POST" and self.path.startswith("/v1/payment_intents/")


_INTENTS = "/v1/payment_intents"
_METHODS = "/v1/payment_methods"
_P = parameters

OPERATIONS: tuple[Operation, ...] = (
    Operation("payment_intents.create", "POST", _INTENTS, payment_intents.create, _P.CREATE_INTENT),
    Operation("payment_intents.list", "GET", _INTENTS, payment_intents.list_all, _P.LIST_INTENTS),
    Operation(
        "payment_intents.retrieve",
        "GET",
        _INTENTS + "/{id}",
        payment_intents.retrieve,
        _P.RETRIEVE_INTENT,
        publishable=True,
    ),
    Operation(
        "payment_intents.update",
        "POST",
        _INTENTS + "/{id}",
        payment_intents.update,
        _P.UPDATE_INTENT,
    ),
    Operation(
        "payment_intents.confirm",
        "POST",
        _INTENTS + "/{id}/confirm",
        payment_intents.confirm,
        _P.CONFIRM_INTENT,
        publishable=True,
    ),
    Operation(
        "payment_intents.cancel",
        "POST",
        _INTENTS + "/{id}/cancel",
        payment_intents.cancel,
        _P.CANCEL_INTENT,
    ),
    Operation(
        "payment_intents.capture",
        "POST",
        _INTENTS + "/{id}/capture",
        captures.capture,
        _P.CAPTURE_INTENT,
    ),
    Operation("customers.create", "POST", "/v1/customers", customers.create, _P.CREATE_CUSTOMER),
    Operation("customers.list", "GET", "/v1/customers", customers.list_all, _P.LIST_CUSTOMERS),
    Operation(
        "customers.retrieve", "GET", "/v1/customers/{id}", customers.retrieve, _P.EXPAND_ONLY
    ),
    Operation("customers.update", "POST", "/v1/customers/{id}", customers.update, _P.CUSTOMER),
    Operation("customers.delete", "DELETE", "/v1/customers/{id}", customers.delete, _P.NOTHING),
    Operation(
        "customers.payment_methods.list",
        "GET",
        "/v1/customers/{id}/payment_methods",
        payment_methods.list_of_customer,
        _P.LIST_METHODS_OF_CUSTOMER,
    ),
    Operation(
        "payment_methods.create",
        "POST",
        _METHODS,
        payment_methods.create,
        _P.CREATE_METHOD,
        publishable=True,
    ),
    Operation("payment_methods.list", "GET", _METHODS, payment_methods.list_all, _P.LIST_METHODS),
    Operation(
        "payment_methods.retrieve",
        "GET",
        _METHODS + "/{id}",
        payment_methods.retrieve,
        _P.EXPAND_ONLY,
    ),
    Operation(
        "payment_methods.update",
        "POST",
        _METHODS + "/{id}",
        payment_methods.update,
        _P.UPDATE_METHOD,
    ),
    Operation(
        "payment_methods.attach",
        "POST",
        _METHODS + "/{id}/attach",
        payment_methods.attach,
        _P.ATTACH,
    ),
    Operation(
        "payment_methods.detach",
        "POST",
        _METHODS + "/{id}/detach",
        payment_methods.detach,
        _P.EXPAND_ONLY,
    ),
    Operation("charges.list", "GET", "/v1/charges", charges.list_all, _P.LIST_CHARGES),
    Operation("charges.retrieve", "GET", "/v1/charges/{id}", charges.retrieve, _P.EXPAND_ONLY),
    Operation("disputes.list", "GET", "/v1/disputes", aftermath.list_disputes, _P.LIST_DISPUTES),
    Operation(
        "disputes.retrieve",
        "GET",
        "/v1/disputes/{id}",
        aftermath.retrieve_dispute,
        _P.EXPAND_ONLY,
    ),
    Operation("refunds.create", "POST", "/v1/refunds", refunds.create, _P.CREATE_REFUND),
    Operation("refunds.update", "POST", "/v1/refunds/{id}", refunds.update, _P.UPDATE_REFUND),
    Operation("refunds.list", "GET", "/v1/refunds", refunds.list_all, _P.LIST_REFUNDS),
    Operation("refunds.retrieve", "GET", "/v1/refunds/{id}", refunds.retrieve, _P.EXPAND_ONLY),
    Operation("events.list", "GET", "/v1/events", events.list_all, _P.LIST_EVENTS),
    Operation(
        "webhook_endpoints.create",
        "POST",
        "/v1/webhook_endpoints",
        webhook_endpoints.create,
        _P.CREATE_ENDPOINT,
    ),
    Operation(
        "webhook_endpoints.list",
        "GET",
        "/v1/webhook_endpoints",
        webhook_endpoints.list_all,
        _P.PAGE,
    ),
    Operation(
        "webhook_endpoints.retrieve",
        "GET",
        "/v1/webhook_endpoints/{id}",
        webhook_endpoints.retrieve,
        _P.EXPAND_ONLY,
    ),
    Operation(
        "webhook_endpoints.update",
        "POST",
        "/v1/webhook_endpoints/{id}",
        webhook_endpoints.update,
        _P.UPDATE_ENDPOINT,
    ),
    Operation(
        "webhook_endpoints.delete",
        "DELETE",
        "/v1/webhook_endpoints/{id}",
        webhook_endpoints.delete,
        _P.NOTHING,
    ),
    Operation("events.retrieve", "GET", "/v1/events/{id}", events.retrieve, _P.EXPAND_ONLY),
)
