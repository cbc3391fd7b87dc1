"""Programs that use the orchestrator as anybody would: over REST, with a key of their own."""
