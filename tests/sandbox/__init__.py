"""Tests of the Stripe stand-in, through the real SDK and a socket."""
