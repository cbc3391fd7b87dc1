"""The queue of anomalies: what gets into it, who has it, and how it is resolved."""
