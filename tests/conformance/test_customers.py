"""Customers and their cards: made, changed, listed, and let go."""

from typing import Any

import pytest
import stripe

from tests.conformance.sides import Side, refusal


def attach(side: Side, customer: str, card: str = "pm_card_visa") -> Any:
    """Save a card to a customer."""
    return side.v1.payment_methods.attach(card, {"customer": customer})


def test_a_customer_is_made_and_read(side: Side) -> None:
    """A customer keeps what it was given."""
    customers = side.v1.customers
    made = customers.create({"email": "bob@example.com", "metadata": {"tier": "1"}})
    read = customers.retrieve(made.id)
    customers.delete(made.id)

    assert made.id.startswith("cus_")
    assert (read.object, read.email, read.livemode) == ("customer", "bob@example.com", False)
    assert read.metadata is not None
    assert read.metadata.to_dict() == {"tier": "1"}


def test_a_customer_is_changed(side: Side, customer: str) -> None:
    """An update changes what it names, merges metadata and leaves the rest."""
    customers = side.v1.customers
    customers.update(customer, {"metadata": {"a": "1", "b": "2"}})
    changed = customers.update(customer, {"name": "Bob", "metadata": {"a": ""}})

    assert (changed.name, changed.email) == ("Bob", "ada@example.com")
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2"}


def test_a_deleted_customer_is_only_its_id(side: Side) -> None:
    """A deleted customer can be read as deleted, and not be changed any more."""
    customers = side.v1.customers
    made = customers.create({"name": "Bob"})
    deleted = customers.delete(made.id)
    read: Any = customers.retrieve(made.id)
    refused = refusal(lambda: customers.update(made.id, {"name": "Eve"}))

    assert (deleted.id, deleted.deleted) == (made.id, True)
    assert (read.id, read.deleted) == (made.id, True)
    assert (refused.status, refused.error.code) == (404, "resource_missing")


def test_a_well_known_id_is_a_new_card_each_time(side: Side, customer: str) -> None:
    """Attaching a well-known id twice makes two payment methods of one card."""
    first, second = attach(side, customer), attach(side, customer)

    assert first.id != second.id
    assert first.id.startswith("pm_")
    assert first.card.fingerprint == second.card.fingerprint
    assert (first.customer, first.card.brand, first.card.last4) == (customer, "visa", "4242")


def test_a_customers_cards_are_listed(side: Side, customer: str) -> None:
    """Saved cards are listed newest first, by both addresses, a page at a time."""
    older, newer = attach(side, customer), attach(side, customer, "pm_card_mastercard")
    by_customer = side.v1.customers.payment_methods.list
    by_filter = side.v1.payment_methods.list({"customer": customer, "type": "card"})
    first = by_customer(customer, {"type": "card", "limit": 1})
    rest = by_customer(customer, {"type": "card", "starting_after": first.data[0].id})

    assert [card.id for card in by_filter.data] == [newer.id, older.id]
    assert [card.id for card in first.data] == [newer.id]
    assert (first.has_more, rest.has_more) == (True, False)
    assert [card.id for card in rest.data] == [older.id]


def test_a_saved_card_is_changed(side: Side, customer: str) -> None:
    """A new expiry and a name are kept, and the card is the same."""
    card = attach(side, customer)
    changed: Any = side.v1.payment_methods.update(
        card.id,
        {"card": {"exp_month": 1, "exp_year": 2040}, "billing_details": {"name": "Ada"}},
    )

    assert (changed.card.exp_month, changed.card.exp_year) == (1, 2040)
    assert changed.billing_details.name == "Ada"
    assert changed.card.fingerprint == card.card.fingerprint


def test_a_detached_card_is_gone_for_good(side: Side, customer: str) -> None:
    """A detached card belongs to nobody, is not listed, and cannot be saved or pay again."""
    card = attach(side, customer)
    detached = side.v1.payment_methods.detach(card.id)
    listed = side.v1.customers.payment_methods.list(customer)
    again = refusal(lambda: attach(side, customer, card.id))
    paying = side.refused_confirm(side.intent().id, card.id)

    assert detached.customer is None
    assert listed.data == []
    assert again.status == 400
    assert paying.status == 400


def test_a_saved_card_pays_for_its_customer(side: Side, customer: str) -> None:
    """A saved card pays again and again for its customer, and the charge names both."""
    card = attach(side, customer)
    first = side.confirm(side.intent(customer=customer).id, card.id)
    second = side.confirm(side.intent(customer=customer).id, card.id, off_session=True)
    charge = side.read(second.id).latest_charge

    assert (first.status, second.status) == ("succeeded", "succeeded")
    assert (charge.customer, charge.payment_method) == (customer, card.id)


def test_a_saved_card_pays_for_nobody_else(side: Side, customer: str) -> None:
    """An intent without the card's customer does not take it."""
    card = attach(side, customer)
    refused = side.refused_confirm(side.intent().id, card.id)

    assert isinstance(refused.raised, stripe.InvalidRequestError)
    assert refused.status == 400


def test_a_card_of_nobody_pays_once(side: Side) -> None:
    """A payment method that belongs to no customer cannot pay a second time."""
    paid = side.confirm(side.intent().id, "pm_card_visa")
    refused = side.refused_confirm(side.intent().id, str(paid.payment_method))

    assert refused.status == 400


@pytest.mark.parametrize("usage", ["on_session", "off_session"])
def test_a_card_is_saved_by_paying(side: Side, customer: str, usage: str) -> None:
    """``setup_future_usage`` saves the card that paid."""
    intent = side.intent(customer=customer, setup_future_usage=usage)
    paid = side.confirm(intent.id, "pm_card_visa")
    listed = side.v1.customers.payment_methods.list(customer)

    assert [card.id for card in listed.data] == [paid.payment_method]


def test_a_token_is_a_card(side: Side) -> None:
    """A payment method can be made of a test token, as a page makes it of a card."""
    made = side.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    paid = side.confirm(side.intent().id, made.id)

    assert made.card is not None
    assert (made.type, made.card.last4, made.customer) == ("card", "4242", None)
    assert paid.payment_method == made.id
