"""What the orchestrator asks of Stripe about payments: intents and their charges, cards to try.

Every end of a call is a value of ``views``; it never retries, never decides and never raises what
Stripe did. ``customers`` asks about customers and the cards they keep.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.gateway.answers import all_charges, card_reply, intent_reply, no_charges
from orchestrator.gateway.calls import StripeCalls, checked
from orchestrator.gateway.parsing import parse_charge_page
from orchestrator.gateway.stripe_customers import StripeCustomers
from orchestrator.gateway.stripe_events import StripeEvents
from orchestrator.gateway.stripe_listings import StripeListings
from orchestrator.gateway.stripe_refunds import StripeRefunds
from orchestrator.gateway.views import CardReply, ChargesReply, ChargeView, Reply, ReplyKind

_CHARGES_PER_PAGE: Final = 100
_MAXIMUM_CHARGE_PAGES: Final = 10


class StripeGateway:
    """Stripe's API as the orchestrator needs it; one instance may serve several event loops."""

    def __init__(
        self,
        api_key: str,
        *,
        api_base: str | None,
        timeout_seconds: float,
        calls_per_second: float | None = None,
    ) -> None:
        """Prepare a gateway; nothing is opened before the first call.

        Raises:
            ValueError: as ``StripeCalls`` does.
        """
        self._calls = StripeCalls(
            api_key,
            api_base=api_base,
            timeout_seconds=timeout_seconds,
            calls_per_second=calls_per_second,
        )
        self.customers = StripeCustomers(self._calls)
        self.events = StripeEvents(self._calls)
        self.listings = StripeListings(self._calls)
        self.refunds = StripeRefunds(self._calls)

    def __repr__(self) -> str:
        """Name the address and the mode, never the key."""
        return repr(self._calls).replace("StripeCalls", "StripeGateway")

    @property
    def livemode(self) -> bool:
        """Whether the key moves real money."""
        return self._calls.livemode

    async def aclose(self) -> None:
        """Close the running loop's connections; a later call would open new ones."""
        await self._calls.aclose()

    async def create_intent(
        self,
        *,
        amount: int,
        currency: str,
        customer: str | None,
        description: str | None,
        metadata: Mapping[str, str],
        setup_future_usage: str | None,
        capture_method: str | None = None,
        idempotency_key: str,
    ) -> Reply:
        """Create an unconfirmed intent, for cards alone.

        Raises:
            ValueError: the idempotency key is empty or too long.
        """
        parameters = {
            "amount": amount,
            "currency": currency,
            "customer": customer,
            "description": description,
            "metadata": dict(metadata),
            "payment_method_types": ["card"],
            "setup_future_usage": setup_future_usage,
            "capture_method": capture_method,
        }
        return intent_reply(
            await self._calls.post("/v1/payment_intents", parameters, idempotency_key)
        )

    async def confirm_intent(
        self, intent_id: str, parameters: Mapping[str, Any], idempotency_key: str
    ) -> Reply:
        """Confirm the intent with exactly these parameters.

        Raises:
            ValueError: an id or key that cannot be one, or a parameter the SDK keeps for itself.
        """
        path = f"/v1/payment_intents/{checked(intent_id)}/confirm"
        return intent_reply(await self._calls.post(path, parameters, idempotency_key), intent_id)

    async def cancel_intent(
        self, intent_id: str, *, reason: str | None, idempotency_key: str
    ) -> Reply:
        """Cancel the intent. Use a new key for every call: Stripe would replay a refusal.

        Raises:
            ValueError: an id or key that cannot be one.
        """
        path = f"/v1/payment_intents/{checked(intent_id)}/cancel"
        answer = await self._calls.post(path, {"cancellation_reason": reason}, idempotency_key)
        return intent_reply(answer, intent_id)

    async def capture_intent(self, intent_id: str, *, amount: int, idempotency_key: str) -> Reply:
        """Take money that is held, and let the rest of it go.

        Raises:
            ValueError: an id or key that cannot be one.
        """
        path = f"/v1/payment_intents/{checked(intent_id)}/capture"
        answer = await self._calls.post(path, {"amount_to_capture": amount}, idempotency_key)
        return intent_reply(answer, intent_id)

    async def retrieve_intent(self, intent_id: str) -> Reply:
        """Read the intent without its charges.

        Raises:
            ValueError: an id that cannot be one.
        """
        answer = await self._calls.get(f"/v1/payment_intents/{checked(intent_id)}", {})
        return intent_reply(answer, intent_id)

    async def list_charges(self, intent_id: str) -> ChargesReply:
        """Read all charges of the intent, newest first; all of them or none.

        Raises:
            ValueError: an id that cannot be one.
        """
        parameters = {"payment_intent": checked(intent_id), "limit": _CHARGES_PER_PAGE}
        charges: tuple[ChargeView, ...] = ()
        for _ in range(_MAXIMUM_CHARGE_PAGES):
            answer = await self._calls.get("/v1/charges", parameters)
            if not answer.succeeded:
                return no_charges(answer)
            page = parse_charge_page(answer.body)
            if page is None:
                return no_charges(answer, "The charges cannot be read.")
            charges += page.charges
            if not page.has_more:
                return all_charges(answer, charges)
            parameters["starting_after"] = page.charges[-1].id
        return no_charges(answer, "The intent has too many charges.")

    async def read_intent(self, intent_id: str) -> Reply:
        """Read the intent, then all its charges into ``intent.charges``.

        Where the charges cannot be read the reply has that failure's kind, and the intent
        without them.

        Raises:
            ValueError: an id that cannot be one.
        """
        reply = await self.retrieve_intent(intent_id)
        if reply.kind is not ReplyKind.answered or reply.intent is None:
            return reply
        if reply.intent.latest_charge is None:
            return replace(reply, intent=replace(reply.intent, charges=()))
        listed = await self.list_charges(intent_id)
        if listed.kind is ReplyKind.answered:
            return replace(reply, intent=replace(reply.intent, charges=listed.charges))
        return Reply(
            kind=listed.kind,
            intent=reply.intent,
            code=listed.code,
            message=listed.message,
            http_status=listed.http_status,
            request_id=listed.request_id,
        )

    async def retrieve_card(self, payment_method_id: str) -> CardReply:
        """Read a PaymentMethod; the card's ``type`` says whether it is one.

        Raises:
            ValueError: an id that cannot be one.
        """
        answer = await self._calls.get(f"/v1/payment_methods/{checked(payment_method_id)}", {})
        return card_reply(answer)


__all__ = ["StripeGateway"]
