"""Tells the stand-in what shall go wrong, and asks it what really happened.

A thin layer over the calls under ``/_sandbox``, which docs/integrating.md lists; ``call`` makes
any of them. Promises to leave nothing behind: ``restore`` takes everything back.
"""

from typing import Any, Final

import httpx2

from orchestrator.client import Payment

CONFIRM: Final = "payment_intents.confirm"
DELIVERIES: Final = "webhooks.deliver"


class StandInRefused(AssertionError):
    """The stand-in did not understand what it was told; the message is its own."""


class StandIn:
    """One account of a running stand-in for Stripe."""

    def __init__(self, url: str, stripe_key: str) -> None:
        """Speak about the account of a Stripe key."""
        self.url = url
        self._http = httpx2.Client(
            base_url=f"{url}/_sandbox", headers={"Authorization": f"Bearer {stripe_key}"}
        )

    def decline_next(self, decline_code: str = "generic_decline", times: int = 1) -> None:
        """Let the next charges be declined that their cards would take.

        Raises:
            StandInRefused: there is no such decline code.
        """
        self.call("POST", "/declines", {"decline_code": decline_code, "times": times})

    def fault(self, kind: str, operation: str = CONFIRM, **more: Any) -> None:
        """Let a call go wrong: the next one, unless ``nth`` and ``times`` say otherwise.

        ``drop_after`` loses the answer to a confirm whose charge was made.

        Raises:
            StandInRefused: there is no such kind or operation.
        """
        self.call("POST", "/faults", {"operation": operation, "kind": kind, **more})

    def delay_webhooks(self, seconds: float) -> None:
        """Deliver every event from now on so much later."""
        self.fault("deliver_late", DELIVERIES, seconds=seconds, times=None)

    def drop_webhooks(self) -> None:
        """Deliver no event from now on."""
        self.fault("deliver_never", DELIVERIES, times=None)

    def hold_webhooks(self) -> None:
        """Keep events back until ``release_webhooks``."""
        self.call("POST", "/deliveries", {"mode": "held"})

    def release_webhooks(self) -> None:
        """Deliver what was kept back, and everything after it at once."""
        self.call("POST", "/deliveries", {"mode": "automatic"})

    def authenticate(self, payment: Payment, *, passed: bool = True) -> None:
        """End the open 3-D Secure challenge of a payment as its customer would.

        Raises:
            StandInRefused: no challenge is open.
        """
        outcome = {"outcome": "succeed" if passed else "fail"}
        self.call("POST", f"/payment_intents/{payment.payment_intent}/authenticate", outcome)

    def charged(self, payment: Payment) -> list[int]:
        """Return the amounts that were really charged for a payment: one of them at most."""
        return [
            charge["amount"]
            for charge in self.call("GET", "/ledger")["charges"]
            if charge["payment_intent"] == payment.payment_intent
        ]

    def restore(self) -> None:
        """Take back every fault and every decline that was told, and deliver what was kept."""
        self.call("DELETE", "/faults")
        self.call("DELETE", "/declines")
        self.release_webhooks()

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Make a control call about this account and return what it answers.

        Raises:
            StandInRefused: the call was not understood.
        """
        answer = self._http.request(method, path, json=body)
        drawn: dict[str, Any] = answer.json()
        if answer.status_code >= 400:
            raise StandInRefused(drawn["error"]["message"])
        return drawn

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
