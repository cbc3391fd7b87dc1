"""The route to which ``next_action`` sends a customer: the bank's page, its answer, the way back.

It answers a browser, in HTML; a test ends a challenge by the control plane.
"""

from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from orchestrator.sandbox import attempts
from orchestrator.sandbox.accounts import Account, World, new_id
from orchestrator.sandbox.calls import Call
from orchestrator.sandbox.challenge_page import (
    HEADERS,
    ended_page,
    not_found_page,
    question_page,
)
from orchestrator.sandbox.errors import ApiError, Declined
from orchestrator.sandbox.forms import parse_form
from orchestrator.sandbox.model import Intent, Status

PATH: Final = "/_sandbox/payment_intents/{id}/challenge"
OUTCOMES: Final = {"succeed": True, "succeeded": True, "fail": False, "failed": False}
# What Stripe says of each status at the return_url; anything else is "failed".
REDIRECT_STATUSES: Final = {
    Status.succeeded: "succeeded",
    Status.requires_capture: "succeeded",
    Status.requires_confirmation: "succeeded",
    Status.processing: "pending",
}


class Challenges:
    """The bank's page of each challenge."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(PATH, self.answer, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Ask the customer, or say that there is nothing to answer any more."""
        found = self._find(request)
        if found is None:
            return _html(not_found_page(), 404)
        account, intent = found
        if not _is_open(request, intent):
            return _html(ended_page(intent.status, way_back(intent)))
        return _question(account, intent)

    async def answer(self, request: Request) -> Response:
        """Take the customer's answer and lead back to the shop, where there is a way."""
        found = self._find(request)
        if found is None:
            return _html(not_found_page(), 404)
        account, intent = found
        if not _is_open(request, intent):
            return _html(ended_page(intent.status, way_back(intent)), 409)
        given = parse_form((await request.body()).decode(errors="replace"))
        outcome = given.get("outcome")
        if not isinstance(outcome, str) or outcome not in OUTCOMES:
            return _question(account, intent, 400)
        end_challenge(customer_call(request, account, given), intent, passed=OUTCOMES[outcome])
        back = way_back(intent)
        if back is None:
            return _html(ended_page(intent.status, None))
        return RedirectResponse(back, status_code=303, headers={"Cache-Control": "no-store"})

    def _find(self, request: Request) -> tuple[Account, Intent] | None:
        try:
            return self._world.find_intent(request.path_params["id"], None)
        except ApiError:
            return None


def customer_call(request: Request, account: Account, params: dict[str, Any]) -> Call:
    """Draw up a call that the customer, not the shop, makes on the intent in the path."""
    return Call(
        account,
        params,
        id=request.path_params["id"],
        path=request.url.path,
        base_url=str(request.base_url).rstrip("/"),
        request_id=new_id("req_", 14),
        client=True,
    )


def end_challenge(call: Call, intent: Intent, *, passed: bool) -> None:
    """End the open challenge; that the charge after it was declined is no error here."""
    with suppress(Declined):
        attempts.authenticate(call, intent, passed=passed)


def way_back(intent: Intent) -> str | None:
    """Write the address to return to, with what Stripe adds to it; null where there is none."""
    if intent.challenge is None or intent.challenge.return_url is None:
        return None
    told = urlencode(
        {
            "payment_intent": intent.id,
            "payment_intent_client_secret": intent.client_secret,
            "redirect_status": REDIRECT_STATUSES.get(intent.status, "failed"),
        }
    )
    parts = urlsplit(intent.challenge.return_url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{told}" if parts.query else told))


def _is_open(request: Request, intent: Intent) -> bool:
    if intent.status is not Status.requires_action or intent.challenge is None:
        return False
    # Another card's challenge is another one, though it has the same path.
    return request.query_params.get("source", intent.challenge.id) == intent.challenge.id


def _question(account: Account, intent: Intent, status: int = 200) -> Response:
    method = account.payment_methods[str(intent.payment_method)]
    return _html(question_page(intent, method), status)


def _html(page: str, status: int = 200) -> Response:
    return HTMLResponse(page, status, headers=dict(HEADERS))
