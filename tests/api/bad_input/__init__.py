"""Bad input on every route: the documented answer, nothing moved, and never a 500.

Each table holds a case's name and what must come back for it; a test sends all of a table to every
route it concerns, so that one run shows every case that went wrong.
"""
