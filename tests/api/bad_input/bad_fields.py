"""Bodies that are wrong in one field, for every route that reads one.

What lies just below and just above each bound stands in ``bounds.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What is sent, and the field that the answer must name.
Cases = Mapping[str, tuple[dict[str, Any], str | None]]

CREATE = {"amount": 1000, "currency": "usd"}
CONFIRM = {"payment_method": "pm_card_visa"}


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a document without one field."""
    return {key: value for key, value in document.items() if key != name}


def nested(depth: int) -> dict[str, Any]:
    """Return objects within objects."""
    value: dict[str, Any] = {"escaped": "\n"}
    for _ in range(depth):
        value = {"a": value}
    return value


BAD_CREATES: Cases = {
    "no amount": (without(CREATE, "amount"), "amount"),
    "no currency": (without(CREATE, "currency"), "currency"),
    "amount null": (CREATE | {"amount": None}, "amount"),
    "amount zero": (CREATE | {"amount": 0}, "amount"),
    "amount negative": (CREATE | {"amount": -1}, "amount"),
    "amount below the minimum": (CREATE | {"amount": 1}, "amount"),
    "amount of thirteen digits": (CREATE | {"amount": 10**12}, "amount"),
    "amount of 63 bits": (CREATE | {"amount": 2**63 - 1}, "amount"),
    "amount of 64 bits": (CREATE | {"amount": 2**64}, "amount"),
    "amount of 200 digits": (CREATE | {"amount": 10**199}, "amount"),
    "amount a whole float": (CREATE | {"amount": 1000.0}, "amount"),
    "amount a fraction": (CREATE | {"amount": 10.5}, "amount"),
    "amount a text": (CREATE | {"amount": "1000"}, "amount"),
    "amount true": (CREATE | {"amount": True}, "amount"),
    "amount a list": (CREATE | {"amount": [1000]}, "amount"),
    "amount an object": (CREATE | {"amount": {"value": 1000}}, "amount"),
    "amount off its currency's step": ({"amount": 1001, "currency": "kwd"}, "amount"),
    "currency unknown": (CREATE | {"currency": "xxx"}, "currency"),
    "currency in capitals": (CREATE | {"currency": "USD"}, "currency"),
    "currency with a space": (CREATE | {"currency": "usd "}, "currency"),
    "currency empty": (CREATE | {"currency": ""}, "currency"),
    "currency long": (CREATE | {"currency": "u" * 10_000}, "currency"),
    "currency a number": (CREATE | {"currency": 840}, "currency"),
    "currency null": (CREATE | {"currency": None}, "currency"),
    "customer of another kind": (CREATE | {"customer": "pm_1"}, "customer"),
    "customer without an id": (CREATE | {"customer": "cus_"}, "customer"),
    "customer with a slash": (CREATE | {"customer": "cus_a/../b"}, "customer"),
    "customer with a line break": (CREATE | {"customer": "cus_a\n"}, "customer"),
    "customer too long": (CREATE | {"customer": "cus_" + "a" * 251}, "customer"),
    "customer a number": (CREATE | {"customer": 1}, "customer"),
    "items no list": (CREATE | {"item_ids": "a,b"}, "item_ids"),
    "items an object": (CREATE | {"item_ids": {"0": "a"}}, "item_ids"),
    "items too many": (CREATE | {"item_ids": ["a"] * 101}, "item_ids"),
    "item empty": (CREATE | {"item_ids": ["a", ""]}, "item_ids[1]"),
    "item a number": (CREATE | {"item_ids": [1]}, "item_ids[0]"),
    "item null": (CREATE | {"item_ids": [None]}, "item_ids[0]"),
    "item too long": (CREATE | {"item_ids": ["a" * 201]}, "item_ids[0]"),
    "item with NUL": (CREATE | {"item_ids": ["a\x00"]}, "item_ids[0]"),
    "transaction empty": (CREATE | {"transaction_id": ""}, "transaction_id"),
    "transaction too long": (CREATE | {"transaction_id": "a" * 201}, "transaction_id"),
    "transaction with NUL": (CREATE | {"transaction_id": "\x00"}, "transaction_id"),
    "transaction a number": (CREATE | {"transaction_id": 12}, "transaction_id"),
    "description empty": (CREATE | {"description": ""}, "description"),
    "description too long": (CREATE | {"description": "a" * 1001}, "description"),
    "description with NUL": (CREATE | {"description": "a\x00b"}, "description"),
    "metadata a list": (CREATE | {"metadata": []}, "metadata"),
    "metadata a text": (CREATE | {"metadata": "a=b"}, "metadata"),
    "metadata too many": (CREATE | {"metadata": {str(i): "" for i in range(48)}}, "metadata"),
    "metadata with a number": (CREATE | {"metadata": {"a": 1}}, "metadata.a"),
    "metadata with null": (CREATE | {"metadata": {"a": None}}, "metadata.a"),
    "metadata nested": (CREATE | {"metadata": {"a": {"b": "c"}}}, "metadata.a"),
    "metadata value too long": (CREATE | {"metadata": {"a": "x" * 501}}, "metadata.a"),
    "metadata value with NUL": (CREATE | {"metadata": {"a": "\x00"}}, "metadata.a"),
    "metadata key empty": (CREATE | {"metadata": {"": "a"}}, "metadata"),
    "metadata key too long": (
        CREATE | {"metadata": {"k" * 41: "a"}},
        "metadata." + "k" * 41,
    ),
    "metadata key with a bracket": (CREATE | {"metadata": {"a[b]": "c"}}, "metadata.a[b]"),
    "metadata key with NUL": (CREATE | {"metadata": {"a\x00": "c"}}, "metadata.a\x00"),
    "metadata key of ours": (
        CREATE | {"metadata": {"payment_id": "pay_1"}},
        "metadata.payment_id",
    ),
    "attempts zero": (CREATE | {"max_attempts": 0}, "max_attempts"),
    "attempts negative": (CREATE | {"max_attempts": -1}, "max_attempts"),
    "attempts eleven": (CREATE | {"max_attempts": 11}, "max_attempts"),
    "attempts true": (CREATE | {"max_attempts": True}, "max_attempts"),
    "attempts a text": (CREATE | {"max_attempts": "3"}, "max_attempts"),
    "attempts a float": (CREATE | {"max_attempts": 3.0}, "max_attempts"),
    "usage unknown": (CREATE | {"setup_future_usage": "always"}, "setup_future_usage"),
    "usage true": (CREATE | {"setup_future_usage": True}, "setup_future_usage"),
    "capture unknown": (CREATE | {"capture_method": "later"}, "capture_method"),
    "capture of Stripe's own": (CREATE | {"capture_method": "automatic_async"}, "capture_method"),
    "capture true": (CREATE | {"capture_method": True}, "capture_method"),
    "unknown field": (CREATE | {"colour": "red"}, "colour"),
    "unknown field, null": (CREATE | {"colour": None}, "colour"),
    "unknown field, deep": (CREATE | {"colour": nested(700)}, "colour"),
    "a field of ours": (CREATE | {"state": "succeeded"}, "state"),
    "field in capitals": (CREATE | {"Amount": 1}, "Amount"),
    "an unknown field with a long name": (CREATE | {"x" * 5000: 1}, "x" * 60 + "…"),
}

BAD_CONFIRMS: Cases = {
    "no card": ({}, "payment_method"),
    "card null": ({"payment_method": None}, "payment_method"),
    "card a number": ({"payment_method": 1}, "payment_method"),
    "card a list": ({"payment_method": ["pm_card_visa"]}, "payment_method"),
    "card empty": ({"payment_method": ""}, "payment_method"),
    "card without an id": ({"payment_method": "pm_"}, "payment_method"),
    "card of another kind": ({"payment_method": "card_1"}, "payment_method"),
    "card with a slash": ({"payment_method": "pm_a/../b"}, "payment_method"),
    "card with a dot": ({"payment_method": "pm_a.b"}, "payment_method"),
    "card with NUL": ({"payment_method": "pm_a\x00"}, "payment_method"),
    "card with a line break": ({"payment_method": "pm_a\n"}, "payment_method"),
    "card with an accent": ({"payment_method": "pm_é"}, "payment_method"),
    "card too long": ({"payment_method": "pm_" + "a" * 251}, "payment_method"),
    "address relative": (CONFIRM | {"return_url": "/back"}, "return_url"),
    "address without a host": (CONFIRM | {"return_url": "https:///back"}, "return_url"),
    "address not secure": (CONFIRM | {"return_url": "http://shop.example"}, "return_url"),
    "address of another scheme": (CONFIRM | {"return_url": "javascript:alert(1)"}, "return_url"),
    "address with a password": (CONFIRM | {"return_url": "https://a:b@shop.example"}, "return_url"),
    "address with a space": (CONFIRM | {"return_url": "https://shop.example/a b"}, "return_url"),
    "address with a line break": (CONFIRM | {"return_url": "https://shop.example\n"}, "return_url"),
    "address broken": (CONFIRM | {"return_url": "https://[::1"}, "return_url"),
    "address with a broken port": (
        CONFIRM | {"return_url": "https://shop.example:99999"},
        "return_url",
    ),
    "address with a port of letters": (
        CONFIRM | {"return_url": "https://shop.example:hunter2"},
        "return_url",
    ),
    "address with a backslash": (CONFIRM | {"return_url": "https://a.example\\.b"}, "return_url"),
    "address with an escape for a host": (CONFIRM | {"return_url": "https://a%20b"}, "return_url"),
    "address with an empty label": (CONFIRM | {"return_url": "https://a..example"}, "return_url"),
    "address with a wildcard": (CONFIRM | {"return_url": "https://*.example"}, "return_url"),
    "address with braces": (CONFIRM | {"return_url": "https://{host}/"}, "return_url"),
    "address too long": (
        CONFIRM | {"return_url": "https://shop.example/" + "a" * 2048},
        "return_url",
    ),
    "address a number": (CONFIRM | {"return_url": 1}, "return_url"),
    "off session a text": (CONFIRM | {"off_session": "true"}, "off_session"),
    "off session a number": (CONFIRM | {"off_session": 1}, "off_session"),
    "unknown field": (CONFIRM | {"amount": 1}, "amount"),
}

BAD_CANCELS: Cases = {
    "reason unknown": ({"reason": "bored"}, "reason"),
    "reason empty": ({"reason": ""}, "reason"),
    "reason in capitals": ({"reason": "Duplicate"}, "reason"),
    "reason of Stripe's own": ({"reason": "automatic"}, "reason"),
    "reason a number": ({"reason": 1}, "reason"),
    "reason a list": ({"reason": ["duplicate"]}, "reason"),
    "unknown field": ({"force": True}, "force"),
}

BAD_REFRESHES: Cases = {
    "unknown field": ({"deep": True}, "deep"),
    "unknown field, null": ({"deep": None}, "deep"),
}

BAD_CAPTURES: Cases = {
    "amount zero": ({"amount_to_capture": 0}, "amount_to_capture"),
    "amount negative": ({"amount_to_capture": -1}, "amount_to_capture"),
    "amount a text": ({"amount_to_capture": "100"}, "amount_to_capture"),
    "amount a float": ({"amount_to_capture": 1.5}, "amount_to_capture"),
    "amount true": ({"amount_to_capture": True}, "amount_to_capture"),
    "amount too large": ({"amount_to_capture": 1001}, "amount_to_capture"),
    "amount under another name": ({"amount": 100}, "amount"),
    "unknown field": ({"final_capture": True}, "final_capture"),
}

BAD_REFUNDS: Cases = {
    "amount zero": ({"amount": 0}, "amount"),
    "amount negative": ({"amount": -1}, "amount"),
    "amount a text": ({"amount": "100"}, "amount"),
    "amount a float": ({"amount": 1.5}, "amount"),
    "amount true": ({"amount": True}, "amount"),
    "amount of 64 bits": ({"amount": 2**64}, "amount"),
    "reason unknown": ({"reason": "bored"}, "reason"),
    "reason of a cancel": ({"reason": "abandoned"}, "reason"),
    "reason of Stripe's own": ({"reason": "expired_uncaptured_charge"}, "reason"),
    "reason a list": ({"reason": ["duplicate"]}, "reason"),
    "metadata a list": ({"metadata": ["a"]}, "metadata"),
    "metadata with a number": ({"metadata": {"a": 1}}, "metadata.a"),
    "metadata with null": ({"metadata": {"a": None}}, "metadata.a"),
    "metadata key with a bracket": ({"metadata": {"a]": "c"}}, "metadata.a]"),
    "metadata key of ours": ({"metadata": {"payment_id": "a"}}, "metadata.payment_id"),
    "a charge": ({"charge": "ch_1"}, "charge"),
    "unknown field": ({"force": True}, "force"),
}

BAD_CUSTOMERS: Cases = {
    "email a number": ({"email": 1}, "email"),
    "email a list": ({"email": ["ada@example.test"]}, "email"),
    "email empty": ({"email": ""}, "email"),
    "email with a line break": ({"email": "ada@example.test\nBcc: x@y.test"}, "email"),
    "email with NUL": ({"email": "ada\x00@example.test"}, "email"),
    "email with an escape": ({"email": "\x1b[2J@example.test"}, "email"),
    "name an object": ({"name": {"first": "Ada"}}, "name"),
    "name empty": ({"name": ""}, "name"),
    "name with NUL": ({"name": "Ada\x00"}, "name"),
    "name false": ({"name": False}, "name"),
    "metadata a list": ({"metadata": ["a"]}, "metadata"),
    "metadata with a number": ({"metadata": {"a": 1}}, "metadata.a"),
    "metadata with an object": ({"metadata": {"a": {}}}, "metadata.a"),
    "metadata with null": ({"metadata": {"a": None}}, "metadata.a"),
    "metadata key with a bracket": ({"metadata": {"a]": "c"}}, "metadata.a]"),
    "metadata key of ours": ({"metadata": {"item_ids": "a"}}, "metadata.item_ids"),
    "metadata with an empty value": ({"metadata": {"a": ""}}, "metadata.a"),
    "a field of Stripe's": ({"phone": "+49 30 123"}, "phone"),
    "an id of one's own": ({"id": "cus_mine"}, "id"),
    "an owner": ({"owner": "other"}, "owner"),
    "a card": ({"payment_method": "pm_card_visa"}, "payment_method"),
    "a field without a name": ({"": "x"}, None),
    "a field called like our own notes": ({"[key]": "x"}, "[key]"),
}

BAD_ATTACHMENTS: Cases = {
    "no card": ({}, "payment_method"),
    "card null": ({"payment_method": None}, "payment_method"),
    "card a number": ({"payment_method": 1}, "payment_method"),
    "card a list": ({"payment_method": ["pm_card_visa"]}, "payment_method"),
    "card empty": ({"payment_method": ""}, "payment_method"),
    "card of another kind": ({"payment_method": "tok_visa"}, "payment_method"),
    "card of an old kind": ({"payment_method": "card_1"}, "payment_method"),
    "card with a slash": ({"payment_method": "pm_a/attach"}, "payment_method"),
    "card with NUL": ({"payment_method": "pm_a\x00"}, "payment_method"),
    "another customer": (CONFIRM | {"customer": "cus_other"}, "customer"),
    "unknown field": (CONFIRM | {"default": True}, "default"),
}

ADDRESS = "billing_details.address"


def billed(**fields: Any) -> dict[str, Any]:
    """Return an update of billing details."""
    return {"billing_details": fields}


def addressed(**fields: Any) -> dict[str, Any]:
    """Return an update of a billing address."""
    return billed(address=fields)


BAD_UPDATES: Cases = {
    "month a text": ({"exp_month": "12"}, "exp_month"),
    "month a float": ({"exp_month": 12.0}, "exp_month"),
    "month true": ({"exp_month": True}, "exp_month"),
    "month negative": ({"exp_month": -1}, "exp_month"),
    "month of 64 bits": ({"exp_month": 2**64}, "exp_month"),
    "year a text": ({"exp_year": "2040"}, "exp_year"),
    "year of two digits": ({"exp_year": 40}, "exp_year"),
    "year with a month": ({"exp_year": 204012}, "exp_year"),
    "year that is over": ({"exp_year": 2020}, "exp_year"),
    "details a text": ({"billing_details": "Ada"}, "billing_details"),
    "details a list": ({"billing_details": []}, "billing_details"),
    "unknown detail": (billed(tax_id="DE1"), "billing_details.tax_id"),
    "email a number": (billed(email=1), "billing_details.email"),
    "email of two lines": (billed(email="a\r\nb"), "billing_details.email"),
    "name a list": (billed(name=["Ada"]), "billing_details.name"),
    "name with NUL": (billed(name="\x00"), "billing_details.name"),
    "phone a number": (billed(phone=4930123), "billing_details.phone"),
    "phone of two lines": (billed(phone="1\n2"), "billing_details.phone"),
    "address a text": (billed(address="Berlin"), ADDRESS),
    "unknown part": (addressed(street="x"), f"{ADDRESS}.street"),
    "city a number": (addressed(city=1), f"{ADDRESS}.city"),
    "city with NUL": (addressed(city="\x00"), f"{ADDRESS}.city"),
    "country in lower case": (addressed(country="de"), f"{ADDRESS}.country"),
    "country's name": (addressed(country="Germany"), f"{ADDRESS}.country"),
    "country of digits": (addressed(country="49"), f"{ADDRESS}.country"),
    "country and line break": (addressed(country="D\n"), f"{ADDRESS}.country"),
    "country of other capitals": (addressed(country="ÄÖ"), f"{ADDRESS}.country"),
    "line an object": (addressed(line1={}), f"{ADDRESS}.line1"),
    "line with NUL": (addressed(line1="a\x00"), f"{ADDRESS}.line1"),
    "second line a number": (addressed(line2=2), f"{ADDRESS}.line2"),
    "second line with NUL": (addressed(line2="\x00b"), f"{ADDRESS}.line2"),
    "postal code a number": (addressed(postal_code=10115), f"{ADDRESS}.postal_code"),
    "postal code with NUL": (addressed(postal_code="\x00"), f"{ADDRESS}.postal_code"),
    "state true": (addressed(state=True), f"{ADDRESS}.state"),
    "state with NUL": (addressed(state="\x00"), f"{ADDRESS}.state"),
    "a number": ({"number": "4000"}, "number"),
    "metadata": ({"metadata": {"a": "b"}}, "metadata"),
    "a customer": ({"customer": "cus_1"}, "customer"),
}

BAD_REASONS: Cases = {
    "no reason": ({}, "reason"),
    "reason null": ({"reason": None}, "reason"),
    "reason empty": ({"reason": ""}, "reason"),
    "reason a number": ({"reason": 1}, "reason"),
    "reason a list": ({"reason": ["lost"]}, "reason"),
    "reason with NUL": ({"reason": "lost\x00"}, "reason"),
    "unknown field": ({"reason": "lost", "scope": "card"}, "scope"),
    "whose": ({"reason": "lost", "owner": "other"}, "owner"),
}

RESOLVE = {"resolution": "refresh", "reason": "asked by telephone"}
BAD_RESOLUTIONS: Cases = {
    "nothing": ({}, "resolution"),
    "no resolution": (without(RESOLVE, "resolution"), "resolution"),
    "no reason": (without(RESOLVE, "reason"), "reason"),
    "resolution unknown": (RESOLVE | {"resolution": "succeed"}, "resolution"),
    "resolution in capitals": (RESOLVE | {"resolution": "Cancel"}, "resolution"),
    "resolution null": (RESOLVE | {"resolution": None}, "resolution"),
    "resolution a list": (RESOLVE | {"resolution": ["cancel"]}, "resolution"),
    "reason empty": (RESOLVE | {"reason": ""}, "reason"),
    "reason with NUL": (RESOLVE | {"reason": "\x00"}, "reason"),
    "reason a number": (RESOLVE | {"reason": 1}, "reason"),
    "a state": (RESOLVE | {"state": "succeeded"}, "state"),
    "an event": (RESOLVE | {"event": "succeed"}, "event"),
    "an actor": (RESOLVE | {"actor": "somebody"}, "actor"),
}

ASSIGN = {"owner": "ada"}
BAD_ASSIGNMENTS: Cases = {
    "nothing": ({}, "owner"),
    "owner null": ({"owner": None}, "owner"),
    "owner empty": ({"owner": ""}, "owner"),
    "owner a number": ({"owner": 1}, "owner"),
    "owner a list": ({"owner": ["ada"]}, "owner"),
    "owner with NUL": ({"owner": "ada\x00"}, "owner"),
    "instead of nobody": (ASSIGN | {"instead_of": ""}, "instead_of"),
    "instead of a number": (ASSIGN | {"instead_of": 1}, "instead_of"),
    "instead of several": (ASSIGN | {"instead_of": ["bob"]}, "instead_of"),
    "instead of NUL": (ASSIGN | {"instead_of": "\x00"}, "instead_of"),
    "a state": (ASSIGN | {"state": "resolved"}, "state"),
    "an actor": (ASSIGN | {"actor": "bob"}, "actor"),
}

ENDED = {"resolution": "accepted", "reason": "the customer keeps both"}
BAD_ENDINGS: Cases = {
    "nothing": ({}, "resolution"),
    "no resolution": (without(ENDED, "resolution"), "resolution"),
    "no reason": (without(ENDED, "reason"), "reason"),
    "resolution empty": (ENDED | {"resolution": ""}, "resolution"),
    "resolution null": (ENDED | {"resolution": None}, "resolution"),
    "resolution a number": (ENDED | {"resolution": 1}, "resolution"),
    "resolution a list": (ENDED | {"resolution": ["accepted"]}, "resolution"),
    "resolution with NUL": (ENDED | {"resolution": "a\x00"}, "resolution"),
    "reason empty": (ENDED | {"reason": ""}, "reason"),
    "reason with NUL": (ENDED | {"reason": "\x00"}, "reason"),
    "reason a number": (ENDED | {"reason": 1}, "reason"),
    "an owner": (ENDED | {"owner": "ada"}, "owner"),
    "a state": (ENDED | {"state": "open"}, "state"),
}

HOOKS = {"url": "https://shop.example.com/hooks"}

BAD_ENDPOINTS: Cases = {
    "no address": ({}, "url"),
    "address null": ({"url": None}, "url"),
    "address a number": ({"url": 1}, "url"),
    "address empty": ({"url": ""}, "url"),
    "address relative": ({"url": "/hooks"}, "url"),
    "address without a host": ({"url": "https:///hooks"}, "url"),
    "address not secure": ({"url": "http://shop.example.com"}, "url"),
    "address of another scheme": ({"url": "ftp://shop.example.com"}, "url"),
    "address of a file": ({"url": "file:///etc/passwd"}, "url"),
    "address with a password": ({"url": "https://a:b@shop.example.com"}, "url"),
    "address with a fragment": ({"url": "https://shop.example.com#a"}, "url"),
    "address with a space": ({"url": "https://shop.example.com/a b"}, "url"),
    "address with a line break": ({"url": "https://shop.example.com\n"}, "url"),
    "address with a port of mail": ({"url": "https://shop.example.com:25"}, "url"),
    "this machine": ({"url": "https://localhost/hooks"}, "url"),
    "this machine, by number": ({"url": "https://127.0.0.1/hooks"}, "url"),
    "this machine, by one number": ({"url": "https://2130706433/hooks"}, "url"),
    "this machine, version six": ({"url": "https://[::1]/hooks"}, "url"),
    "a private network": ({"url": "https://10.0.0.1/hooks"}, "url"),
    "a cloud's own data": ({"url": "https://169.254.169.254/latest"}, "url"),
    "a name of one word": ({"url": "https://database/hooks"}, "url"),
    "address too long": ({"url": "https://shop.example.com/" + "a" * 2048}, "url"),
    "description empty": (HOOKS | {"description": ""}, "description"),
    "description a list": (HOOKS | {"description": ["a"]}, "description"),
    "types no list": (HOOKS | {"event_types": "payment.created"}, "event_types"),
    "types none": (HOOKS | {"event_types": []}, "event_types"),
    "type unknown": (HOOKS | {"event_types": ["payment.paid"]}, "event_types[0]"),
    "type of all": (HOOKS | {"event_types": ["*"]}, "event_types[0]"),
    "type a number": (HOOKS | {"event_types": [1]}, "event_types[0]"),
    "owner empty": (HOOKS | {"owner": ""}, "owner"),
    "owner a number": (HOOKS | {"owner": 1}, "owner"),
    "a secret of one's own": (HOOKS | {"secret": "whsec_a"}, "secret"),
    "unknown field": (HOOKS | {"enabled": True}, "enabled"),
}

BAD_ROTATIONS: Cases = {
    "overlap negative": ({"overlap_seconds": -1}, "overlap_seconds"),
    "overlap a text": ({"overlap_seconds": "60"}, "overlap_seconds"),
    "overlap a float": ({"overlap_seconds": 60.0}, "overlap_seconds"),
    "overlap true": ({"overlap_seconds": True}, "overlap_seconds"),
    "overlap of a month": ({"overlap_seconds": 2_592_000}, "overlap_seconds"),
    "a secret of one's own": ({"secret": "whsec_a"}, "secret"),
}

BAD_REPLAYS: Cases = {
    "endpoint a number": ({"webhook_endpoint": 1}, "webhook_endpoint"),
    "endpoint a list": ({"webhook_endpoint": ["we_a"]}, "webhook_endpoint"),
    "endpoint empty": ({"webhook_endpoint": ""}, "webhook_endpoint"),
    "endpoint of another kind": ({"webhook_endpoint": "evt_a_1"}, "webhook_endpoint"),
    "endpoint with a line break": ({"webhook_endpoint": "we_a\n"}, "webhook_endpoint"),
    "an address": ({"url": "https://shop.example.com"}, "url"),
}

BAD_DECISIONS: Cases = {
    "nothing": ({}, "version"),
    "version null": ({"version": None}, "version"),
    "version zero": ({"version": 0}, "version"),
    "version a text": ({"version": "1"}, "version"),
    "decision unknown": ({"version": 1, "decision": "maybe"}, "decision"),
    "decision null": ({"version": 1, "decision": None}, "decision"),
    "reason empty": ({"version": 1, "reason": ""}, "reason"),
    "an approver": ({"version": 1, "approved_by": "finance"}, "approved_by"),
}

BAD_FIELDS: Mapping[str, Cases] = {
    "create": BAD_CREATES,
    "confirm": BAD_CONFIRMS,
    "cancel": BAD_CANCELS,
    "refresh": BAD_REFRESHES,
    "resolve": BAD_RESOLUTIONS,
    "decide rule": BAD_DECISIONS,
    "assign anomaly": BAD_ASSIGNMENTS,
    "resolve anomaly": BAD_ENDINGS,
    "capture": BAD_CAPTURES,
    "refund": BAD_REFUNDS,
    "create customer": BAD_CUSTOMERS,
    "attach": BAD_ATTACHMENTS,
    "update card": BAD_UPDATES,
    "disable": BAD_REASONS,
    "enable": BAD_REASONS,
    "create endpoint": BAD_ENDPOINTS,
    "rotate secret": BAD_ROTATIONS,
    "enable endpoint": BAD_REFRESHES,
    "replay": BAD_REPLAYS,
}
