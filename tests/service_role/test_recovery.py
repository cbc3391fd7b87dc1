"""Workers recover payments as a role that owns nothing."""

from tests.test_recovery import *  # noqa: F403  the same tests, over another database
