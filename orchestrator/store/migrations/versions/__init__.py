"""One module a step; the SQL beside it."""
