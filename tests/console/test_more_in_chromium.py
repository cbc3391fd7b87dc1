"""The console's other pages in a real browser: on each screen, light and dark, by keyboard."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, StorageState, expect
from sqlalchemy import Connection, insert

from api.console.throttle import OF_ADDRESS
from api.console.visit import SIGN_IN
from orchestrator.keys import create_key
from orchestrator.store.connections import open_database
from orchestrator.store.inbox import insert_event
from orchestrator.store.keys import insert_key
from orchestrator.store.outbox import publish
from orchestrator.store.rollups import count_on
from orchestrator.store.schema import anomalies
from tests.console.deployment import Deployment, deployed
from tests.console.test_in_chromium import EVERY_LOOK, FIT, LOOKS, Look, look, sign_in, tab_to
from tests.examples.conftest import browser
from tests.store.seeds import stripe_event

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG = "Stripe received 42.00 EUR for it at 12:04, and here it had ended at 12:00 by itself. " * 3


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Run one deployment for all tests of this file, with something on every page."""
    with deployed(tmp_path_factory.mktemp("console")) as opened:
        asyncio.run(_fill(opened))
        yield opened


async def _fill(opened: Deployment) -> None:
    now = datetime.now(UTC)
    row, secret = create_key("A. Admin", "admin", None, now)
    opened.payments["admin"] = secret
    with closing(sqlite3.connect(opened.file)) as connection:
        oldest = "SELECT id FROM payments WHERE transaction_id = 'order-0'"
        (unreadable,) = connection.execute(oldest).fetchone()
    opened.payments["unreadable"] = unreadable
    database = open_database(f"sqlite:///{opened.file}")
    try:
        await database.write(insert_key, row)
        await database.write(_keep_anomalies, opened.payments["paid"], now)
        for number in range(30):
            event = stripe_event(f"evt_{number:024}") | {"state": "unmatched", "due_at": None}
            await database.write(insert_event, event | {"received_at": now})
        while (await database.write(publish, now, 200)).events:
            pass
        while await database.write(count_on, 1000):
            pass
    finally:
        await database.close()
    await _propose(opened, secret)
    # One payment of many is not as any program of ours has it: of long ago, so that neither the
    # first page of the list nor the period that is downloaded has it in it.
    with closing(sqlite3.connect(opened.file)) as connection, connection:
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'payments'"
        for (name,) in connection.execute(guards).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        stolen = "state = 'stolen', created_at = '2020' || substr(created_at, 5)"
        connection.execute(f"UPDATE payments SET {stolen} WHERE id = ?", (unreadable,))


async def _propose(opened: Deployment, secret: str) -> None:
    """Propose a rule, which waits for a second administrator."""
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "propose"}
    body = {"handler": "allow_same_card_later", "reason": "as our figures of March show"}
    async with httpx2.AsyncClient(base_url=opened.url, trust_env=False) as http:
        answer = await http.put("/v1/decline-rules/do_not_honor", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


def _keep_anomalies(connection: Connection, payment_id: str, now: datetime) -> None:
    rows = [
        {
            "id": f"ano_{number:032}",
            "payment_id": payment_id,
            "kind": ("late_success", "charged_twice")[number % 2],
            "noted_at": now - timedelta(minutes=number),
            "detail": LONG,
        }
        for number in range(28)
    ]
    connection.execute(insert(anomalies), rows)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def signed_in(browser: Browser, deployment: Deployment) -> StorageState:
    """Sign in once: from one address one may not do so as often as there are tests."""
    context = await browser.new_context(base_url=deployment.url)
    await sign_in(await context.new_page(), deployment)
    state = await context.storage_state()
    await context.close()
    return state


@pytest_asyncio.fixture(loop_scope="session")
async def page(
    browser: Browser, deployment: Deployment, signed_in: StorageState
) -> AsyncIterator[Page]:
    """Open a browser that an auditor signed in with, and look at the end whether it was content."""
    context = await browser.new_context(
        base_url=deployment.url, reduced_motion="reduce", storage_state=signed_in
    )
    opened = await context.new_page()
    complaints: list[str] = []
    opened.on(
        "console", lambda each: complaints.append(each.text) if each.type == "error" else None
    )
    opened.on("pageerror", lambda error: complaints.append(error.message))
    yield opened
    await context.close()
    assert [each for each in complaints if "Failed to load resource" not in each] == []


VIEWS = {
    "20-totals": "totals",
    "21-totals-by-day": "totals?by=day",
    "22-anomalies": "anomalies",
    "23-no-anomalies": "anomalies?kind=refund_unknown",
    "24-anomaly": f"anomalies/ano_{1:032}",
    "25-unmatched": "unmatched-events",
    "26-rules": "decline-rules",
    "27-rule": "decline-rules/insufficient_funds",
    "28-seals": "seals",
    "29-seal": "seals/1",
    "30-record": "record",
    "31-downloads": "downloads",
    "34-no-seals": "seals?before=1",
    "35-proposed": "decline-rules/do_not_honor",
    "36-unreadable": "payments/{unreadable}",
}


# One of each kind of page: a chart, an object with a form, a list, a table with a proof.
IN_THE_GATE = {"20-totals", "24-anomaly", "26-rules", "29-seal"}


@pytest.mark.parametrize("looks", LOOKS)
@pytest.mark.parametrize(
    "name",
    [
        each if each in IN_THE_GATE else pytest.param(each, marks=pytest.mark.thorough)
        for each in VIEWS
    ],
)
async def test_every_page_fits(
    page: Page, deployment: Deployment, name: str, looks: tuple[Look, ...]
) -> None:
    """Each page fits each screen, has controls one can hit, text one can read, and a clean axe."""
    await page.goto("/console/" + VIEWS[name].format(**deployment.payments))
    for summary in await page.locator("summary").all():
        await summary.click()
    seen = await look(page, name, looks)

    assert {view: found for view, found in seen.items() if found != FIT} == {}


async def test_an_administrator_resolves_by_keyboard(page: Page, deployment: Deployment) -> None:
    """Both forms are filled in and sent without a mouse, and the page tells what became of it."""
    await page.context.clear_cookies()
    await page.goto("/console")
    await page.get_by_label("API key").fill(deployment.payments["admin"])
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Payments", level=1)).to_be_visible()
    await page.goto(f"/console/anomalies/ano_{3:032}")
    seen = await look(page, "32-anomaly-of-an-administrator", EVERY_LOOK)
    await tab_to(page, "#owner")
    await page.keyboard.type("Ada")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("assigned to Ada")).to_be_visible()
    await tab_to(page, "#resolution")
    await page.keyboard.type("refunded")
    await tab_to(page, "#reason")
    await page.keyboard.type("It was paid twice.")
    await tab_to(page, "#resolve + form button")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("resolved as refunded")).to_be_visible()
    seen |= await look(page, "33-resolved", EVERY_LOOK)

    assert {view: found for view, found in seen.items() if found != FIT} == {}
    await expect(page.get_by_role("button", name="Resolve")).to_have_count(0)


async def test_a_picture_is_told_and_has_its_table(page: Page) -> None:
    """A screen reader hears what a picture is of, and finds the same figures in a table."""
    await page.goto("/console/totals")
    picture = page.get_by_role("img", name="Declines by code")
    await expect(picture).to_have_accessible_description("3 in all; the table below has each.")
    await tab_to(page, "section:has(#declines) summary")
    await page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Declines by code")

    await expect(table.get_by_role("columnheader", name="insufficient funds")).to_be_visible()
    await expect(table.get_by_role("row")).to_have_count(25)


async def test_a_period_is_downloaded(page: Page, tmp_path: Path) -> None:
    """The form gives a file with a name that says what is in it."""
    await page.goto("/console/downloads")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Download").click()
    file = await waiting.value
    await file.save_as(tmp_path / "period")

    assert file.suggested_filename.startswith("payments-")
    assert (tmp_path / "period").read_text().startswith("payment_id,sequence,")


async def test_who_tries_too_often_is_told_to_wait(page: Page) -> None:
    """The form says how long to wait. It comes last: nobody signs in from here for a while."""
    await page.context.clear_cookies()
    await page.goto("/console")
    for _ in range(OF_ADDRESS.amount):
        await page.context.request.post(SIGN_IN, form={})
    await page.get_by_label("API key").fill("ork_mistyped")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("too many tries")
    seen = await look(page, "37-too-often", EVERY_LOOK)

    assert {view: found for view, found in seen.items() if found != FIT} == {}


__all__ = ["browser"]
