"""Card payments as persisted, auditable state machines on top of Stripe."""

__version__ = "0.1.0"
