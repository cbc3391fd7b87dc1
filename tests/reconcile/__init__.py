"""Agreement with Stripe: what differs, how two lists are brought together, and the walk itself."""
