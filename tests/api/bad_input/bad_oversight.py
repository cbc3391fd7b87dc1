"""Bodies of operators, auditors and receivers that are wrong in one field."""

from __future__ import annotations

from tests.api.bad_input.cases import Cases, without

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
