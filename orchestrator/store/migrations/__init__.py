"""The schema's history. Each step is frozen SQL, one file a dialect, so that it never changes."""
