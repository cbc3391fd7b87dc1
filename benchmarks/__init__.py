"""What a payment costs, beside the same two handlers written by hand without any guarantee."""
