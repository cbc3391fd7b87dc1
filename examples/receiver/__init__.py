"""A receiver of events: verifies each, takes each once, and answers before it does anything."""
