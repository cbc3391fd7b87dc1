"""A card that has been declined too often, as a caller meets it."""

from __future__ import annotations

from tests.api.conftest import Api

CARD = "pm_sim_generic_decline"


async def test_the_eleventh_decline_of_a_day_is_not_tried(sqlite_api: Api) -> None:
    """It is a 409 that says when to come back, and the payment stays as it was."""
    for _ in range(2):
        payment = await sqlite_api.create(max_attempts=6)
        for _ in range(5):
            payment = (await sqlite_api.confirm(payment, CARD)).json()
    answer = await sqlite_api.confirm(payment, CARD)
    refusal = answer.json()
    after = (await sqlite_api.get(f"/v1/payments/{payment['id']}")).json()

    assert (answer.status_code, refusal["code"]) == (409, "card_attempts_exhausted")
    assert 86_000 < int(answer.headers["Retry-After"]) <= 86_400
    assert (refusal["param"], refusal["state"]) == ("payment_method", "requires_new_card")
    assert after == payment
