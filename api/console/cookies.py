"""The console's two cookies: who is signed in, and which sign-in form is this browser's.

No script can read them, no other site's page can have them sent, and over TLS they never go
without it.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

SESSION: Final = "console_session"
FORM: Final = "console_form"


def read_cookie(request: Request, name: str) -> str:
    """Return a cookie of ours; empty where there is none."""
    return request.cookies.get(_full_name(request, name), "")


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Give the browser a cookie, until it is closed."""
    response.set_cookie(
        _full_name(request, name),
        value,
        path="/",
        secure=_over_tls(request),
        httponly=True,
        samesite="strict",
    )


def delete_cookie(request: Request, response: Response, name: str) -> None:
    """Take a cookie from the browser."""
    response.delete_cookie(
        _full_name(request, name),
        path="/",
        secure=_over_tls(request),
        httponly=True,
        samesite="strict",
    )


def _full_name(request: Request, name: str) -> str:
    # The prefix keeps other hosts of the domain from setting it; browsers take it over TLS alone.
    return f"__Host-{name}" if _over_tls(request) else name


def _over_tls(request: Request) -> bool:
    # Not from the whole address: a query that is no UTF-8 cannot be written as one.
    scheme: str = request.scope["scheme"]
    return scheme == "https"
