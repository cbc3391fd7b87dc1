"""Signing in with a key, and out again. Whether somebody was let in is on record either way."""

from starlette.responses import Response

from api.authentication import Identity
from api.console.cookies import FORM, SESSION, delete_cookie, read_cookie, set_cookie
from api.console.forms import FormRefused, form_token, read_form
from api.console.on_record import record_refused_sign_in, record_sign_in, record_sign_out
from api.console.visit import SIGN_IN, Visit, safe_next
from orchestrator.console_sessions import new_token

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
    identity = await request.app.state.key_ring.identify(form.get("key", "").strip())
    if identity is None:
        await record_refused_sign_in("unknown_key", None, address)
        return _form(visit, wanted, 401, UNKNOWN)
    if "audit" not in identity.grants:
        await record_refused_sign_in("scope", identity.key_id, address)
        return _form(visit, wanted, 403, OTHER_SCOPE)
    return await _begin(visit, identity, wanted)


async def sign_out(visit: Visit) -> Response:
    """End the session, here and in the browser."""
    assert visit.session is not None, "the page is for who is signed in"
    await visit.console.sessions.end(visit.session)
    await record_sign_out(visit.session.key_id)
    response = visit.redirect(SIGN_IN)
    delete_cookie(visit.request, response, SESSION)
    return response


async def _begin(visit: Visit, identity: Identity, wanted: str) -> Response:
    request = visit.request
    token = await visit.console.sessions.begin(identity.key_id)
    await record_sign_in(identity.key_id)
    response = visit.redirect(wanted)
    set_cookie(request, response, SESSION, token)
    delete_cookie(request, response, FORM)
    return response


def _form(visit: Visit, wanted: str, status: int = 200, problem: str = "") -> Response:
    """Show the form, tied to this browser by a cookie."""
    secret = read_cookie(visit.request, FORM) or new_token()
    response = visit.render(
        "sign_in.html", status, next=wanted, problem=problem, form_token=form_token(secret)
    )
    set_cookie(visit.request, response, FORM, secret)
    return response
