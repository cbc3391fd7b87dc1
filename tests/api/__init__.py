"""Tests of the HTTP surface, over the real use cases, databases and the Stripe stand-in."""
