"""Every card of the stand-in, through REST, ends where Stripe's documentation says it must."""

from typing import Any

import pytest

from tests.card_expectations import DECLINE_CODES, TEST_CARDS
from tests.databases import POSTGRESQL_WHEN_THOROUGH
from tests.rest import Rest

CASES = TEST_CARDS | {f"pm_sim_{code}": state for code, state in DECLINE_CODES.items()}
CHARGED = {"succeeded": [1000]}

# What a customer must not read of why a card was declined.
SECRET_CODES = (
    "lost_card",
    "stolen_card",
    "fraudulent",
    "merchant_blacklist",
    "pickup_card",
    "restricted_card",
    "security_violation",
)
SECRET_WORDS = ("lost", "stolen", "fraud", "blacklist", "blocked", "pick", "restricted", "security")


@pytest.fixture(params=POSTGRESQL_WHEN_THOROUGH)
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the test a fresh migrated database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


async def _confirm(rest: Rest, card: str, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    created = await rest.create(item_ids=["sku_1"], transaction_id="order-1")
    answer = await rest.confirm(created, card, **fields)
    assert answer.status_code == 200, answer.text
    return created, answer.json()


@pytest.mark.parametrize(("card", "state"), CASES.items(), ids=CASES.keys())
async def test_card_ends_in_its_state(rest: Rest, card: str, state: str) -> None:
    """A confirm with this card leads to this state, and to a charge only where it is succeeded."""
    created, confirmed = await _confirm(rest, card)
    payment = await rest.world.payments.driver.load(created["id"])
    charged = await rest.world.charged(payment)

    assert confirmed["state"] == state
    assert charged == CHARGED.get(state, [])
    assert confirmed["attempts_used"] == 1


@pytest.mark.parametrize("code", [c for c, s in DECLINE_CODES.items() if s == "card_disabled"])
async def test_disabled_card_is_refused_then(rest: Rest, code: str) -> None:
    """A card that a decline took out of use is refused on the same payment, and nothing moves."""
    created, confirmed = await _confirm(rest, f"pm_sim_{code}")

    again = await rest.confirm(created, f"pm_sim_{code}")
    after = (await rest.get(f"/payments/{created['id']}")).json()

    assert (again.status_code, again.json()["code"]) == (409, "card_disabled")
    assert confirmed["excluded_cards"][0]["payment_method"] == f"pm_sim_{code}"
    assert (after["state"], after["attempts_used"]) == ("card_disabled", 1)


@pytest.mark.parametrize("code", SECRET_CODES)
async def test_message_keeps_the_secret(rest: Rest, code: str) -> None:
    """What the customer may read of a generic decline does not say why."""
    _, confirmed = await _confirm(rest, f"pm_sim_{code}")
    message = confirmed["last_outcome"]["message"].lower()

    assert message
    assert [word for word in SECRET_WORDS if word in message] == []


@pytest.mark.parametrize(
    ("outcome", "state"), [("succeed", "succeeded"), ("fail", "requires_new_card")]
)
async def test_challenge_is_found_by_refresh(rest: Rest, outcome: str, state: str) -> None:
    """A 3-D Secure challenge passed or failed in the browser is settled by a refresh."""
    created, confirmed = await _confirm(rest, "pm_card_threeDSecure2Required")
    payment = await rest.world.payments.driver.load(created["id"])

    await rest.world.authenticate(payment, outcome)
    refreshed = (await rest.post(f"/payments/{created['id']}/refresh")).json()

    assert confirmed["next_action"] is not None
    assert refreshed["state"] == state
    assert refreshed["next_action"] is None


OFF_SESSION = ("pm_card_authenticationRequired", "pm_card_threeDSecure2Required")


@pytest.mark.parametrize("card", OFF_SESSION)
async def test_authentication_wanted_off_session(rest: Rest, card: str) -> None:
    """A card that wants authentication while its holder is away may be presented again."""
    _, confirmed = await _confirm(rest, card, off_session=True)

    assert confirmed["state"] == "requires_new_card"
    assert confirmed["last_outcome"]["decline_code"] == "authentication_required"
    assert confirmed["last_outcome"]["same_card_allowed"] is True
