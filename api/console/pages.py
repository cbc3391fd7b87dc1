"""Every page of the console, and the menu. A new page is a line here, a view and a template."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api.console import (
    anomalies,
    downloads,
    payment_list,
    payment_page,
    record,
    rules,
    seals,
    sign_in,
    totals,
    unmatched,
)
from api.console.static_files import PREFIX, show_file
from api.console.visit import HOME, SIGN_IN, View, Visit, page_route


class Page(NamedTuple):
    """A page for who is signed in; in the menu if it has a name there."""

    path: str
    view: View
    name: str | None = None
    method: str = "GET"


PAGES: Final[tuple[Page, ...]] = (
    Page(HOME, payment_list.list_payments, "Payments"),
    Page(HOME + "/{payment_id}", payment_page.show_payment),
    Page("/console/search", payment_list.search),
    Page(totals.TOTALS, totals.show_totals, "Totals"),
    Page(anomalies.ANOMALIES, anomalies.list_anomalies, "Anomalies"),
    Page(anomalies.ANOMALIES + "/{anomaly_id}", anomalies.show_anomaly),
    Page(anomalies.ANOMALIES + "/{anomaly_id}/assign", anomalies.assign, method="POST"),
    Page(anomalies.ANOMALIES + "/{anomaly_id}/resolve", anomalies.resolve, method="POST"),
    Page(unmatched.UNMATCHED, unmatched.list_unmatched, "Unmatched events"),
    Page(rules.RULES, rules.list_rules, "Rules"),
    Page(rules.RULES + "/{code}", rules.show_rule),
    Page(seals.SEALS, seals.list_seals, "Seals"),
    Page(seals.SEALS + "/{number}", seals.show_seal),
    Page(seals.SEALS + "/{number}/file", seals.download_seal, method="POST"),
    Page(record.RECORD, record.list_actions, "Record"),
    Page(downloads.DOWNLOADS, downloads.show_downloads, "Downloads"),
    Page(downloads.DOWNLOADS, downloads.download_period, method="POST"),
    Page("/console/sign-out", sign_in.sign_out, method="POST"),
)


class MenuEntry(NamedTuple):
    """A page as the menu shows it."""

    path: str
    name: str


def menu() -> tuple[MenuEntry, ...]:
    """Return what the menu holds."""
    return tuple(MenuEntry(page.path, page.name) for page in PAGES if page.name is not None)


def routes() -> Sequence[BaseRoute]:
    """Return the routes of every page, and of what stands before and beside them."""
    return (
        Route(PREFIX + "{name}", show_file, include_in_schema=False),
        page_route(SIGN_IN, sign_in.show_sign_in, signed_in=False),
        page_route(SIGN_IN, sign_in.sign_in, method="POST", signed_in=False),
        *(page_route(page.path, page.view, method=page.method) for page in PAGES),
        page_route("/console", _go_home),
        page_route("/console/", _go_home),
        page_route("/console/{anything:path}", _nothing_here),
    )


async def _go_home(visit: Visit) -> Response:
    return visit.redirect(HOME)


async def _nothing_here(_visit: Visit) -> Response:
    raise HTTPException(404)
