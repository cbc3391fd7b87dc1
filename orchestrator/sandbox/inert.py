"""Parameters Stripe knows and the stand-in gives no meaning: only their shape is checked.

A key nobody knows is refused at every depth; a value that is known is taken and forgotten.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from orchestrator.sandbox.forms import (
    Kind,
    Parameter,
    hash_of,
    hashes_of,
    metadata,
    string,
    strings,
)

# A word is a single value or metadata, a tuple holding a shape is a list, a mapping is a hash.
Shape = str | Sequence["Shape"] | Mapping[str, "Shape"]

VALUE: Final = "value"
METADATA: Final = "metadata"
VALUES: Final = (VALUE,)
_KINDS: Final[Mapping[str, Kind]] = {VALUE: string, METADATA: metadata}


def _values(*names: str) -> dict[str, Shape]:
    return dict.fromkeys(names, VALUE)


ADDRESS: Final = _values("city", "country", "line1", "line2", "postal_code", "state")
_LINE_ITEM: Final[Shape] = {
    "payment_method_options": {
        "card": _values("commodity_code"),
        "card_present": _values("commodity_code"),
        "klarna": _values("image_url", "product_url", "reference", "subscription_reference"),
        "paypal": _values("category", "description", "sold_by"),
    },
    "tax": _values("total_tax_amount"),
    **_values(
        "discount_amount",
        "product_code",
        "product_name",
        "quantity",
        "unit_cost",
        "unit_of_measure",
    ),
}
AMOUNT_DETAILS: Final[Shape] = {
    "line_items": (_LINE_ITEM,),
    "shipping": _values("amount", "from_postal_code", "to_postal_code"),
    "tax": _values("total_tax_amount"),
    **_values("discount_amount", "enforce_arithmetic_validation"),
}
ORDERED: Final[Mapping[str, Shape]] = {
    "amount_details": AMOUNT_DETAILS,
    "hooks": {"inputs": {"tax": _values("calculation")}},
    "payment_details": _values("customer_reference", "order_reference"),
}
_TRANSFER: Final[Mapping[str, Shape]] = {
    "metadata": METADATA,
    "payment_data": {"description": VALUE, "metadata": METADATA},
    **_values("amount", "description"),
}
TRANSFER_OF_NEW: Final[Shape] = {**_TRANSFER, "destination": VALUE}
TRANSFER_OF_UPDATE: Final[Shape] = _TRANSFER
TRANSFER_OF_CAPTURE: Final[Shape] = _values("amount")
MANDATE_DATA: Final[Shape] = {
    "customer_acceptance": {
        "offline": {},
        "online": _values("ip_address", "user_agent"),
        **_values("accepted_at", "type"),
    }
}
RADAR_OPTIONS: Final[Shape] = _values("session")
RADAR_OPTIONS_OF_INTENT: Final[Shape] = _values("referrer", "session")
CARD_OPTIONS: Final[Mapping[str, Shape]] = {
    "installments": {"plan": _values("count", "interval", "type"), "enabled": VALUE},
    "mandate_options": {
        "supported_types": VALUES,
        **_values(
            "amount",
            "amount_type",
            "description",
            "end_date",
            "interval",
            "interval_count",
            "reference",
            "start_date",
        ),
    },
    "three_d_secure": {
        "network_options": {
            "cartes_bancaires": _values("cb_avalgo", "cb_exemption", "cb_score"),
        },
        **_values(
            "ares_trans_status",
            "cryptogram",
            "electronic_commerce_indicator",
            "exemption_indicator",
            "requestor_challenge_indicator",
            "transaction_id",
            "version",
        ),
    },
    **_values(
        "capture_method",
        "cvc_token",
        "network",
        "request_extended_authorization",
        "request_incremental_authorization",
        "request_multicapture",
        "request_overcapture",
        "require_cvc_recollection",
        "setup_future_usage",
        "statement_descriptor_suffix_kana",
        "statement_descriptor_suffix_kanji",
    ),
}
OTHER_METHOD_OPTIONS: Final[Mapping[str, Shape]] = {
    "link": _values("capture_method", "setup_future_usage"),
    "sepa_debit": {
        "mandate_options": _values("reference_prefix"),
        **_values("setup_future_usage", "target_date"),
    },
    "us_bank_account": {
        "financial_connections": {
            "filters": {"account_subcategories": VALUES},
            "permissions": VALUES,
            "prefetch": VALUES,
            "return_url": VALUE,
        },
        "mandate_options": _values("collection_method"),
        "networks": {"requested": VALUES},
        **_values("setup_future_usage", "target_date", "transaction_purpose"),
        "verification_method": VALUE,
    },
}
CUSTOMER: Final[Mapping[str, Shape]] = {
    "cash_balance": {"settings": _values("reconciliation_mode")},
    "invoice_settings": {
        "custom_fields": (_values("name", "value"),),
        "rendering_options": _values("amount_tax_display", "template"),
        **_values("default_payment_method", "footer"),
    },
    "preferred_locales": VALUES,
    "tax": _values("ip_address", "validate_location"),
    **_values(
        "balance",
        "business_name",
        "individual_name",
        "invoice_prefix",
        "next_invoice_sequence",
        "tax_exempt",
    ),
}
NEW_CUSTOMER: Final[Mapping[str, Shape]] = {
    "tax_id_data": (_values("type", "value"),),
    "test_clock": VALUE,
}
OTHER_METHOD_UPDATES: Final[Mapping[str, Shape]] = {
    "payto": _values("account_number", "bsb_number", "pay_id"),
    "us_bank_account": _values("account_holder_type", "account_type"),
}
NETWORKS: Final[Shape] = _values("preferred")


def _kind_of(shape: Shape) -> Kind:
    """Build the reader that takes a value of ``shape``."""
    if isinstance(shape, str):
        return _KINDS[shape]
    if isinstance(shape, Mapping):
        return hash_of(rows_of(shape))
    (item,) = shape
    return hashes_of(rows_of(item)) if isinstance(item, Mapping) else strings


def rows_of(shapes: Mapping[str, Shape]) -> Mapping[str, Parameter]:
    """Build the rows of an endpoint's table for parameters of these shapes."""
    return MappingProxyType({name: Parameter(_kind_of(shape)) for name, shape in shapes.items()})
