"""Tests of what the orchestrator needs of Stripe: the lists, the parser and the calls."""
