"""Payments of every kind while PostgreSQL is restarted, or killed and followed by its standby."""
