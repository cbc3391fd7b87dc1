"""Stripe's JSON becomes views, whatever it leaves out."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_type_hints

import pytest

from orchestrator.gateway.parsing import (
    merge_failure,
    parse_charge,
    parse_charge_page,
    parse_error,
    parse_intent,
    parse_payment_method,
)
from orchestrator.gateway.views import CardView, ChargeView, Failure, IntentView
from tests.gateway.stripe_json import (
    charge_json,
    decline_json,
    failed_charge_json,
    intent_json,
    list_json,
    outcome_json,
    payment_method_json,
)

VISA = CardView("pm_1", "fp_visa", "visa", "4242", 8, 2031)


def failed_charge(**changes: Any) -> ChargeView:
    """Parse a failed charge that is known to be readable."""
    charge = parse_charge(failed_charge_json(**changes))
    assert charge is not None
    return charge


def failure_of(**changes: Any) -> Failure:
    """Parse a failed charge and take its failure."""
    failure = failed_charge(**changes).failure
    assert failure is not None
    return failure


def test_intent_is_read_whole() -> None:
    """Every field the decisions read comes from the field Stripe names so."""
    document = intent_json(
        status="succeeded",
        amount_received=2000,
        payment_method="pm_1",
        latest_charge="ch_1",
        next_action={"type": "use_stripe_sdk"},
        cancellation_reason="abandoned",
    )

    assert parse_intent(document) == IntentView(
        id="pi_1",
        status="succeeded",
        amount=2000,
        currency="usd",
        amount_received=2000,
        payment_method="pm_1",
        latest_charge="ch_1",
        next_action={"type": "use_stripe_sdk"},
        cancellation_reason="abandoned",
        metadata={"payment_id": "pay_1"},
        client_secret="pi_1_secret_hush",
    )


def test_intent_needs_only_what_identifies_it() -> None:
    """Optional fields may be missing altogether."""
    document = {"id": "pi_1", "status": "processing", "amount": 1, "currency": "usd"}

    assert parse_intent(document) == IntentView("pi_1", "processing", 1, "usd")


@pytest.mark.parametrize("missing", ["id", "status", "amount", "currency"])
def test_half_an_intent_is_none(missing: str) -> None:
    """An intent without what identifies it is no intent."""
    document = intent_json()
    del document[missing]

    assert parse_intent(document) is None


def test_unknown_status_passes_through() -> None:
    """A status Stripe adds later arrives as the string it is."""
    intent = parse_intent(intent_json(status="requires_patience"))

    assert intent is not None
    assert intent.status == "requires_patience"


def test_expanded_references_become_ids() -> None:
    """It does not matter whether Stripe expanded a field."""
    intent = parse_intent(
        intent_json(latest_charge=charge_json(), payment_method=payment_method_json())
    )

    assert intent is not None
    assert (intent.latest_charge, intent.payment_method) == ("ch_1", "pm_1")


def test_client_secret_is_not_in_the_repr() -> None:
    """An intent can be logged without giving its secret away."""
    assert "hush" not in repr(parse_intent(intent_json()))


def test_last_error_becomes_a_failure() -> None:
    """The intent's last error carries codes, charge and card, and no outcome."""
    document = decline_json()["error"]["payment_intent"]
    intent = parse_intent(document)

    assert intent is not None
    assert intent.last_payment_error == Failure(
        code="card_declined",
        decline_code="insufficient_funds",
        advice_code="try_again_later",
        network_advice_code="02",
        network_decline_code="51",
        message="Your card has insufficient funds.",
        charge="ch_1",
        payment_method="pm_1",
        card=VISA,
    )


def test_error_without_charge_has_none() -> None:
    """A refused authentication names no charge and no card."""
    failure = parse_error({"type": "card_error", "code": "payment_intent_authentication_failure"})

    assert failure == Failure(code="payment_intent_authentication_failure")


def test_payment_method_becomes_a_card() -> None:
    """A PaymentMethod of type card is known by its fingerprint."""
    card = parse_payment_method(payment_method_json(customer="cus_1"))

    assert card == replace(VISA, customer="cus_1")


def test_other_payment_method_says_its_type() -> None:
    """What is no card says so, and has nothing of one."""
    document = payment_method_json(type="us_bank_account")
    del document["card"]

    assert parse_payment_method(document) == CardView("pm_1", type="us_bank_account")


def test_succeeded_charge_has_no_failure() -> None:
    """Only a failed charge has a failure."""
    assert parse_charge(charge_json()) == ChargeView(
        id="ch_1",
        status="succeeded",
        amount=2000,
        currency="usd",
        created=1_790_000_100,
        payment_method="pm_1",
        card=VISA,
    )


def test_failed_charge_carries_its_outcome() -> None:
    """The failure of a declined charge is read from the charge and from its outcome."""
    assert failure_of() == Failure(
        code="card_declined",
        decline_code="insufficient_funds",
        advice_code="try_again_later",
        network_advice_code="02",
        network_decline_code="51",
        message="Your card has insufficient funds.",
        charge="ch_1",
        payment_method="pm_1",
        card=VISA,
        outcome_read=True,
        outcome_type="issuer_declined",
        outcome_reason="insufficient_funds",
    )


def test_a_blocks_reason_is_no_decline_code() -> None:
    """Where Stripe blocked, the reason is the block's and says nothing of the issuer's."""
    failure = failure_of(outcome=outcome_json(type="blocked", reason="highest_risk_level"))

    assert (failure.decline_code, failure.outcome_reason) == (None, "highest_risk_level")


@pytest.mark.parametrize("outcome", [None, {}, "?"], ids=repr)
def test_unseen_outcome_is_not_read(outcome: object) -> None:
    """Without an outcome object nothing about it is a fact."""
    failure = failure_of(outcome=outcome)

    assert (failure.outcome_read, failure.outcome_type, failure.outcome_reason) == (
        False,
        None,
        None,
    )


@pytest.mark.parametrize("missing", ["id", "status", "amount", "currency", "created"])
def test_half_a_charge_is_none(missing: str) -> None:
    """A charge without what identifies it is no charge."""
    document = charge_json()
    del document[missing]

    assert parse_charge(document) is None


@pytest.mark.parametrize(
    ("until", "read"),
    [(1_790_000_000, 1_790_000_000), (2**62, None), (-1, None), ("soon", None), (None, None)],
)
def test_a_hold_ends_at_a_time(until: object, read: int | None) -> None:
    """Until when money is held is a time that a clock can show, or not known."""
    details = charge_json()["payment_method_details"]
    shown = details | {"card": details["card"] | {"capture_before": until}}
    charge = parse_charge(charge_json(payment_method_details=shown))

    assert charge is not None
    assert charge.capture_before == read


def test_page_keeps_stripes_order() -> None:
    """A page's charges stay newest first, as Stripe lists them."""
    page = parse_charge_page(list_json(charge_json(id="ch_2"), charge_json(), has_more=True))

    assert page is not None
    assert ([charge.id for charge in page.charges], page.has_more) == (["ch_2", "ch_1"], True)


def test_page_with_half_a_charge_is_none() -> None:
    """A list of which one charge cannot be read is not the full list."""
    assert parse_charge_page(list_json(charge_json(), {"id": "ch_2"})) is None


def test_empty_page_has_no_more() -> None:
    """An empty page ends the list, whatever it says."""
    page = parse_charge_page(list_json(has_more=True))

    assert page is not None
    assert page.has_more is False


def test_merge_brings_the_outcome() -> None:
    """The answer's failure gains what only the charge's outcome knows."""
    merged = merge_failure(parse_error(decline_json()["error"]), failed_charge())

    assert (merged.outcome_read, merged.outcome_type, merged.outcome_reason) == (
        True,
        "issuer_declined",
        "insufficient_funds",
    )


def test_merge_fills_gaps_from_the_charge() -> None:
    """What the answer did not say is taken from the charge."""
    merged = merge_failure(Failure(code="card_declined", charge="ch_1"), failed_charge())

    assert merged == failure_of()


def test_merge_keeps_what_the_answer_said() -> None:
    """Where both speak, the answer is right."""
    said = parse_error(decline_json(decline_code="do_not_honor", message="Said.")["error"])
    merged = merge_failure(said, failed_charge())

    assert (merged.decline_code, merged.message) == ("do_not_honor", "Said.")


@pytest.mark.parametrize(
    "charge",
    [
        None,
        failed_charge(id="ch_other"),
        failed_charge(outcome=None),
        parse_charge(charge_json()),
    ],
    ids=["no-charge", "another-charge", "no-outcome", "succeeded-charge"],
)
def test_merge_changes_nothing_without_this_charges_outcome(charge: ChargeView | None) -> None:
    """Only the outcome of the very charge the answer names may be added."""
    said = parse_error(decline_json()["error"])

    assert merge_failure(said, charge) == said


def test_failure_without_charge_is_never_merged() -> None:
    """A failure that names no charge matches no charge."""
    said = Failure(code="payment_intent_authentication_failure")

    assert merge_failure(said, failed_charge()) == said


ODD_VALUES: tuple[Any, ...] = (None, True, 7, "", "odd", [], [7], {}, {"id": 7}, {"card": 7})


def odd_versions(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the document with each field in turn missing or of each odd shape."""
    for name in document:
        yield {key: value for key, value in document.items() if key != name}
        for odd in ODD_VALUES:
            yield document | {name: odd}


def wrongly_typed(view: object) -> list[str]:
    """Name the fields of a view that do not hold what they are declared to hold."""
    if not is_dataclass(view):
        return []
    hints = get_type_hints(type(view))
    plain = {name: hint for name, hint in hints.items() if hint in (str, int, str | None, bool)}
    wrong = [name for name, hint in plain.items() if not isinstance(getattr(view, name), hint)]
    inner = [wrongly_typed(getattr(view, field.name)) for field in fields(view)]
    return sum(inner, wrong)


@pytest.mark.parametrize(
    ("parse", "document"),
    [
        (parse_intent, intent_json()),
        (parse_charge, failed_charge_json()),
        (parse_payment_method, payment_method_json()),
        (parse_charge_page, list_json(charge_json())),
        (parse_error, decline_json()["error"]),
    ],
    ids=["intent", "charge", "payment-method", "charge-page", "error"],
)
def test_odd_fields_never_raise(parse: Callable[[object], object], document: Any) -> None:
    """Whatever shape a field has, it ends as what the view declares, or as nothing."""
    found = {name for odd in odd_versions(document) for name in wrongly_typed(parse(odd))}

    assert found == set()
