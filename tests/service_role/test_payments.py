"""The API's tests of payments hold for a role that owns nothing."""

from tests.api.test_payments import *  # noqa: F403  the same tests, over another database
