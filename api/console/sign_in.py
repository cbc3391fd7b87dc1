"""Signing in with a key, and out again. Whether somebody was let in is on record either way."""

from starlette.responses import Response

from api.authentication import Identity
from api.console.cookies import FORM, SESSION, delete_cookie, read_cookie, set_cookie
from api.console.forms import FormRefused, form_token, read_form
from api.console.visit import SIGN_IN, Visit, safe_next
from orchestrator.console_sessions import new_token
from orchestrator.keys import parse_secret

UNKNOWN = "This key is not in use. Check that you have copied all of it."
OTHER_SCOPE = "This key is of another scope. The console takes keys of scope audit or admin."


async def show_sign_in(visit: Visit) -> Response:
    """Show the form, or the page one wanted where one is signed in already."""
    wanted = safe_next(visit.request.query_params.get("next", ""))
    return visit.redirect(wanted) if visit.session is not None else _form(visit, wanted)


async def sign_in(visit: Visit) -> Response:
    """Begin a session for a key that reads everybody's payments."""
    request = visit.request
    address = request.client.host if request.client is not None else ""
    wanted = safe_next(request.query_params.get("next", ""))
    wait_seconds = visit.console.throttle.enter(address)
    if wait_seconds is not None:
        problem = f"There were too many tries to sign in. Please try again in {wait_seconds} s."
        response = _form(visit, wanted, 429, problem)
        response.headers["Retry-After"] = str(wait_seconds)
        return response
    try:
        form = await read_form(request, read_cookie(request, FORM))
    except FormRefused as refused:
        return _form(visit, wanted, 403, str(refused))
    secret = form.get("key", "").strip()
    identity = await request.app.state.key_ring.identify(secret)
    if identity is None:
        # Never what else was typed: it may be a secret with a slip of the pen in it.
        parsed = parse_secret(secret)
        await _put_refusal_on_record(visit, parsed[0] if parsed else None, "key_not_in_use")
        return _form(visit, wanted, 401, UNKNOWN)
    if "audit" not in identity.grants:
        await _put_refusal_on_record(visit, identity.key_id, "scope_does_not_cover")
        return _form(visit, wanted, 403, OTHER_SCOPE)
    return await _begin(visit, identity, wanted)


async def sign_out(visit: Visit) -> Response:
    """End the session, here and in the browser."""
    assert visit.session is not None, "the page is for who is signed in"
    await visit.console.sessions.end(visit.session, visit.request_id)
    response = visit.redirect(SIGN_IN)
    delete_cookie(visit.request, response, SESSION)
    return response


async def _begin(visit: Visit, identity: Identity, wanted: str) -> Response:
    request = visit.request
    token = await visit.console.sessions.begin(identity.key_id, visit.request_id)
    response = visit.redirect(wanted)
    set_cookie(request, response, SESSION, token)
    delete_cookie(request, response, FORM)
    return response


async def _put_refusal_on_record(visit: Visit, key_id: str | None, reason: str) -> None:
    await visit.console.sessions.refuse(key_id, reason, visit.request_id)


def _form(visit: Visit, wanted: str, status: int = 200, problem: str = "") -> Response:
    """Show the form, tied to this browser by a cookie."""
    secret = read_cookie(visit.request, FORM) or new_token()
    response = visit.render(
        "sign_in.html", status, next=wanted, problem=problem, form_token=form_token(secret)
    )
    set_cookie(visit.request, response, FORM, secret)
    return response
