"""The control calls for what happens later and by nobody's request: disputes, renewed cards."""

from dataclasses import asdict
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orchestrator.sandbox import aftermath, payment_methods
from orchestrator.sandbox.accounts import Account, World
from orchestrator.sandbox.calls import Call
from orchestrator.sandbox.control_calls import ControlInvalid, Handler, answering, body_of, key_of
from orchestrator.sandbox.declines import DECLINE_CODES, issuer_decline
from orchestrator.sandbox.errors import resource_missing

MOST_DECLINES: Final = 100


class LaterControl:
    """The routes under ``/_sandbox`` that stand for banks and networks."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """List the routes."""
        update = "/_sandbox/payment_methods/{id}/automatically_update"
        table: tuple[tuple[str, str, Handler], ...] = (
            ("POST", "/_sandbox/payment_intents/{id}/dispute", self.dispute),
            ("POST", "/_sandbox/disputes/{id}/close", self.close_dispute),
            ("POST", update, self.update_card),
            ("POST", "/_sandbox/declines", self.decline_next),
            ("DELETE", "/_sandbox/declines", self.forget_declines),
        )
        return [
            Route(path, answering(handler), methods=[method]) for method, path, handler in table
        ]

    async def dispute(self, request: Request) -> Response:
        """Dispute what an intent took, as the customer would with the bank."""
        kind = (await body_of(request)).get("kind", "fraudulent")
        if not isinstance(kind, str) or kind not in aftermath.DISPUTES:
            raise ControlInvalid(f"kind is one of {', '.join(aftermath.DISPUTES)}")
        account, intent = self._world.find_intent(request.path_params["id"], key_of(request))
        charge = account.charges.get(intent.latest_charge or "")
        if charge is None:
            raise ControlInvalid("the PaymentIntent has no charge")
        made = aftermath.dispute(_nobodys(account), charge, aftermath.DISPUTES[kind])
        return JSONResponse(made)

    async def close_dispute(self, request: Request) -> Response:
        """End a dispute: ``won``, ``lost``, or ``warning_closed`` for an inquiry."""
        id, outcome = request.path_params["id"], (await body_of(request)).get("outcome")
        for account in self._world.chosen(key_of(request)):
            if id in account.disputes:
                return JSONResponse(aftermath.close(_nobodys(account, id), outcome))
        raise resource_missing("dispute", id, param="dispute")

    async def update_card(self, request: Request) -> Response:
        """Give a saved card a new expiry, as its network would."""
        id, given = request.path_params["id"], await body_of(request)
        month, year = given.get("exp_month"), given.get("exp_year")
        if len(given) != 2 or type(month) is not int or type(year) is not int:
            raise ControlInvalid("give exp_month and exp_year, both integers")
        for account in self._world.chosen(key_of(request)):
            if id in account.payment_methods:
                drawn = payment_methods.automatically_update(_nobodys(account, id), (month, year))
                return JSONResponse(drawn)
        raise resource_missing("PaymentMethod", id, param="payment_method")

    async def decline_next(self, request: Request) -> Response:
        """Let the next charges be declined that a card would take: ``decline_code``, ``times``."""
        given = await body_of(request)
        code, times = given.get("decline_code", "generic_decline"), given.get("times", 1)
        if code not in DECLINE_CODES or type(times) is not int or not 1 <= times <= MOST_DECLINES:
            raise ControlInvalid(
                f"decline_code is one that Stripe documents, times from 1 to {MOST_DECLINES}"
            )
        key = key_of(request)
        if key is None:
            raise ControlInvalid("say whose charges: send the account's API key as a bearer token")
        ahead = self._world.account(key).declines_ahead
        ahead += [issuer_decline(code)] * times
        return JSONResponse({"declines_ahead": [asdict(each) for each in ahead]})

    async def forget_declines(self, request: Request) -> Response:
        """Let cards end as they would again, of one account or of all."""
        for account in self._world.chosen(key_of(request)):
            account.declines_ahead.clear()
        return JSONResponse({"declines_ahead": []})


def _nobodys(account: Account, id: str = "") -> Call:
    """Draw up a call that belongs to no request."""
    return Call(account, id=id)
