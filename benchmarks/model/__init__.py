"""The real rules against a small model of Stripe: every order in which things can happen.

Owns the model of a PaymentIntent, the moves of everybody around it, what must always hold, and
the search over all of it. The functions that decide are the orchestrator's own.
"""
