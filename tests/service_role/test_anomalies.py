"""An anomaly is found, given to somebody and resolved by a role that owns nothing."""

# ruff: noqa: F401  the same tests, over another database

from tests.anomalies.test_queue import (
    desk,
    test_anomaly_is_resolved_for_good,
    test_difference_is_recorded_once,
)
