"""API keys are made and revoked by a role that owns nothing."""

from tests.store.test_api_keys import *  # noqa: F403  the same tests, over another database
