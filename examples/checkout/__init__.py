"""A small shop with a checkout page: the whole way of a payment as a customer sees it."""
