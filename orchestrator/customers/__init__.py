"""Customers and the cards they keep: at Stripe, with whose they are and what is out of use here."""

from orchestrator.customers.by_hand import CardsByHand
from orchestrator.customers.cards import Cards
from orchestrator.customers.customers import CreateCustomer, CustomerResult, Customers
from orchestrator.customers.expiry import UpdateCard
from orchestrator.customers.standing import CardStanding, Standings

__all__ = [
    "CardStanding",
    "Cards",
    "CardsByHand",
    "CreateCustomer",
    "CustomerResult",
    "Customers",
    "Standings",
    "UpdateCard",
]
