"""The queue of anomalies: which there are, what became of each, and, for administrators, forms.

An auditor looks. Whoever signed in with an admin key assigns and resolves, by the use case that the
API has, on record.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from pydantic import ValidationError
from starlette.responses import Response

from api.anomaly_schemas import AssignBody, ResolutionBody
from api.console.asked import address, read_query, read_text
from api.console.visit import Visit
from api.errors import STATUSES, Forbidden, ValidationFailed
from orchestrator.anomaly import Anomaly, AnomalyState
from orchestrator.errors import AnomalyAssigned, AnomalyNotFound, AnomalyResolved, WriteConflict
from orchestrator.reconcile.differences import DifferenceKind
from orchestrator.requests import Caller
from orchestrator.store.anomalies import ListAnomalies

ANOMALIES: Final = "/console/anomalies"
PAGE: Final = 25
FILTERS: Final = ("state", "kind", "payment")


async def list_anomalies(visit: Visit) -> Response:
    """Show the anomalies that the filters leave, newest first."""
    asked = read_query(
        visit,
        {
            "state": AnomalyState,
            "kind": DifferenceKind,
            "payment": read_text,
            "before": read_text,
        },
    )
    filters = {name: asked.get(name) for name in FILTERS}
    wanted = ListAnomalies(
        state=filters["state"],
        kind=filters["kind"],
        payment=filters["payment"],
        limit=PAGE,
        starting_after=asked.get("before"),
    )
    try:
        page = await visit.console.runtime.anomalies.list(wanted)
    except AnomalyNotFound as exc:
        raise ValidationFailed("The page before this one is not known.", "before") from exc
    older = page.anomalies[-1].id if page.has_more else None
    return visit.render(
        "anomalies.html",
        rows=page.anomalies,
        filters={name: value or "" for name, value in filters.items()},
        states=list(AnomalyState),
        kinds=sorted(DifferenceKind),
        first=address(ANOMALIES, **filters) if "before" in asked else None,
        older=address(ANOMALIES, **filters, before=older) if older is not None else None,
    )


async def show_anomaly(visit: Visit) -> Response:
    """Show an anomaly with every step that was taken about it."""
    return await _page(visit)


async def assign(visit: Visit) -> Response:
    """Give the anomaly to somebody."""
    desk = visit.console.runtime.anomalies

    async def act(id: str, caller: Caller) -> object:
        given = {name: visit.form[name] for name in ("owner", "instead_of") if visit.form.get(name)}
        return await desk.assign(id, AssignBody.model_validate(given).request(), caller)

    return await _act(visit, act)


async def resolve(visit: Visit) -> Response:
    """Say how the anomaly ended, and why."""
    desk = visit.console.runtime.anomalies

    async def act(id: str, caller: Caller) -> object:
        given = {name: visit.form.get(name, "").strip() for name in ("resolution", "reason")}
        return await desk.resolve(id, ResolutionBody.model_validate(given).request(), caller)

    return await _act(visit, act)


async def _act(visit: Visit, act: Callable[[str, Caller], Awaitable[object]]) -> Response:
    """Do what an administrator asks, and show what became of it."""
    session, id = visit.session, visit.request.path_params["anomaly_id"]
    if session is None or session.scope != "admin":
        raise Forbidden("Assigning and resolving take a key of scope admin.")
    # Keys of one name are one owner's, here as everywhere.
    caller = Caller(session.key_name, session.key_id, visit.request_id)
    try:
        await act(id, caller)
    except ValidationError as exc:
        names = ", ".join(sorted({str(each["loc"][0]) for each in exc.errors()}))
        return await _page(visit, 422, f"Please fill in or shorten: {names}.")
    except (AnomalyAssigned, AnomalyResolved, WriteConflict) as refused:
        return await _page(visit, STATUSES.get(type(refused), 409), str(refused))
    return visit.redirect(f"{ANOMALIES}/{id}")


async def _page(visit: Visit, status: int = 200, problem: str = "") -> Response:
    id = read_id(visit)
    anomaly: Anomaly = await visit.console.runtime.anomalies.get(id)
    return visit.render(
        "anomaly.html",
        status,
        anomaly=anomaly,
        problem=problem,
        form={name: visit.form.get(name, "") for name in ("owner", "resolution", "reason")},
        may_act=(
            visit.session is not None
            and visit.session.scope == "admin"
            and anomaly.state is not AnomalyState.resolved
        ),
    )


def read_id(visit: Visit) -> str:
    """Return the id that an address names.

    Raises:
        AnomalyNotFound: nothing has such an id.
    """
    id: str = visit.request.path_params["anomaly_id"]
    try:
        return read_text(id)
    except ValueError as exc:
        raise AnomalyNotFound(id[:40].replace("\x00", "")) from exc
