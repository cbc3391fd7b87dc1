"""Orders of events that broke earlier drafts, one test each, on both databases."""
