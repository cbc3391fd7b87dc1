"""The list of payments: what it may be filtered by, a page at a time, and the search for any id."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from api.console.asked import read_moment
from api.console.visit import HOME, Visit
from api.errors import ValidationFailed
from orchestrator.chain import instant
from orchestrator.explain import WAITS_FOR, situation_of
from orchestrator.handlers import ERROR_HANDLERS
from orchestrator.states import PaymentState
from orchestrator.store.finds import (
    PAGE,
    WINDOW,
    FoundPage,
    Hit,
    Place,
    Wanted,
    find_by_id,
    find_page,
)

# What a person may have typed or pasted; no id of ours or of Stripe's is longer.
LONGEST_TEXT: Final = 255


async def list_payments(visit: Visit) -> Response:
    """Show the payments that the filters leave, newest first."""
    asked = _asked(visit)
    page: FoundPage = await visit.read(find_page, _wanted(asked))
    now = visit.console.runtime.payments.driver.clock()
    waits = [WAITS_FOR[situation_of(one.payment, None, now)] for one in page.found]
    filters = {name: asked.get(name, "") for name in FILTERS}
    return visit.render(
        "payments.html",
        rows=list(zip(page.found, waits, strict=True)),
        filters=filters,
        filtered=any(filters.values()),
        states=list(PaymentState),
        codes=sorted(code for code in ERROR_HANDLERS if code.isidentifier()),
        newer=_address(filters, "after", page.newer),
        older=_address(filters, "before", page.older),
        looked_through=WINDOW if page.looked_through else None,
        page_size=PAGE,
    )


async def search(visit: Visit) -> Response:
    """Go to the payment that an id belongs to, or to the payments of a transaction or customer."""
    text = visit.request.query_params.get("q", "").strip()
    if not text:
        return visit.redirect(HOME)
    hit: Hit | None = None
    if len(text) <= LONGEST_TEXT and "\x00" not in text:
        hit = await visit.read(find_by_id, text)
    if hit is None:
        return visit.render("not_found.html", 404, text=text[:LONGEST_TEXT])
    if hit.payment_id is not None:
        return visit.redirect(f"{HOME}/{hit.payment_id}")
    several = {"transaction": hit.transaction_id, "customer": hit.customer}
    return visit.redirect(
        f"{HOME}?{urlencode({name: value for name, value in several.items() if value})}"
    )


# ── what is asked for ────────────────────────────────────────────────────────────────────────


def _text(value: str) -> str:
    if len(value) > LONGEST_TEXT or "\x00" in value:
        raise ValueError
    return value


def _day(value: str) -> datetime:
    return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)


def _day_after(value: str) -> datetime:
    return _day(value) + timedelta(days=1)


def _place(value: str) -> Place:
    moment, _, payment_id = value.partition("~")
    return Place(read_moment(moment), _text(payment_id))


# Each filter of the form: what it is called there, and how it is read.
FILTERS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = MappingProxyType(
    {
        "state": ("state", PaymentState),
        "customer": ("customer", _text),
        "transaction": ("transaction_id", _text),
        "code": ("code", _text),
        "from": ("since", _day),
        "to": ("until", _day_after),
    }
)
_PARAMETERS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = MappingProxyType(
    {**FILTERS, "before": ("older_than", _place), "after": ("newer_than", _place)}
)


def _asked(visit: Visit) -> dict[str, str]:
    """Return what is asked for, less what was left empty."""
    given = visit.request.query_params.multi_items()
    asked = {name: value.strip() for name, value in given if value.strip()}
    if len(given) != len(dict(given)) or not asked.keys() <= _PARAMETERS.keys():
        raise ValidationFailed("The address has a filter twice, or one that there is not.")
    if "before" in asked and "after" in asked:
        raise ValidationFailed("A page is before a payment or after one, not both.")
    return asked


def _wanted(asked: Mapping[str, str]) -> Wanted:
    values = {}
    for name, text in asked.items():
        field, read = _PARAMETERS[name]
        try:
            values[field] = read(text)
        except (ValueError, OverflowError) as exc:
            raise ValidationFailed(
                f"The filter {name} cannot be read. A day is written as 2026-11-26.", name
            ) from exc
    return Wanted(**values)


def _address(filters: Mapping[str, str], side: str, place: Place | None) -> str | None:
    """Return the address of the page on one side of a place, with the same filters."""
    if place is None:
        return None
    asked = {name: value for name, value in filters.items() if value}
    return f"{HOME}?{urlencode({**asked, side: f'{instant(place.moment)}~{place.payment_id}'})}"
