"""The customers endpoints."""

from typing import Any

from orchestrator.sandbox.accounts import new_id
from orchestrator.sandbox.calls import Call, created_within, page
from orchestrator.sandbox.errors import resource_missing
from orchestrator.sandbox.model import Customer
from orchestrator.sandbox.objects import customer_json, payment_method_json

_KEPT = ("address", "description", "email", "name", "phone", "shipping")


def merge_metadata(current: dict[str, str], given: dict[str, str] | None) -> dict[str, str]:
    """Merge as Stripe does: an empty string removes a key, null removes all."""
    if given is None:
        return {}
    return {key: value for key, value in (current | given).items() if value != ""}


def _apply(customer: Customer, params: dict[str, Any]) -> None:
    given = {name: params[name] for name in _KEPT if name in params}
    customer.fields |= {name: None if value == "" else value for name, value in given.items()}
    if "metadata" in params:
        customer.metadata = merge_metadata(customer.metadata, params["metadata"])


def create(call: Call) -> dict[str, Any]:
    """Create a customer, with its first payment method if one is given."""
    customer = Customer(new_id("cus_", 14), call.account.now())
    method = None
    if "payment_method" in call.params:
        method = call.account.payment_method(call.params["payment_method"], param="payment_method")
        method.customer = customer.id
    _apply(customer, call.params)
    call.account.customers[customer.id] = customer
    call.emit("customer.created", customer_json(customer))
    if method is not None:
        call.emit("payment_method.attached", payment_method_json(method))
    return customer_json(customer)


def retrieve(call: Call) -> dict[str, Any]:
    """Show a customer, also a deleted one."""
    found = call.account.customers.get(call.id)
    if found is None:
        raise resource_missing("customer", call.id, param="id")
    return customer_json(found)


def update(call: Call) -> dict[str, Any]:
    """Change a customer."""
    customer = call.account.customer(call.id)
    _apply(customer, call.params)
    call.emit("customer.updated", customer_json(customer))
    return customer_json(customer)


def delete(call: Call) -> dict[str, Any]:
    """Delete a customer; its payment methods are detached."""
    customer = call.account.customer(call.id)
    call.emit("customer.deleted", customer_json(customer))
    customer.deleted = True
    for method in call.account.payment_methods.values():
        if method.customer == customer.id:
            method.customer, method.spent = None, True
            before = {"customer": customer.id}
            call.emit("payment_method.detached", payment_method_json(method), before)
    return customer_json(customer)


def list_all(call: Call) -> dict[str, Any]:
    """List customers, newest first."""
    shown = [
        customer_json(customer)
        for customer in reversed(call.account.customers.values())
        if not customer.deleted
        and call.params.get("email") in (None, customer.fields.get("email"))
        and created_within(call.params.get("created"), customer.created)
    ]
    return page(call, shown, kind="customer")
