"""What callers wrote may leave from what is over, all of it at once, and nothing may replace it.

``pay_a`` has succeeded, ``pay_e`` is created; ``ref_1`` is a refund of ``pay_a`` that we asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pytest

from tests.store.builders import change, insert, update
from tests.store.refusal import Action, assert_refused, rows_of
from tests.store.test_referee_refunds import FOUND, OURS, SUCCEEDED, refund
from tests.store.worlds import World

WRITTEN: Final = {"payment_intent": "pi_pay_a", "metadata": {"note": "for Ada"}, "amount": 4200}
ASKED: Final = insert("refunds", refund(metadata={"note": "for Ada"}, parameters=WRITTEN))
LEFT: Final = {"payment_intent": "pi_pay_a", "amount": 4200}

REFUSED: Final[Mapping[str, Action]] = MappingProxyType(
    {
        "of a payment that is open": lambda w: [
            change(w.payments["requires_new_card"], metadata={}, description="x")
        ],
        "written over": lambda w: [change(w.payments["succeeded"], metadata={"other": "1"})],
        "description written": lambda w: [change(w.payments["succeeded"], description="other")],
        "with another fact": lambda w: [
            change(w.payments["succeeded"], metadata={}, transaction_id=None)
        ],
        "with the items": lambda w: [change(w.payments["succeeded"], metadata={}, item_ids=[])],
        "of a refund under way": lambda w: [ASKED, update("refunds", OURS, metadata={})],
        "of a refund, written over": lambda w: [
            ASKED,
            SUCCEEDED,
            update("refunds", OURS, metadata={"other": "1"}),
        ],
        "of a refund, with its amount sent": lambda w: [
            ASKED,
            SUCCEEDED,
            update("refunds", OURS, metadata={}, parameters={"payment_intent": "pi_pay_a"}),
        ],
        "of a refund, and it moves": lambda w: [
            ASKED,
            SUCCEEDED,
            update(
                "refunds", OURS, metadata={}, parameters=LEFT, state="failed", failure_reason="x"
            ),
        ],
    }
)


@pytest.mark.parametrize("action", rows_of(REFUSED))
def test_it_is_refused(world: World, action: Action) -> None:
    """An erasure that is none, or of what is not over, changes nothing."""
    assert_refused(world, action(world))


def test_what_is_over_is_erased(world: World) -> None:
    """The words of a handled payment and of its refunds leave; twice is as good as once."""
    erased = change(world.payments["succeeded"], metadata={}, description=None)
    gone = update("refunds", OURS, metadata={}, parameters=LEFT)
    world.run(ASKED, FOUND, SUCCEEDED)
    world.run(erased, gone, erased, gone)
    world.run(update("refunds", "id = 'ref_2'", metadata={}))

    assert world.rows("SELECT count(*) FROM refunds WHERE metadata = '{}'") == [(2,)]
