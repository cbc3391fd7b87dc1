"""The API's tests of customers hold for a role that owns nothing."""

from tests.api.test_customers import *  # noqa: F403  the same tests, over another database
