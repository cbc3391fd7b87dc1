"""Who gets into the console, for how long, and what keeps others out."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from api.console import pages
from api.console.forms import form_token
from orchestrator import console_sessions as sessions
from orchestrator.store.actions import ListActions, read_actions
from orchestrator.store.keys import revoke_key
from orchestrator.store.schema import console_sessions
from tests.console.visitor import PAYMENTS, SIGN_IN, Visitor, text_of
from tests.world import Clock

PAGES = (PAYMENTS, f"{PAYMENTS}/pay_{'0' * 32}", "/console/search?q=x", "/console", "/console/x")


@pytest.mark.parametrize("path", PAGES)
async def test_a_stranger_is_sent_to_the_form(visitor: Visitor, path: str) -> None:
    """Without a session every page leads to the sign-in form, and back to it afterwards."""
    answer = await visitor.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{SIGN_IN}?next=%2Fconsole")


async def test_no_page_is_open_to_strangers(visitor: Visitor) -> None:
    """Each page that there is, whatever its method, leads to the form without a session."""
    for page in pages.PAGES:
        answer = await visitor.http.request(page.method, re.sub(r"{[^}]*}", "x", page.path))
        location = answer.headers.get("location", "")

        assert (page.path, location.partition("?")[0]) == (page.path, SIGN_IN)


async def test_a_part_of_a_page_sends_the_whole_page(visitor: Visitor) -> None:
    """A part that a script asks for is not answered with a form to stand in its place."""
    answer = await visitor.get(PAYMENTS, headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["hx-redirect"].startswith(SIGN_IN)


@pytest.mark.parametrize("scope", ["audit", "admin"])
async def test_a_key_that_reads_everything_signs_in(visitor: Visitor, scope: str) -> None:
    """An audit key and an admin key open the console."""
    await visitor.sign_in(scope)

    assert (await visitor.get(PAYMENTS)).status_code == 200


async def test_a_payments_key_does_not(visitor: Visitor) -> None:
    """A key that reads its owner's payments alone is refused, and told which keys are not."""
    answer = await visitor.try_key(visitor.api.secret)

    assert answer.status_code == 403
    assert "keys of scope audit or admin" in text_of(answer)
    assert "console_session" not in visitor.http.cookies


@pytest.mark.parametrize("key", ["", "x", "ork_" + "a" * 16 + "_" + "A" * 43])
async def test_an_unknown_key_does_not(visitor: Visitor, key: str) -> None:
    """What is no key in use is refused, whatever it looks like."""
    answer = await visitor.try_key(key)

    assert answer.status_code == 401
    assert "This key is not in use" in text_of(answer)


async def test_it_goes_on_where_one_wanted_to(visitor: Visitor) -> None:
    """After the sign-in comes the page that was asked for."""
    _, secret = await visitor.api.key("auditors", "audit")
    answer = await visitor.try_key(secret, next=f"{PAYMENTS}?state=failed&from=2026-01-01")

    assert answer.headers["location"] == f"{PAYMENTS}?state=failed&from=2026-01-01"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/console/..//evil.example", "/v1/payments",
     "/console/\\evil.example", "javascript:alert(1)", "/console/\r\nSet-Cookie: a=b"],
)  # fmt: skip
async def test_it_goes_nowhere_else(visitor: Visitor, elsewhere: str) -> None:
    """An address that is not the console's leads to the list instead."""
    _, secret = await visitor.api.key("auditors", "audit")
    answer = await visitor.try_key(secret, next=elsewhere)

    assert answer.headers["location"] == PAYMENTS


async def test_the_cookie_is_the_browsers_alone(visitor: Visitor) -> None:
    """No script reads the cookie, no other site has it sent, and it ends with the browser."""
    _, secret = await visitor.api.key("auditors", "audit")
    (cookie,) = [
        each
        for each in (await visitor.try_key(secret)).headers.get_list("set-cookie")
        if each.startswith("console_session=")
    ]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}

    assert attributes == {"httponly", "path=/", "samesite=strict"}


async def test_over_tls_the_cookie_never_goes_without(visitor: Visitor) -> None:
    """Over TLS the cookie is secure, and no other host of the domain can set it."""
    visitor.http.base_url = "https://console.test"
    _, secret = await visitor.api.key("auditors", "audit")
    answer = await visitor.try_key(secret)
    (cookie,) = [
        each
        for each in answer.headers.get_list("set-cookie")
        if each.startswith("__Host-console_session=")
    ]

    assert "; secure" in cookie.lower()
    assert (await visitor.get(PAYMENTS)).status_code == 200


async def test_the_token_is_stored_nowhere(auditor: Visitor) -> None:
    """The database holds the token's digest, and the key's id."""
    token = auditor.http.cookies["console_session"]
    rows = await auditor.api.world.runtime.database.read(
        lambda connection: connection.execute(select(console_sessions)).all()
    )

    assert [row.token_digest for row in rows] == [sessions.digest_of(token)]
    assert token not in str(rows)


async def test_a_new_token_comes_with_each_sign_in(visitor: Visitor) -> None:
    """A token that was in the browser before is not the one of the session."""
    visitor.http.cookies.set("console_session", "planted", domain="console.test")
    await visitor.sign_in()

    assert visitor.http.cookies.get("console_session", domain="console.test") != "planted"


async def test_who_signs_out_is_out(auditor: Visitor) -> None:
    """After the sign-out the token opens nothing, wherever it was kept."""
    token = auditor.http.cookies["console_session"]
    answer = await auditor.post(
        "/console/sign-out", {"form_token": await auditor.form_token(PAYMENTS)}
    )
    auditor.http.cookies.clear()
    auditor.http.cookies.set("console_session", token)

    assert answer.headers["location"] == SIGN_IN
    assert (await auditor.get(PAYMENTS)).status_code == 303


async def test_a_session_ends_with_its_key(visitor: Visitor) -> None:
    """Once the key is revoked the next page is the form."""
    key_id = await visitor.sign_in()
    await visitor.api.world.runtime.database.write(revoke_key, key_id, datetime.now(UTC))

    assert (await visitor.get(PAYMENTS)).status_code == 303


async def test_a_session_ends_when_its_key_expires(visitor: Visitor) -> None:
    """A session lasts no longer than the key that began it."""
    clock = Clock()
    _, secret = await visitor.api.key("auditors", "audit", expires_days=1)
    visitor.api.app.state.console.sessions.clock = clock
    clock.advance(86_400 - 60)
    await visitor.try_key(secret)
    before = await visitor.get(PAYMENTS)
    clock.advance(61)

    assert before.status_code == 200
    assert (await visitor.get(PAYMENTS)).status_code == 303


async def test_an_idle_session_ends(visitor: Visitor) -> None:
    """After half an hour without a page one has to sign in again; each page begins it anew."""
    clock = Clock()
    visitor.api.app.state.console.sessions.clock = clock
    await visitor.sign_in()
    statuses = []
    for seconds in (29 * 60, 29 * 60, 31 * 60):
        clock.advance(seconds)
        statuses.append((await visitor.get(PAYMENTS)).status_code)

    assert statuses == [200, 200, 303]


async def test_no_session_outlives_a_day_of_work(visitor: Visitor) -> None:
    """After eight hours one has to sign in again, however busy one was."""
    clock = Clock()
    visitor.api.app.state.console.sessions.clock = clock
    await visitor.sign_in()
    statuses = set()
    for _ in range(19):
        clock.advance(25 * 60)
        statuses.add((await visitor.get(PAYMENTS)).status_code)
    clock.advance(6 * 60)

    assert statuses == {200}
    assert (await visitor.get(PAYMENTS)).status_code == 303


async def test_sessions_that_are_over_are_forgotten(visitor: Visitor) -> None:
    """A sign-in clears away what is over."""
    clock = Clock()
    visitor.api.app.state.console.sessions.clock = clock
    await visitor.sign_in()
    clock.advance(timedelta(hours=9).total_seconds())
    await visitor.api.world.runtime.database.read(lambda _: None)
    _, secret = await visitor.api.key("others", "audit")
    await visitor.try_key(secret)
    rows = await visitor.api.world.runtime.database.read(
        lambda connection: connection.execute(select(console_sessions)).all()
    )

    assert len(rows) == 1


# ── forms ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("token", [None, "", "0" * 64])
async def test_a_form_of_another_page_signs_nobody_in(visitor: Visitor, token: str | None) -> None:
    """A sign-in that another site's form sends is refused, also with a key that is good."""
    _, secret = await visitor.api.key("auditors", "audit")
    await visitor.form_token()
    fields = {"key": secret} | ({} if token is None else {"form_token": token})
    answer = await visitor.post(SIGN_IN, fields)

    assert answer.status_code == 403
    assert "console_session" not in visitor.http.cookies


async def test_a_form_of_another_browser_signs_nobody_in(visitor: Visitor) -> None:
    """A token that was fetched with one browser is worth nothing in another."""
    _, secret = await visitor.api.key("auditors", "audit")
    token = await visitor.form_token()
    visitor.http.cookies.clear()
    answer = await visitor.post(SIGN_IN, {"key": secret, "form_token": token})

    assert answer.status_code == 403


async def test_a_browser_without_our_cookie_signs_nobody_in(visitor: Visitor) -> None:
    """Another site's form brings no cookie of ours, and may compute the token of none."""
    _, secret = await visitor.api.key("auditors", "audit")
    answer = await visitor.post(SIGN_IN, {"key": secret, "form_token": form_token("")})

    assert answer.status_code == 403
    assert "console_session" not in visitor.http.cookies


@pytest.mark.parametrize("token", [None, "", "0" * 64])
async def test_a_form_of_another_page_signs_nobody_out(auditor: Visitor, token: str | None) -> None:
    """A sign-out that the session's own pages did not send is refused, and changes nothing."""
    answer = await auditor.post("/console/sign-out", {} if token is None else {"form_token": token})

    assert answer.status_code in (403, 422)
    assert (await auditor.get(PAYMENTS)).status_code == 200


async def test_what_is_no_form_is_refused(auditor: Visitor) -> None:
    """JSON, or bytes without end, are not read as a form."""
    wrong = await auditor.http.post("/console/sign-out", json={"form_token": "x"})
    long = await auditor.post("/console/sign-out", {"form_token": "x" * 9000})

    assert (wrong.status_code, long.status_code) == (422, 413)


# ── too many ─────────────────────────────────────────────────────────────────────────────────


async def test_too_many_tries_have_to_wait(visitor: Visitor) -> None:
    """The eleventh try within five minutes is not looked at, and told when to come again."""
    _, secret = await visitor.api.key("auditors", "audit")
    statuses = [(await visitor.try_key("x")).status_code for _ in range(10)]
    answer = await visitor.try_key(secret)

    assert statuses == [401] * 10
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300
    assert "too many tries" in text_of(answer)


# ── on record ────────────────────────────────────────────────────────────────────────────────


async def on_record(visitor: Visitor) -> list[tuple[str, str | None, str, str | None]]:
    """Return what people did at the console, oldest first: action, who, key, reason."""
    page = await visitor.api.world.runtime.database.read(read_actions, ListActions(limit=50))
    rows = [row for row in page.actions[::-1] if row["action"].startswith("sign")]
    return [(row["action"], row["actor_id"], row["subject_id"], row["reason"]) for row in rows]


async def test_coming_and_going_is_on_record(visitor: Visitor) -> None:
    """The record of people's acts has each sign-in and sign-out, with the key's id."""
    key_id = await visitor.sign_in()
    token = await visitor.form_token(PAYMENTS)
    await visitor.post("/console/sign-out", {"form_token": token})

    assert await on_record(visitor) == [
        ("signed_in", key_id, key_id, None),
        ("signed_out", key_id, key_id, None),
    ]


async def test_a_sign_out_that_is_sent_twice_is_on_record_once(visitor: Visitor) -> None:
    """Who presses twice signs out once, and both answers lead to the form."""
    await visitor.sign_in()
    fields = {"form_token": await visitor.form_token(PAYMENTS)}
    answers = await asyncio.gather(*(visitor.post("/console/sign-out", fields) for _ in range(2)))

    assert {answer.headers["location"].partition("?")[0] for answer in answers} == {SIGN_IN}
    assert [act for act, *_ in await on_record(visitor)] == ["signed_in", "signed_out"]


async def test_who_was_not_let_in_is_on_record(visitor: Visitor) -> None:
    """A refused key is on record by the id it showed, and nothing else of what was typed."""
    wrong = f"ork_{'a' * 16}_{'A' * 43}"
    shop_id, shop = await visitor.api.key("shop", "payments")
    for secret in ("hunter2", wrong, shop):
        await visitor.try_key(secret)

    assert await on_record(visitor) == [
        ("sign_in_failed", None, "unknown", "key_not_in_use"),
        ("sign_in_failed", None, "a" * 16, "key_not_in_use"),
        ("sign_in_failed", None, shop_id, "scope_does_not_cover"),
    ]
