"""A stand-in for Stripe: a program of its own that speaks Stripe's HTTP protocol.

It follows Stripe's documentation and shares no code with the orchestrator.
"""

from orchestrator.sandbox.app import create_app

__all__ = ["create_app"]
