"""The few calls of the orchestrator's REST API that a shop needs."""

from types import TracebackType
from typing import Any, Self

import httpx2

Json = dict[str, Any]


class Refused(Exception):
    """The orchestrator refused; ``code`` says why and ``status`` is HTTP's."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        self.status = status
        self.code = code
        super().__init__(sentence)


class Unreachable(Exception):
    """No usable answer; the same call may be made again."""


class Orchestrator:
    """A client with one API key."""

    def __init__(self, url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx2.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False)

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def create_customer(self, fields: Json, key: str) -> Json:
        """Create a customer."""
        return await self._send("POST", "/v1/customers", fields, key)

    async def attach_card(self, customer: str, payment_method: str, key: str) -> Json:
        """Save a card to a customer."""
        body = {"payment_method": payment_method}
        return await self._send("POST", f"/v1/customers/{customer}/cards", body, key)

    async def list_cards(self, customer: str) -> list[Json]:
        """List a customer's usable cards."""
        listed: list[Json] = (await self._send("GET", f"/v1/customers/{customer}/cards"))["data"]
        return listed

    async def create_payment(self, fields: Json, key: str) -> Json:
        """Create a payment."""
        return await self._send("POST", "/v1/payments", fields, key)

    async def get_payment(self, payment: str) -> Json:
        """Read a payment."""
        return await self._send("GET", f"/v1/payments/{payment}")

    async def confirm(self, payment: str, card: str, key: str) -> Json:
        """Try a card."""
        body = {"payment_method": card}
        return await self._send("POST", f"/v1/payments/{payment}/confirm", body, key)

    async def refresh(self, payment: str) -> Json:
        """Have Stripe asked."""
        return await self._send("POST", f"/v1/payments/{payment}/refresh", {})

    async def client_secret(self, payment: str) -> str:
        """Read the client secret of a payment."""
        read = await self._send("GET", f"/v1/payments/{payment}/client_secret")
        return str(read["client_secret"])

    async def _send(
        self, method: str, path: str, body: Json | None = None, key: str | None = None
    ) -> Json:
        headers = {} if key is None else {"Idempotency-Key": key}
        try:
            answer = await self._http.request(method, path, json=body, headers=headers)
            document: Json = answer.json()
        except (httpx2.HTTPError, ValueError) as exc:
            raise Unreachable(type(exc).__name__) from exc
        if answer.status_code >= 500:
            raise Unreachable(str(answer.status_code))
        if answer.status_code >= 400:
            raise Refused(answer.status_code, document["code"], document["detail"])
        return document
