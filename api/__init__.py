"""The HTTP surface: routes, authentication, idempotency and error answers."""
