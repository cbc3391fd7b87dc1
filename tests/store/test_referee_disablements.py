"""A card that is out of use: on record with its cause, ended once by somebody, never rewritten."""

import pytest

from tests.store.builders import NOW, Row, insert, update
from tests.store.refusal import assert_refused
from tests.store.worlds import World

DISABLED = "payment_id = 'pay_c'"
ENABLED = {"enabled_at": NOW, "enabled_reason": "x", "enabled_actor_kind": "api_key"}
BY_HAND = {"payment_id": None, "actor_kind": "api_key", "actor_id": "k", "request_id": "req_1"}
LATER = "2027-01-01T00:00:00.000000Z"
LATEST = "2027-01-02T00:00:00.000000Z"


def disablement(**columns: object) -> Row:
    """Build the row that disables another card."""
    row: Row = {
        "owner": "shop",
        "scope_key": "fingerprint:other",
        "disabled_at": NOW,
        "scope": "fingerprint",
        "payment_method": "pm_other",
        "payment_id": "pay_c",
        "reason": "lost_card",
    }
    return row | columns


ENABLE = update("card_disablements", DISABLED, **ENABLED)
AGAIN = {"scope_key": "fingerprint:finger1", "disabled_at": LATER}

REFUSED: dict[str, str] = {
    "disablement of no payment": insert("card_disablements", disablement(payment_id="pay_new")),
    "disablement of no scope": insert("card_disablements", disablement(scope="everything")),
    "disablement twice": insert(
        "card_disablements",
        disablement(scope_key="fingerprint:finger1", disabled_at="2027-01-01T00:00:00.000000Z"),
    ),
    "disablement's reason": update("card_disablements", DISABLED, reason="x"),
    "disablement ended and rewritten": update("card_disablements", DISABLED, reason="x", **ENABLED),
    "disablement ended for another scope": update(
        "card_disablements", DISABLED, scope="customer_and_fingerprint", **ENABLED
    ),
    "disablement ended for another card": update(
        "card_disablements", DISABLED, payment_method="pm_x", **ENABLED
    ),
    "disablement ended for another scope key": update(
        "card_disablements", DISABLED, scope_key="fingerprint:x", **ENABLED
    ),
    "disablement ended for another owner": update(
        "card_disablements", DISABLED, owner="x", **ENABLED
    ),
    "disablement ended for another payment": update(
        "card_disablements", DISABLED, payment_id=None, **ENABLED
    ),
    "disablement ended for another moment": update(
        "card_disablements", DISABLED, disabled_at=NOW, **ENABLED
    ),
    "disablement ended for another actor": update(
        "card_disablements", DISABLED, actor_kind="api_key", **ENABLED
    ),
    "disablement ended for another request": update(
        "card_disablements", DISABLED, request_id="x", **ENABLED
    ),
    "disablement ended for another key": update(
        "card_disablements", DISABLED, actor_id="x", **ENABLED
    ),
    "disablement by nobody": insert("card_disablements", disablement(payment_id=None)),
    "disablement by a worker": insert(
        "card_disablements", disablement(**BY_HAND | {"actor_kind": "worker"})
    ),
    "disablement ended by nobody": update(
        "card_disablements", DISABLED, **ENABLED | {"enabled_actor_kind": None}
    ),
    "disablement ended by a worker": update(
        "card_disablements", DISABLED, **ENABLED | {"enabled_actor_kind": "worker"}
    ),
    "disablement ended without a reason": update(
        "card_disablements", DISABLED, **ENABLED | {"enabled_reason": None}
    ),
    "disablement deleted": f"DELETE FROM card_disablements WHERE {DISABLED}",
    "disablement without a reason": insert("card_disablements", disablement(reason=None)),
    "disablement of a scope in other letters": insert(
        "card_disablements", disablement(scope="Fingerprint")
    ),
    "disablement by a named nobody": insert(
        "card_disablements", disablement(**BY_HAND | {"actor_kind": None})
    ),
    "disablement by a worker of a payment": insert(
        "card_disablements", disablement(actor_kind="worker")
    ),
    "disablement of no payment by hand": insert(
        "card_disablements", disablement(**BY_HAND | {"payment_id": "pay_new"})
    ),
    "disablement that begins ended by nobody": insert(
        "card_disablements", disablement(**ENABLED | {"enabled_actor_kind": None})
    ),
    "disablement twice by hand": insert("card_disablements", disablement(**BY_HAND | AGAIN)),
    "disablement never ended but rewritten": update(
        "card_disablements", DISABLED, enabled_reason="x", enabled_actor_kind="api_key"
    ),
}

ACCEPTED: dict[str, str] = {
    "disablement": insert("card_disablements", disablement()),
    "disablement by hand": insert("card_disablements", disablement(**BY_HAND)),
    "disablement by Stripe": insert(
        "card_disablements", disablement(**BY_HAND | {"actor_kind": "stripe"})
    ),
    "disablement ended": update("card_disablements", DISABLED, **ENABLED),
    "disablement of one id": insert(
        "card_disablements",
        disablement(**BY_HAND, scope="payment_method", scope_key="payment_method:pm_other"),
    ),
    "disablement of another owner's card": insert(
        "card_disablements", disablement(**AGAIN | {"owner": "other"})
    ),
    "disablement ended by an operator": update(
        "card_disablements", DISABLED, **ENABLED | {"enabled_actor_kind": "operator"}
    ),
}

# What follows an end: the end itself is accepted above.
REFUSED_AFTER_THE_END: dict[str, str] = {
    "ended again": update("card_disablements", DISABLED, **ENABLED | {"enabled_at": LATER}),
    "end taken back": update(
        "card_disablements",
        DISABLED,
        enabled_at=None,
        enabled_reason=None,
        enabled_actor_kind=None,
    ),
    "end's reason": update("card_disablements", DISABLED, enabled_reason="y"),
    "end by another": update("card_disablements", DISABLED, enabled_actor_id="y"),
    "reason": update("card_disablements", DISABLED, reason="y"),
    "deleted": f"DELETE FROM card_disablements WHERE {DISABLED}",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_statement_is_refused(world: World, statement: str) -> None:
    """Why a card is out of use stays as it was recorded, and somebody or something is its cause."""
    assert_refused(world, [statement])


@pytest.mark.parametrize("statement", ACCEPTED.values(), ids=ACCEPTED)
def test_statement_is_accepted(world: World, statement: str) -> None:
    """What the program does with a card is no rewriting."""
    world.check(statement)


@pytest.mark.parametrize("statement", REFUSED_AFTER_THE_END.values(), ids=REFUSED_AFTER_THE_END)
def test_end_is_final(world: World, statement: str) -> None:
    """A disablement that was ended is not ended otherwise, nor begun again."""
    assert_refused(world, [ENABLE, statement])


def test_card_goes_out_of_use_again(world: World) -> None:
    """After its end a card may go out of use once more, under a row of its own."""
    world.check(ENABLE, insert("card_disablements", disablement(**AGAIN)))


def test_card_is_out_of_use_once_again(world: World) -> None:
    """And then no second time beside that."""
    again = insert("card_disablements", disablement(**AGAIN))
    beside = insert("card_disablements", disablement(**AGAIN | {"disabled_at": LATEST}))

    assert_refused(world, [ENABLE, again, beside])


def test_row_of_the_same_moment_is_refused_after_the_end(world: World) -> None:
    """Owner, scope key and moment name one row for good, whether it was ended or not."""
    (moment,) = world.rows(f"SELECT disabled_at FROM card_disablements WHERE {DISABLED}")[0]
    again = disablement(**AGAIN | {"disabled_at": moment})

    assert_refused(world, [ENABLE, insert("card_disablements", again)])
