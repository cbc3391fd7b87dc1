"""Seals: signed statements of how far every payment's chains had come, each tied to the one before.

Whoever keeps a seal elsewhere can prove later that history was cut short, rewritten as a whole, or
removed. ``tree`` and ``seal`` are pure; nothing here changes a payment.
"""
