"""One request for a page: who asks, what is read, what is answered, and what a refusal looks like.

A page is a function of a visit that returns a response. Refuses whoever is not signed in before a
page sees the visit, and a form that no page of the session's sent.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from api.console.console import Console, render
from api.console.cookies import SESSION, read_cookie
from api.console.forms import FormRefused, form_token, read_form
from api.console.headers import PAGE_HEADERS
from api.errors import STATUSES, RequestRefused
from orchestrator.console_sessions import Session
from orchestrator.errors import OrchestratorError

SIGN_IN: Final = "/console/sign-in"
HOME: Final = "/console/payments"

# What may be opened after a sign-in: an address of the console's, and of no other host.
_OURS: Final = re.compile(r"/console/[A-Za-z0-9_~./?&=%:+,-]*")


@dataclass(slots=True)
class Visit:
    """A request, and whose it is; ``form`` is what it sent, where it sent a form."""

    request: Request
    console: Console
    session: Session | None
    token: str
    form: Mapping[str, str]

    @property
    def request_id(self) -> str:
        """Return what the request is called in the log and on record."""
        request_id: str = self.request.scope["request_id"]
        return request_id

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """Answer with a page."""
        shared = {
            "path": self.request.scope["path"],
            "session": self.session,
            "form_token": form_token(self.token),
            "request_id": self.request_id,
            "menu": self.request.app.state.console_menu,
        }
        page = render(template, shared | values)
        return Response(page, status, PAGE_HEADERS, "text/html; charset=utf-8")

    def redirect(self, path: str) -> Response:
        """Answer with another page's address, to be fetched with a GET."""
        return RedirectResponse(path, 303, PAGE_HEADERS)

    async def read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Read from the database."""
        return await self.console.runtime.database.read(function, *arguments)


View = Callable[[Visit], Awaitable[Response]]


class PageRoute(Route):
    """A page's address; the log names requests by it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match as every route does, and leave the route where the log looks for it."""
        match, child = super().matches(scope)
        return match, {**child, "route": self} if match is Match.FULL else child


def page_route(path: str, view: View, *, method: str = "GET", signed_in: bool = True) -> PageRoute:
    """Make the route of a page."""

    async def serve(request: Request) -> Response:
        console: Console = request.app.state.console
        token = read_cookie(request, SESSION)
        session = await _session(console, token)
        visit = Visit(request, console, session, token, {})
        try:
            if signed_in and session is None:
                return _to_sign_in(visit)
            # For the line in the log.
            request.scope["key_id"] = session.key_id if session is not None else None
            if signed_in and method == "POST":
                visit.form = await read_form(request, token)
            return await view(visit)
        except (RequestRefused, OrchestratorError, HTTPException) as error:
            return refuse(visit, error)

    return PageRoute(path, serve, methods=[method], include_in_schema=False)


async def _session(console: Console, token: str) -> Session | None:
    return await console.sessions.find(token) if token else None


def _to_sign_in(visit: Visit) -> Response:
    request = visit.request
    address = f"{SIGN_IN}?{urlencode({'next': _address(request)})}"
    if "hx-request" in request.headers:
        # A part of a page would show the form where the part stood.
        return Response(status_code=401, headers={**PAGE_HEADERS, "HX-Redirect": address})
    return visit.redirect(address)


def _address(request: Request) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return quote(request.scope["path"]) + (f"?{query}" if query else "")


def safe_next(address: str) -> str:
    """Return where to go after a sign-in: where one wanted to, if that is a page of ours."""
    return address if _OURS.fullmatch(address) and "//" not in address else HOME


_TITLES: Final = {
    401: "Please sign in",
    403: "Not allowed",
    404: "Nothing is here",
    405: "Not possible here",
    422: "That cannot be looked for",
    429: "Too many tries",
    503: "Not now",
}


def refuse(visit: Visit, error: Exception) -> Response:
    """Answer a refusal with a page that says what is wrong."""
    if isinstance(error, HTTPException):
        status, sentence = error.status_code, "There is no such page, or no such payment."
    elif isinstance(error, FormRefused):
        status, sentence = 403, str(error)
    else:
        status, sentence = STATUSES.get(type(error), 400), str(error)
    title = _TITLES.get(status, "That did not work")
    return visit.render("refusal.html", status, title=title, sentence=sentence)
