"""The control calls for what happens later and by nobody's request: disputes, renewed cards."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orchestrator.sandbox import aftermath, payment_methods
from orchestrator.sandbox.accounts import Account, World
from orchestrator.sandbox.calls import Call
from orchestrator.sandbox.control_calls import ControlInvalid, Handler, answering, body_of, key_of
from orchestrator.sandbox.errors import resource_missing


class LaterControl:
    """The routes under ``/_sandbox`` that stand for banks and networks."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """List the routes."""
        table: tuple[tuple[str, Handler], ...] = (
            ("/_sandbox/payment_intents/{id}/dispute", self.dispute),
            ("/_sandbox/disputes/{id}/close", self.close_dispute),
            ("/_sandbox/payment_methods/{id}/automatically_update", self.update_card),
        )
        return [Route(path, answering(handler), methods=["POST"]) for path, handler in table]

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


def _nobodys(account: Account, id: str = "") -> Call:
    """Draw up a call that belongs to no request."""
    return Call(account, id=id)
