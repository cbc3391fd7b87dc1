"""The database: tables and rules, what is written and read, and the connections it runs on.

Everything here is plain functions of a SQLAlchemy connection. Stripe is never called from here.
"""
