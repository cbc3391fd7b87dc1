"""Which parameters each endpoint takes, as tables after Stripe's OpenAPI description.

A parameter given the kind ``anything`` is known to Stripe and means nothing here.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from orchestrator.sandbox.errors import RequestInvalid
from orchestrator.sandbox.forms import (
    Parameter,
    anything,
    boolean,
    hash_of,
    identifier,
    integer,
    metadata,
    one_of,
    string,
    strings,
)

Table = Mapping[str, Parameter]


def unsupported(name: str, value: Any) -> Any:
    """Refuse a parameter Stripe knows and the stand-in does not play."""
    raise RequestInvalid(f"The Stripe stand-in does not support `{name}`.", param=name)


def off_session(name: str, value: Any) -> bool:
    """Read ``off_session``: a boolean, or the reason for being off-session."""
    return value in ("one_off", "recurring") or boolean(name, value)


def created(name: str, value: Any) -> dict[str, Any] | int:
    """Read a time or a range of times."""
    return hash_of(_RANGE)(name, value) if isinstance(value, dict) else integer(name, value)


def _table(*parts: Table | Iterable[str], **rows: Parameter) -> Table:
    table: dict[str, Parameter] = {}
    for part in parts:
        if isinstance(part, Mapping):
            table |= part
        else:
            table |= dict.fromkeys(part, Parameter(anything))
    return MappingProxyType(table | rows)


_RANGE = _table(
    gt=Parameter(integer), gte=Parameter(integer), lt=Parameter(integer), lte=Parameter(integer)
)
EXPAND_ONLY = _table(expand=Parameter(strings))
PAGE = _table(
    EXPAND_ONLY,
    limit=Parameter(integer),
    starting_after=Parameter(identifier),
    ending_before=Parameter(identifier),
)
PAGE_BY_TIME = _table(PAGE, created=Parameter(created))

_ADDRESS = _table(
    **dict.fromkeys(
        ("city", "country", "line1", "line2", "postal_code", "state"), Parameter(string)
    )
)
_BILLING_DETAILS = _table(
    address=Parameter(hash_of(_ADDRESS)),
    email=Parameter(string),
    name=Parameter(string),
    phone=Parameter(string),
    tax_id=Parameter(string),
)
_CARD_OPTIONS = _table(
    (
        "capture_method",
        "cvc_token",
        "installments",
        "mandate_options",
        "moto",
        "network",
        "request_extended_authorization",
        "request_incremental_authorization",
        "request_multicapture",
        "request_overcapture",
        "require_cvc_recollection",
        "setup_future_usage",
        "statement_descriptor_suffix_kana",
        "statement_descriptor_suffix_kanji",
        "three_d_secure",
    ),
    request_three_d_secure=Parameter(one_of(("any", "automatic", "challenge"))),
)
_METHOD_OPTIONS = _table(
    ("link", "us_bank_account", "sepa_debit"), card=Parameter(hash_of(_CARD_OPTIONS))
)
_AUTOMATIC = _table(
    allow_redirects=Parameter(one_of(("always", "never"))),
    enabled=Parameter(boolean, required=True),
)
CAPTURE_METHODS = ("automatic", "automatic_async", "manual")

CUSTOMER = _table(
    EXPAND_ONLY,
    (
        "balance",
        "business_name",
        "cash_balance",
        "individual_name",
        "invoice_prefix",
        "invoice_settings",
        "next_invoice_sequence",
        "preferred_locales",
        "tax",
        "tax_exempt",
    ),
    address=Parameter(hash_of(_ADDRESS)),
    description=Parameter(string),
    email=Parameter(string),
    metadata=Parameter(metadata),
    name=Parameter(string),
    phone=Parameter(string),
    shipping=Parameter(anything),
    source=Parameter(unsupported),
)
CREATE_CUSTOMER = _table(
    CUSTOMER, ("tax_id_data", "test_clock"), payment_method=Parameter(identifier)
)
LIST_CUSTOMERS = _table(PAGE_BY_TIME, ("test_clock",), email=Parameter(string))

LIST_METHODS_OF_CUSTOMER = _table(PAGE, ("allow_redisplay",), type=Parameter(identifier))
LIST_METHODS = _table(
    LIST_METHODS_OF_CUSTOMER,
    customer=Parameter(identifier),
    customer_account=Parameter(unsupported),
)
ATTACH = _table(
    EXPAND_ONLY,
    customer=Parameter(identifier, required=True),
    customer_account=Parameter(unsupported),
)
UPDATE_METHOD = _table(
    EXPAND_ONLY,
    ("payto", "us_bank_account"),
    allow_redisplay=Parameter(one_of(("always", "limited", "unspecified"))),
    billing_details=Parameter(hash_of(_BILLING_DETAILS)),
    card=Parameter(
        hash_of(_table(("networks",), exp_month=Parameter(integer), exp_year=Parameter(integer)))
    ),
    metadata=Parameter(metadata),
)

_INTENT = _table(
    EXPAND_ONLY,
    (
        "allowed_payment_method_types",
        "amount_details",
        "excluded_payment_method_types",
        "hooks",
        "payment_details",
    ),
    capture_method=Parameter(one_of(CAPTURE_METHODS)),
    payment_method=Parameter(identifier),
    payment_method_data=Parameter(unsupported),
    payment_method_options=Parameter(hash_of(_METHOD_OPTIONS)),
    payment_method_types=Parameter(strings),
    receipt_email=Parameter(string),
    setup_future_usage=Parameter(one_of(("", "off_session", "on_session"))),
    shipping=Parameter(anything),
)
_DESCRIBED = _table(
    ("application_fee_amount", "payment_method_configuration", "transfer_data"),
    customer=Parameter(identifier),
    customer_account=Parameter(unsupported),
    description=Parameter(string),
    metadata=Parameter(metadata),
    statement_descriptor=Parameter(string),
    statement_descriptor_suffix=Parameter(string),
    transfer_group=Parameter(string),
)
_CONFIRMING = _table(
    ("mandate", "mandate_data", "radar_options"),
    confirmation_token=Parameter(unsupported),
    error_on_requires_action=Parameter(boolean),
    off_session=Parameter(off_session),
    return_url=Parameter(identifier),
    use_stripe_sdk=Parameter(boolean),
)
CREATE_INTENT = _table(
    _INTENT,
    _DESCRIBED,
    _CONFIRMING,
    amount=Parameter(integer, required=True),
    automatic_payment_methods=Parameter(hash_of(_AUTOMATIC)),
    confirm=Parameter(boolean),
    confirmation_method=Parameter(one_of(("automatic", "manual"))),
    currency=Parameter(identifier, required=True),
    on_behalf_of=Parameter(unsupported),
)
RETRIEVE_INTENT = _table(EXPAND_ONLY, client_secret=Parameter(identifier))
UPDATE_INTENT = _table(
    _INTENT, _DESCRIBED, amount=Parameter(integer), currency=Parameter(identifier)
)
CONFIRM_INTENT = _table(
    _INTENT, _CONFIRMING, ("amount_to_confirm",), client_secret=Parameter(identifier)
)
CANCEL_INTENT = _table(
    EXPAND_ONLY,
    cancellation_reason=Parameter(
        one_of(("abandoned", "duplicate", "fraudulent", "requested_by_customer"))
    ),
)
CAPTURE_INTENT = _table(
    EXPAND_ONLY,
    (
        "amount_details",
        "application_fee_amount",
        "final_capture",
        "hooks",
        "payment_details",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_data",
    ),
    amount_to_capture=Parameter(integer),
    metadata=Parameter(metadata),
)
LIST_INTENTS = _table(
    PAGE_BY_TIME, customer=Parameter(identifier), customer_account=Parameter(unsupported)
)
LIST_CHARGES = _table(
    PAGE_BY_TIME,
    customer=Parameter(identifier),
    payment_intent=Parameter(identifier),
    transfer_group=Parameter(unsupported),
)
LIST_DISPUTES = _table(
    PAGE_BY_TIME, charge=Parameter(identifier), payment_intent=Parameter(identifier)
)
LIST_EVENTS = _table(
    PAGE_BY_TIME,
    delivery_success=Parameter(anything),
    type=Parameter(identifier),
    types=Parameter(strings),
)
