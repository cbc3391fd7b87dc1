"""Bodies that are wrong in one field, for every route that reads one.

What lies just below and just above each bound stands in ``bounds.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.api.bad_input.bad_customers import (
    BAD_ATTACHMENTS,
    BAD_CUSTOMERS,
    BAD_REASONS,
    BAD_UPDATES,
)
from tests.api.bad_input.bad_oversight import (
    BAD_ASSIGNMENTS,
    BAD_DECISIONS,
    BAD_ENDINGS,
    BAD_ENDPOINTS,
    BAD_REPLAYS,
    BAD_RESOLUTIONS,
    BAD_ROTATIONS,
)
from tests.api.bad_input.bad_payments import (
    BAD_CANCELS,
    BAD_CAPTURES,
    BAD_CONFIRMS,
    BAD_CREATES,
    BAD_REFRESHES,
    BAD_REFUNDS,
)
from tests.api.bad_input.cases import Cases

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
