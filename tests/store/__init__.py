"""The database: what it refuses, what it stores, and who may write first."""
