"""Lists of a period as the gateway asks for them and reads them, a page a call."""

from typing import Any

import pytest

from orchestrator.gateway.listed import Span
from orchestrator.gateway.views import ReplyKind
from tests.gateway.conftest import Connect
from tests.gateway.scripted_server import Answer
from tests.gateway.stripe_json import charge_json, error_json, intent_json, list_json

SPAN = Span(1_790_000_000, 1_790_086_400)


def _intent(**changes: Any) -> dict[str, Any]:
    return intent_json(created=1_790_000_000, **changes)


async def test_page_of_intents_is_of_a_period(connect: Connect) -> None:
    """A page is asked for by its times and its cursor, and shows each intent's latest charge."""
    taken = charge_json(amount_captured=2000, amount_refunded=500, disputed=True)
    listed = list_json(_intent(latest_charge=taken), _intent(id="pi_0"), has_more=True)
    gateway, server = await connect(Answer(200, listed))
    page = await gateway.listings.page_of_intents(SPAN, "pi_9")
    first, second = page.items

    assert first.charge is not None
    assert (first.charge.amount_captured, first.charge.amount_refunded) == (2000, 500)
    assert (first.charge.disputed, first.created, second.charge) == (True, 1_790_000_000, None)
    assert page.has_more
    assert [request.query for request in server.requests] == [
        {
            "created[gte]": "1790000000",
            "created[lt]": "1790086400",
            "limit": "100",
            "starting_after": "pi_9",
            "expand[0]": "data.latest_charge",
        }
    ]


async def test_page_of_charges_is_of_a_period(connect: Connect) -> None:
    """A charge is known by its intent, whether that is shown or only named."""
    listed = list_json(
        charge_json(),
        charge_json(payment_intent=_intent(id="pi_2")),
        charge_json(payment_intent=None),
    )
    gateway, server = await connect(Answer(200, listed))
    page = await gateway.listings.page_of_charges(SPAN, None)

    assert [charge.payment_intent for charge in page.items] == ["pi_1", "pi_2", None]
    assert (page.has_more, server.requests[0].path) == (False, "/v1/charges")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(500, error_json(type="api_error")), ReplyKind.unknown),
        (Answer(429, error_json(code="rate_limit")), ReplyKind.busy),
        (Answer(200, list_json(charge_json(), {"id": "ch_1"})), ReplyKind.unknown),
        (Answer(200, {"object": "list"}), ReplyKind.unknown),
    ],
    ids=["500", "429", "half-a-charge", "no-items"],
)
async def test_page_that_cannot_be_read_is_no_page(
    connect: Connect, answer: Answer, kind: ReplyKind
) -> None:
    """Whatever is not understood in full is not passed off as a page."""
    gateway, _ = await connect(answer)
    charges = await gateway.listings.page_of_charges(SPAN, None)
    intents = await gateway.listings.page_of_intents(SPAN, None)

    assert (charges.kind, charges.items, charges.has_more) == (kind, (), False)
    assert (intents.kind, intents.items) == (kind, ())


async def test_one_intent_is_read_as_a_list_shows_it(connect: Connect) -> None:
    """One that Stripe does not know is told from one that it did not show."""
    gateway, server = await connect(
        Answer(200, _intent(latest_charge=charge_json())),
        Answer(404, error_json(type="invalid_request_error", code="resource_missing")),
    )
    found = await gateway.listings.find_intent("pi_1")
    gone = await gateway.listings.find_intent("pi_1")

    assert found.item is not None
    assert found.item.charge is not None
    assert (gone.kind, gone.code, gone.item) == (ReplyKind.refused, "resource_missing", None)
    assert server.requests[0].query == {"expand[0]": "latest_charge"}
