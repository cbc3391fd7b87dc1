"""The wallet that each test of cards starts from."""

from __future__ import annotations

import pytest

from tests.api.cards.wallet import Wallet
from tests.api.conftest import Api


@pytest.fixture
async def wallet(api: Api) -> Wallet:
    """Give the test a customer of the shop's, and an administrator of another name."""
    customer = (await api.post("/v1/customers", {"name": "Ada"})).json()["id"]
    _, admin = await api.key("ops", "admin")
    return Wallet(api, customer, admin)
