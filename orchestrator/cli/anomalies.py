"""``orchestrator audit anomalies``: what nobody expected, and how it stands."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.output import clock_time, console, print_json, table

if TYPE_CHECKING:
    from orchestrator.anomaly import Anomaly
    from orchestrator.store.anomalies import AnomalyPage


def anomalies(
    all: Annotated[bool, typer.Option("--all", help="Those that are resolved, too.")] = False,
    kind: Annotated[str | None, typer.Option(help="Of this kind alone.")] = None,
    payment: Annotated[str | None, typer.Option(help="Of this payment alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many, the newest.")] = 100,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List the anomalies that nobody has resolved, newest first."""
    found = asyncio.run(_read(kind, payment, limit, every=all))
    if json:
        print_json(
            {
                "anomalies": [_plain(anomaly) for anomaly in found.anomalies],
                "has_more": found.has_more,
            }
        )
    else:
        _show(found)


async def _read(kind: str | None, payment: str | None, limit: int, *, every: bool) -> "AnomalyPage":
    from orchestrator.cli.storage import stored
    from orchestrator.settings import Settings
    from orchestrator.store.anomalies import ListAnomalies, read_anomalies

    wanted = ListAnomalies(kind=kind, payment=payment, limit=limit, unresolved=not every)
    async with stored(Settings()) as database:
        found = await database.read(read_anomalies, wanted)
    assert found is not None, "there is no cursor that could be unknown"
    return found


def _plain(anomaly: "Anomaly") -> dict[str, Any]:
    return {
        "id": anomaly.id,
        "kind": anomaly.kind,
        "state": anomaly.state.value,
        "payment": anomaly.payment,
        "payment_intent": anomaly.payment_intent,
        "stripe_object": anomaly.stripe_object,
        "detail": anomaly.detail,
        "owner": anomaly.owner,
        "resolution": anomaly.resolution,
        "reason": anomaly.reason,
        "noted_at": anomaly.noted_at,
    }


def _show(found: "AnomalyPage") -> None:
    screen = console()
    rows = table("found at (UTC)", "state", "owner", "kind", "about", "what", "id")
    for anomaly in found.anomalies:
        about = anomaly.payment or anomaly.payment_intent or anomaly.stripe_object
        rows.add_row(
            clock_time(anomaly.noted_at),
            anomaly.state.value,
            anomaly.owner or "",
            anomaly.kind,
            about,
            anomaly.detail,
            anomaly.id,
        )
    if not found.anomalies:
        screen.print("There are none.")
        return
    screen.print(rows, markup=False, soft_wrap=True)
    if found.has_more:
        screen.print("… and older ones: see --limit.")
