"""Which parameters each endpoint takes, as tables after Stripe's OpenAPI description.

What Stripe knows and the stand-in gives no meaning is in ``inert``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from orchestrator.sandbox import inert
from orchestrator.sandbox.errors import RequestInvalid
from orchestrator.sandbox.forms import (
    Parameter,
    boolean,
    hash_of,
    identifier,
    integer,
    integer_or_hash_of,
    metadata,
    one_of,
    string,
    strings,
    url,
)
from orchestrator.sandbox.inert import VALUE, Shape, rows_of

Table = Mapping[str, Parameter]


def unsupported(name: str, value: Any) -> Any:
    """Refuse a parameter Stripe knows and the stand-in does not play."""
    raise RequestInvalid(f"The Stripe stand-in does not support `{name}`.", param=name)


def card_only(name: str, value: Any) -> str:
    """Read the type of a new payment method: the stand-in makes cards."""
    if value != "card":
        raise RequestInvalid("The Stripe stand-in makes payment methods of cards only.", param=name)
    return "card"


def off_session(name: str, value: Any) -> bool:
    """Read ``off_session``: a boolean, or the reason for being off-session."""
    return value in ("one_off", "recurring") or boolean(name, value)


def _table(*parts: Table, **rows: Parameter) -> Table:
    table: dict[str, Parameter] = {}
    for part in parts:
        table |= part
    return MappingProxyType(table | rows)


def _inert(*names: str, **shapes: Shape) -> Table:
    return rows_of(dict.fromkeys(names, VALUE) | shapes)


_RANGE = _table(
    gt=Parameter(integer), gte=Parameter(integer), lt=Parameter(integer), lte=Parameter(integer)
)
NOTHING: Table = MappingProxyType({})
EXPAND_ONLY = _table(expand=Parameter(strings))
PAGE = _table(
    EXPAND_ONLY,
    limit=Parameter(integer),
    starting_after=Parameter(identifier),
    ending_before=Parameter(identifier),
)
PAGE_BY_TIME = _table(PAGE, created=Parameter(integer_or_hash_of(_RANGE)))

_ADDRESS = rows_of(inert.ADDRESS)
_SHIPPING = _table(
    _inert("phone"),
    address=Parameter(hash_of(_ADDRESS), required=True),
    name=Parameter(string, required=True),
)
_SHIPPING_OF_INTENT = _table(_SHIPPING, _inert("carrier", "tracking_number"))
_BILLING_DETAILS = _table(
    address=Parameter(hash_of(_ADDRESS)),
    email=Parameter(string),
    name=Parameter(string),
    phone=Parameter(string),
    tax_id=Parameter(string),
)
_CARD_OPTIONS = _table(
    rows_of(inert.CARD_OPTIONS),
    request_three_d_secure=Parameter(one_of(("any", "automatic", "challenge"))),
)
_METHOD_OPTIONS = _table(
    rows_of(inert.OTHER_METHOD_OPTIONS), card=Parameter(hash_of(_CARD_OPTIONS))
)
_AUTOMATIC = _table(
    allow_redirects=Parameter(one_of(("always", "never"))),
    enabled=Parameter(boolean, required=True),
)
CAPTURE_METHODS = ("automatic", "automatic_async", "manual")

CUSTOMER = _table(
    EXPAND_ONLY,
    rows_of(inert.CUSTOMER),
    address=Parameter(hash_of(_ADDRESS)),
    description=Parameter(string),
    email=Parameter(string),
    metadata=Parameter(metadata),
    name=Parameter(string),
    phone=Parameter(string),
    shipping=Parameter(hash_of(_SHIPPING)),
    source=Parameter(unsupported),
)
CREATE_CUSTOMER = _table(
    CUSTOMER, rows_of(inert.NEW_CUSTOMER), payment_method=Parameter(identifier)
)
LIST_CUSTOMERS = _table(PAGE_BY_TIME, _inert("test_clock"), email=Parameter(string))

REDISPLAYS = ("always", "limited", "unspecified")
LIST_METHODS_OF_CUSTOMER = _table(
    PAGE,
    allow_redisplay=Parameter(one_of(REDISPLAYS)),
    type=Parameter(identifier),
)
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
CREATE_METHOD = _table(
    EXPAND_ONLY,
    _inert(radar_options=inert.RADAR_OPTIONS),
    allow_redisplay=Parameter(one_of(REDISPLAYS)),
    billing_details=Parameter(hash_of(_BILLING_DETAILS)),
    card=Parameter(
        hash_of(
            _table(
                _inert(networks=inert.NETWORKS),
                cvc=Parameter(string),
                exp_month=Parameter(integer),
                exp_year=Parameter(integer),
                number=Parameter(string),
                token=Parameter(identifier),
            )
        )
    ),
    customer=Parameter(unsupported),
    metadata=Parameter(metadata),
    payment_method=Parameter(unsupported),
    type=Parameter(card_only, required=True),
)
UPDATE_METHOD = _table(
    EXPAND_ONLY,
    rows_of(inert.OTHER_METHOD_UPDATES),
    allow_redisplay=Parameter(one_of(REDISPLAYS)),
    billing_details=Parameter(hash_of(_BILLING_DETAILS)),
    card=Parameter(
        hash_of(
            _table(
                _inert(networks=inert.NETWORKS),
                exp_month=Parameter(integer),
                exp_year=Parameter(integer),
            )
        )
    ),
    metadata=Parameter(metadata),
)

_INTENT = _table(
    EXPAND_ONLY,
    rows_of(inert.ORDERED),
    _inert(allowed_payment_method_types=inert.VALUES, excluded_payment_method_types=inert.VALUES),
    capture_method=Parameter(one_of(CAPTURE_METHODS)),
    payment_method=Parameter(identifier),
    payment_method_data=Parameter(unsupported),
    payment_method_options=Parameter(hash_of(_METHOD_OPTIONS)),
    payment_method_types=Parameter(strings),
    receipt_email=Parameter(string),
    setup_future_usage=Parameter(one_of(("", "off_session", "on_session"))),
    shipping=Parameter(hash_of(_SHIPPING_OF_INTENT)),
)
_DESCRIBED = _table(
    _inert("application_fee_amount", "payment_method_configuration"),
    customer=Parameter(identifier),
    customer_account=Parameter(unsupported),
    description=Parameter(string),
    metadata=Parameter(metadata),
    statement_descriptor=Parameter(string),
    statement_descriptor_suffix=Parameter(string),
    transfer_group=Parameter(string),
)
_CONFIRMING = _table(
    _inert(
        "mandate",
        mandate_data=inert.MANDATE_DATA,
        radar_options=inert.RADAR_OPTIONS_OF_INTENT,
    ),
    confirmation_token=Parameter(unsupported),
    error_on_requires_action=Parameter(boolean),
    off_session=Parameter(off_session),
    return_url=Parameter(url),
    use_stripe_sdk=Parameter(boolean),
)
CREATE_INTENT = _table(
    _INTENT,
    _DESCRIBED,
    _CONFIRMING,
    _inert(transfer_data=inert.TRANSFER_OF_NEW),
    amount=Parameter(integer, required=True),
    automatic_payment_methods=Parameter(hash_of(_AUTOMATIC)),
    confirm=Parameter(boolean),
    confirmation_method=Parameter(one_of(("automatic", "manual"))),
    currency=Parameter(identifier, required=True),
    on_behalf_of=Parameter(unsupported),
)
RETRIEVE_INTENT = _table(EXPAND_ONLY, client_secret=Parameter(identifier))
UPDATE_INTENT = _table(
    _INTENT,
    _DESCRIBED,
    _inert(transfer_data=inert.TRANSFER_OF_UPDATE),
    amount=Parameter(integer),
    currency=Parameter(identifier),
)
CONFIRM_INTENT = _table(
    _INTENT, _CONFIRMING, _inert("amount_to_confirm"), client_secret=Parameter(identifier)
)
CANCEL_INTENT = _table(
    EXPAND_ONLY,
    cancellation_reason=Parameter(
        one_of(("abandoned", "duplicate", "fraudulent", "requested_by_customer"))
    ),
)
CAPTURE_INTENT = _table(
    EXPAND_ONLY,
    rows_of(inert.ORDERED),
    _inert(
        "application_fee_amount",
        "final_capture",
        "statement_descriptor",
        "statement_descriptor_suffix",
        transfer_data=inert.TRANSFER_OF_CAPTURE,
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
LIST_REFUNDS = LIST_DISPUTES
UPDATE_REFUND = _table(EXPAND_ONLY, metadata=Parameter(metadata))
CREATE_REFUND = _table(
    UPDATE_REFUND,
    # Of accounts on other platforms, and of refunds that are no card's.
    _inert("instructions_email", "refund_application_fee", "reverse_transfer"),
    amount=Parameter(integer),
    charge=Parameter(identifier),
    currency=Parameter(unsupported),
    customer=Parameter(unsupported),
    origin=Parameter(unsupported),
    payment_intent=Parameter(identifier),
    reason=Parameter(one_of(("duplicate", "fraudulent", "requested_by_customer"))),
)
LIST_EVENTS = _table(
    PAGE_BY_TIME,
    delivery_success=Parameter(boolean),
    type=Parameter(identifier),
    types=Parameter(strings),
)
UPDATE_ENDPOINT = _table(
    EXPAND_ONLY,
    description=Parameter(string),
    disabled=Parameter(boolean),
    enabled_events=Parameter(strings),
    metadata=Parameter(metadata),
    url=Parameter(identifier),
)
CREATE_ENDPOINT = _table(
    EXPAND_ONLY,
    _inert("api_version"),
    connect=Parameter(unsupported),
    description=Parameter(string),
    enabled_events=Parameter(strings, required=True),
    metadata=Parameter(metadata),
    url=Parameter(identifier, required=True),
)
