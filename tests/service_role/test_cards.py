"""The API's tests of cards hold for a role that owns nothing."""

from tests.api.test_cards import *  # noqa: F403  the same tests, over another database
