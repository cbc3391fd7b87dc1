"""What every page is: closed to others, never kept, nothing inline, and an answer for anything."""

from __future__ import annotations

import re

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from api.app import create_app
from api.console.static_files import static_files, static_url
from tests.api.conftest import Api
from tests.console.conftest import visiting
from tests.console.visitor import PAYMENTS, SIGN_IN, Visitor, text_of

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
NOBODYS = f"{PAYMENTS}/pay_{'0' * 32}"
ANSWERS = {
    PAYMENTS: 200,
    NOBODYS: 404,
    "/console/search?q=nothing": 404,
    "/console/search": 303,
    "/console": 303,
    "/console/": 303,
    "/console/nowhere": 404,
    f"{PAYMENTS}?state=lost": 422,
    f"{PAYMENTS}?colour=red": 422,
    f"{PAYMENTS}?state=failed&state=created": 422,
    f"{PAYMENTS}?from=yesterday": 422,
    f"{PAYMENTS}?to=9999-12-31": 422,
    f"{PAYMENTS}?before=2026-01-01": 200,
    f"{PAYMENTS}?before=x~pay_x": 422,
    f"{PAYMENTS}?before=0001-01-01T00:00:00%2B14:00~pay_x": 422,
    f"{PAYMENTS}?after=9999-12-31T23:59:59-14:00~pay_x": 422,
    "/console/unmatched-events?before=0001-01-01T00:00:00%2B14:00~evt_x": 422,
    f"{PAYMENTS}?before=2026-01-01T00:00:00Z~pay_x&after=2026-01-01T00:00:00Z~pay_x": 422,
    f"{PAYMENTS}?customer=%00": 422,
    f"{PAYMENTS}?customer={'c' * 256}": 422,
    f"/console/search?q={'c' * 1000}": 404,
    "/console/search?q=%00": 404,
}


@pytest.mark.parametrize("path", ANSWERS)
async def test_every_address_has_an_answer(auditor: Visitor, path: str) -> None:
    """Whatever is asked for is a page, and says what is wrong where something is."""
    answer = await auditor.get(path)

    assert answer.status_code == ANSWERS[path]
    if answer.status_code != 303:
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "<h1" in answer.text


@pytest.mark.parametrize("path", [PAYMENTS, "/console/decline-rules"])
async def test_an_id_that_no_database_keeps_is_nobodys(
    postgresql_url: str, stand_in_url: str, path: str
) -> None:
    """PostgreSQL takes no NUL in a text, so an address with one is looked for nowhere."""
    async with visiting(postgresql_url, stand_in_url) as visitor:
        await visitor.sign_in()

        assert (await visitor.get(f"{path}/a%00b")).status_code == 404


@pytest.mark.parametrize(("path", "status"), [(PAYMENTS, 303), (SIGN_IN, 200)])
async def test_a_query_of_any_bytes_has_an_answer(sqlite_api: Api, path: str, status: int) -> None:
    """A query that is no UTF-8, which no browser sends, is a page all the same."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await sqlite_api.app({**scope, "query_string": b"\xff"}, receive, send)

    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app, raise_app_exceptions=False), base_url="http://any.test"
    ) as http:
        assert (await http.get(path)).status_code == status


@pytest.mark.parametrize("path", [*ANSWERS, SIGN_IN])
async def test_every_answer_is_closed(auditor: Visitor, path: str) -> None:
    """No page is kept, framed, or let load anything from elsewhere."""
    headers = (await auditor.get(path)).headers

    assert headers["content-security-policy"] == POLICY
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", [PAYMENTS, NOBODYS])
async def test_nothing_is_inline(auditor: Visitor, path: str) -> None:
    """A page has neither a style nor a script in itself, nor an address of another host."""
    page = (await auditor.get(path)).text
    loaded = re.findall(r'(?:src|href|action)="([^"]+)"', page)

    assert re.findall(r"<style|<script(?! src=)|\son\w+=|\sstyle=|javascript:", page) == []
    assert [address for address in loaded if not address.startswith(("/console", "#"))] == []


async def test_the_file_of_a_page_may_be_kept(visitor: Visitor) -> None:
    """Files need no session, are found by their digest alone, and are kept for ever."""
    answers = {name: await visitor.get(static_url(name)) for name in static_files()}
    other = await visitor.get("/console/static/console.css")

    assert {answer.status_code for answer in answers.values()} == {200}
    assert {"console.css", "machine.css", "htmx.min.js", "icon.svg"} <= answers.keys()
    assert all("immutable" in answer.headers["cache-control"] for answer in answers.values())
    assert other.status_code == 404


async def test_pages_take_no_other_method(auditor: Visitor) -> None:
    """Nothing but signing in and out is sent to the console."""
    statuses = {
        (method, path): (await auditor.http.request(method, path)).status_code
        for method in ("POST", "PUT", "PATCH", "DELETE")
        for path in (PAYMENTS, NOBODYS, "/console/search")
    }

    assert set(statuses.values()) == {405}


async def test_a_key_in_a_header_opens_no_page(visitor: Visitor) -> None:
    """The console knows sessions alone: a bearer key signs nobody in."""
    _, secret = await visitor.api.key("auditors", "audit")
    answer = await visitor.get(PAYMENTS, headers={"Authorization": f"Bearer {secret}"})

    assert answer.status_code == 303


async def test_a_session_opens_no_route_of_the_api(auditor: Visitor) -> None:
    """The API knows keys alone: a session is worth nothing there."""
    assert (await auditor.get("/v1/payments")).status_code == 401


def test_the_description_leaves_the_console_out() -> None:
    """The API's description is for programs."""
    assert [path for path in create_app().openapi()["paths"] if "console" in path] == []


async def test_a_refusal_names_the_request(auditor: Visitor) -> None:
    """What one reports can be found in the log."""
    answer = await auditor.get(NOBODYS)

    assert answer.headers["request-id"] in text_of(answer)
