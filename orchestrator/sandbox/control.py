"""The control plane: what a test may do to the stand-in that nobody may do to Stripe.

Every route takes a bearer key to mean one account; without one it means all of them.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, fields
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orchestrator.sandbox import attempts, errors, payment_intents, refunds
from orchestrator.sandbox.accounts import Account, Settings, World
from orchestrator.sandbox.calls import Call
from orchestrator.sandbox.captures import expire_holds
from orchestrator.sandbox.challenges import OUTCOMES, customer_call, end_challenge
from orchestrator.sandbox.charge_objects import refund_json
from orchestrator.sandbox.clock import move
from orchestrator.sandbox.control_calls import (
    ControlInvalid,
    Handler,
    answering,
    body_of,
    json_of,
    key_of,
)
from orchestrator.sandbox.declines import issuer_decline
from orchestrator.sandbox.errors import Declined
from orchestrator.sandbox.faults import DELIVERIES, Faults, read_rules
from orchestrator.sandbox.ledger import ledger_of
from orchestrator.sandbox.model import Intent, Status
from orchestrator.sandbox.objects import intent_json
from orchestrator.sandbox.operations import OPERATIONS

_OPERATION_NAMES = frozenset({*(operation.name for operation in OPERATIONS), DELIVERIES})
REASONS = (None, "duplicate", "fraudulent", "requested_by_customer")


class Control:
    """The routes under ``/_sandbox``."""

    def __init__(
        self, world: World, faults: Faults, forget: Callable[[list[Account]], None]
    ) -> None:
        self._world = world
        self._faults = faults
        self._forget = forget

    def routes(self) -> list[Route]:
        """List the routes."""
        intent = "/_sandbox/payment_intents/{id}"
        table: tuple[tuple[str, str, Handler], ...] = (
            ("POST", "/_sandbox/faults", self.add_faults),
            ("GET", "/_sandbox/faults", self.show_faults),
            ("DELETE", "/_sandbox/faults", self.drop_faults),
            ("POST", "/_sandbox/clock", self.move_clock),
            ("GET", "/_sandbox/clock", self.show_clock),
            ("POST", "/_sandbox/settings", self.change_settings),
            ("POST", "/_sandbox/reset", self.reset),
            ("GET", "/_sandbox/ledger", self.ledger),
            ("GET", "/_sandbox/requests", self.requests),
            ("POST", intent + "/authenticate", self.authenticate),
            ("POST", intent + "/finish_processing", self.finish_processing),
            ("POST", intent + "/confirm_in_browser", self.confirm_in_browser),
            ("POST", intent + "/refund", self.refund),
            ("POST", "/_sandbox/refunds/{id}/finish", self.finish_refund),
        )
        return [
            Route(path, answering(handler), methods=[method]) for method, path, handler in table
        ]

    async def add_faults(self, request: Request) -> Response:
        """Add fault rules; they count calls from now on."""
        account = self._account_id(request)
        rules = read_rules(await json_of(request), _OPERATION_NAMES, account)
        self._faults.rules += rules
        return JSONResponse({"rules": self._faults.shown(account)})

    async def show_faults(self, request: Request) -> Response:
        """Show the fault rules."""
        return JSONResponse({"rules": self._faults.shown(self._account_id(request))})

    async def drop_faults(self, request: Request) -> Response:
        """Drop the fault rules."""
        self._faults.forget(self._account_id(request))
        return JSONResponse({"rules": []})

    async def move_clock(self, request: Request) -> Response:
        """Move the clock of one account, or of all, forward: by seconds, or to a time."""
        key = key_of(request)
        clock = self._world.clock if key is None else self._world.account(key).clock
        move(clock, await body_of(request))
        for account in self._world.chosen(key):
            expire_holds(account)
        return JSONResponse({"now": clock.now()})

    async def show_clock(self, request: Request) -> Response:
        """Show the time by which an account lives."""
        key = key_of(request)
        clock = self._world.clock if key is None else self._world.account(key).clock
        return JSONResponse({"now": clock.now()})

    async def change_settings(self, request: Request) -> Response:
        """Change settings of one account, or of all, the later ones too."""
        given = await body_of(request)
        unknown = set(given) - {field.name for field in fields(Settings)}
        if unknown:
            raise ControlInvalid(f"unknown settings: {', '.join(sorted(unknown))}")
        key = key_of(request)
        changed = [account.settings for account in self._world.chosen(key)]
        if key is None:
            changed.append(self._world.settings)
        for settings in changed:
            for name, value in given.items():
                setattr(settings, name, value)
        return JSONResponse(asdict(changed[-1]))

    async def reset(self, request: Request) -> Response:
        """Forget one account with its fault rules and deliveries, or everything."""
        self._forget(self._world.chosen(key_of(request)))
        self._faults.forget(self._account_id(request))
        self._world.reset(key_of(request))
        return JSONResponse({})

    async def ledger(self, request: Request) -> Response:
        """Show the money that moved, what is held, what was given back, and every intent."""
        return JSONResponse(ledger_of(self._world.chosen(key_of(request))))

    async def requests(self, request: Request) -> Response:
        """Show the journal of API requests, oldest first."""
        accounts = self._world.chosen(key_of(request))
        entries = [asdict(entry) for account in accounts for entry in account.journal]
        return JSONResponse({"requests": entries})

    async def authenticate(self, request: Request) -> Response:
        """End an open challenge as the customer would."""
        call, intent = self._intent_call(request, await body_of(request), Status.requires_action)
        end_challenge(call, intent, passed=_succeeds(call))
        return JSONResponse(intent_json(intent))

    async def finish_processing(self, request: Request) -> Response:
        """End what the network was processing."""
        call, intent = self._intent_call(request, await body_of(request), Status.processing)
        code = call.params.get("decline_code", "generic_decline")
        decline = None if _succeeds(call) else issuer_decline(code)
        with suppress(Declined):
            attempts.finish_processing(call, intent, decline)
        return JSONResponse(intent_json(intent))

    async def confirm_in_browser(self, request: Request) -> Response:
        """Confirm as a page holding the client secret would; the answer is Stripe's."""
        given = await body_of(request)
        account, intent = self._world.find_intent(request.path_params["id"], key_of(request))
        if intent.id in account.locked:
            raise errors.lock_timeout()
        params = {"client_secret": intent.client_secret, **given}
        call = customer_call(request, account, params)
        return JSONResponse(payment_intents.confirm(call))

    async def refund(self, request: Request) -> Response:
        """Give money back, as the shop would in its dashboard."""
        given = await body_of(request)
        call, intent = self._intent_call(request, given, Status.succeeded)
        amount, reason = given.get("amount"), given.get("reason")
        if not (amount is None or type(amount) is int) or reason not in REASONS:
            raise ControlInvalid("refund takes an amount, an integer, and one of Stripe's reasons")
        charge = call.account.charges[str(intent.latest_charge)]
        return JSONResponse(refund_json(refunds.refund(call, charge, refunds.Wish(amount, reason))))

    async def finish_refund(self, request: Request) -> Response:
        """Let a refund end as its card says it ends some time later."""
        id, key = request.path_params["id"], key_of(request)
        for account in self._world.chosen(key):
            if id in account.refunds:
                call = customer_call(request, account, {})
                refunds.finish(call, account.refunds[id])
                return JSONResponse(refund_json(account.refunds[id]))
        raise errors.resource_missing("refund", id, param="id")

    def _account_id(self, request: Request) -> str | None:
        key = key_of(request)
        return None if key is None else self._world.account(key).id

    def _intent_call(
        self, request: Request, given: dict[str, Any], status: Status
    ) -> tuple[Call, Intent]:
        account, intent = self._world.find_intent(request.path_params["id"], key_of(request))
        if intent.status is not status:
            raise errors.unexpected_state(
                f"The PaymentIntent has a status of {intent.status}, not {status}.",
                intent_json(intent),
            )
        return customer_call(request, account, given), intent


def _succeeds(call: Call) -> bool:
    outcome = call.params.get("outcome")
    if outcome not in OUTCOMES:
        raise ControlInvalid("outcome is succeed or fail")
    return OUTCOMES[outcome]
