"""Lists of a period: intents and charges by when they were created, with what they refer to."""

from typing import Any

from tests.conformance.sides import Side


def test_intents_are_listed_by_time(side: Side) -> None:
    """``gte`` takes its second in and ``lt`` leaves it out; the latest charge can be shown."""
    intent = side.intent()
    side.confirm(intent.id, "pm_card_visa")
    listing = side.v1.payment_intents.list
    period: Any = {"gte": intent.created, "lt": intent.created + 1}
    within: Any = listing({"created": period, "limit": 100, "expand": ["data.latest_charge"]})
    before = listing({"created": {"lt": intent.created}, "limit": 100})
    after = listing({"created": {"gte": intent.created + 60}, "limit": 100})
    (shown,) = [each for each in within.data if each.id == intent.id]

    assert (shown.latest_charge.object, shown.latest_charge.amount_captured) == ("charge", 1000)
    assert intent.id not in {each.id for each in [*before.data, *after.data]}


def test_charges_are_listed_by_time(side: Side) -> None:
    """Charges of all intents are one list, newest first, which pages lead through."""
    intents = [side.intent(), side.intent()]
    charges = [side.confirm(each.id, "pm_card_visa").latest_charge for each in intents]
    listing = side.v1.charges.list
    period: Any = {"gte": intents[0].created, "lt": intents[1].created + 60}
    first = listing({"created": period, "limit": 1})
    second = listing({"created": period, "limit": 1, "starting_after": first.data[0].id})
    before = listing({"created": {"lt": intents[0].created}, "limit": 100})

    assert [each.id for each in [*first.data, *second.data]] == charges[::-1]
    assert first.has_more
    assert not set(charges) & {each.id for each in before.data}
