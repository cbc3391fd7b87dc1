"""The bounds of a request's head: of its query, its path and its Idempotency-Key. By hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.actions import ActionName
from orchestrator.reconcile import DifferenceKind
from tests.api.bad_input.bounds import Bounds, characters, one_of

_CURSOR: Final = Bounds(
    taken=(),
    refused=("", "pay_", "pay_" + "a" * 65, "pay_a b", "cus_a"),
    unsaid=("pay_a", "pay_" + "a" * 64),  # of the right shape, and nobody's
)
_ACTION: Final = Bounds(
    taken=("act_1", "act_" + "9" * 18),
    refused=("", "act_", "act_" + "9" * 19, "act_a", "pay_1", "1"),
)
_WORD: Final = Bounds(taken=("a", "a" * 255), refused=("", "a" * 256, "a b", "\x1f", "\x7f"))
_LIMIT: Final = Bounds(
    taken=("1", "2", "99", "100"), refused=("", "0", "-1", "101", "1000", "9" * 20)
)


def cursors(prefix: str, end: str = "") -> dict[str, Bounds]:
    """Bound the two cursors of a list of things whose ids begin and end like this."""
    bounds = Bounds(
        taken=(),
        refused=("", prefix, f"{prefix}{'a' * 65}{end}", f"{prefix}a b{end}", "cus_a"),
        unsaid=(f"{prefix}a{end}", f"{prefix}{'a' * 64}{end}"),
    )
    return {"starting_after": bounds, "ending_before": bounds}


_MOMENT: Final = Bounds(
    taken=(
        "0",
        "1",
        "99999999999",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2024-02-29T23:59:59.999999999+23:59",
        "9999-12-31T23:59:59.999999Z",
    ),
    refused=("", "-1", "1.5", "100000000000", "2026-03-01", "2026-03-01T12:00:00", "now"),
    unsaid=(
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "2023-02-29T00:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T12:60:00Z",
        "2026-03-01T12:00:00+24:00",
        "2026-03-01T12:00:00.1234567890Z",
    ),
)

QUERIES: Final[Mapping[str, Mapping[str, Bounds]]] = {
    "list payments": {
        "state": Bounds(
            taken=(
                "created",
                "confirming",
                "requires_new_card",
                "card_disabled",
                "succeeded",
                "failed",
            ),
            refused=("", "create", "createdd", "Created", " created"),
        ),
        "customer": Bounds(
            taken=("cus_a", "cus_" + "a" * 250),
            refused=("", "cus_", "cus_" + "a" * 251, "cus_a b", "pay_a"),
        ),
        "transaction_id": characters(200),
        "limit": _LIMIT,
        "starting_after": _CURSOR,
        "ending_before": _CURSOR,
        **{f"created[{comparison}]": _MOMENT for comparison in ("gt", "gte", "lt", "lte")},
    },
    "actions": {
        "action": Bounds(
            taken=tuple(ActionName), refused=("", "card_disable", "Card_disabled", "*")
        ),
        "actor": _WORD,
        "subject": _WORD,
        "limit": _LIMIT,
        "starting_after": _ACTION,
        "ending_before": _ACTION,
    },
    "list anomalies": {
        "state": one_of("open", "assigned", "resolved"),
        "kind": Bounds(
            taken=tuple(DifferenceKind), refused=("", "amount_differ", "Late_success", "*")
        ),
        "payment": Bounds(
            taken=("pay_a", "pay_" + "a" * 64),
            refused=("", "pay_", "pay_" + "a" * 65, "pay_a b", "cus_a"),
        ),
        "limit": _LIMIT,
        **cursors("ano_"),
    },
    "list events": {
        "type": Bounds(
            taken=(
                "payment.created",
                "payment.confirming",
                "payment.requires_new_card",
                "payment.card_disabled",
                "payment.succeeded",
                "payment.failed",
            ),
            refused=("", "created", "payment.", "payment.paid", "Payment.created", "*"),
        ),
        "payment": Bounds(
            taken=("pay_a", "pay_" + "a" * 64),
            refused=("", "pay_", "pay_" + "a" * 65, "pay_a b", "cus_a"),
        ),
        "limit": _LIMIT,
        **cursors("evt_", "_1"),
    },
    "list endpoints": {"limit": _LIMIT, **cursors("we_")},
    "list deliveries": {"limit": _LIMIT, **cursors("dlv_")},
    "list cards": {
        "include": Bounds(taken=("disabled",), refused=("", "disable", "Disabled", "disabled,a")),
    },
}

IDEMPOTENCY_KEY: Final = Bounds(
    taken=("k", "!", "~", "a b", "k" * 254, "k" * 255),
    refused=("k" * 256, "k" * 257, "\x1f", "\x7f", "\x80"),
)

# Ids in the path: of the longest, and one character more.
PATHS: Final[Mapping[str, Bounds]] = {
    "payment": Bounds(taken=("pay_a", "pay_" + "a" * 64), refused=("pay_", "pay_" + "a" * 65)),
    "refund": Bounds(taken=("ref_a", "ref_" + "a" * 64), refused=("ref_", "ref_" + "a" * 65)),
    "event": Bounds(
        taken=("evt_a_1", "evt_" + "a" * 64 + "_999"),
        refused=("evt_", "evt_a", "evt_a_0", "evt_a_1000", "evt_" + "a" * 65 + "_1"),
    ),
    "webhook_endpoint": Bounds(taken=("we_a", "we_" + "a" * 64), refused=("we_", "we_" + "a" * 65)),
    "anomaly": Bounds(taken=("ano_a", "ano_" + "a" * 64), refused=("ano_", "ano_" + "a" * 65)),
    "customer": Bounds(taken=("cus_a", "cus_" + "a" * 250), refused=("cus_", "cus_" + "a" * 251)),
    "card": Bounds(taken=("pm_a", "pm_" + "a" * 250), refused=("pm_", "pm_" + "a" * 251)),
}
