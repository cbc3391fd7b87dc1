"""What is said of Stripe, asked of the stand-in and, with a test key, of Stripe itself.

As an outsider would: with Stripe's own library, over HTTP, and with nothing of ours but the
program. ``STRIPE_TEST_KEY=sk_test_… pytest tests/conformance`` asks Stripe's test mode as well;
only keys of the test mode are taken. What Stripe offers nobody (ending a challenge, faults, the
clock) stands in ``test_stand_in_only.py``.
"""
