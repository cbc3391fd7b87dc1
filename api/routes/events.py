"""The feed over HTTP: what happened to payments, as pages and as a stream for a page that waits.

The stream has the list's address, because it is the list, told as it grows: ``Accept`` says which
of the two is wanted, as server-sent events have it, and filters, cursor and owner are the same.
"""

from typing import Final

from fastapi import Request, Response

from api.accept import answer
from api.authentication import READING, Identity, authenticate, identify
from api.errors import ValidationFailed
from api.event_queries import (
    LAST_EVENT_ID,
    read_events_query,
    read_stream_query,
    unknown_cursor,
)
from api.openapi import operations
from api.paths import event_id_in, runtime_of
from api.routes.direct import router_of
from api.shapes import list_document
from api.streams import EventStream, Streams
from orchestrator.errors import EventNotFound, PaymentNotFound
from orchestrator.outgoing.feed import event_document
from orchestrator.store.feed import ListEvents

router = router_of("events")

STREAM: Final = "text/event-stream"


@router.get("/v1/events", openapi_extra=operations.LIST_EVENTS)
async def list_events(request: Request) -> Response:
    """List events, oldest first, or stream them with `Accept: text/event-stream`.

    A stream goes on from `starting_after` or from the header `Last-Event-ID`; without either it
    begins with what comes next, and of one `payment` with that payment's first event.
    """
    identity = await authenticate(request, READING)
    if _wants_stream(request):
        return await _stream(request, identity)
    wanted = read_events_query(request, identity.reads)
    try:
        page = await runtime_of(request).feed.page(wanted)
    except EventNotFound as exc:
        raise unknown_cursor("event", before=wanted.ending_before is not None) from exc
    shown = [event_document(event) for event in page.events]
    return answer(list_document(shown, "/v1/events", has_more=page.has_more))


@router.get("/v1/events/{event_id}", openapi_extra=operations.GET_EVENT)
async def get_event(request: Request) -> Response:
    """Show an event: what happened, and its payment as it is now."""
    identity = await authenticate(request, READING)
    event = await runtime_of(request).feed.get(event_id_in(request), identity.reads)
    return answer(event_document(event))


def _wants_stream(request: Request) -> bool:
    ranges = ",".join(request.headers.getlist("accept")).split(",")
    return any(each.partition(";")[0].strip().lower() == STREAM for each in ranges)


async def _stream(request: Request, identity: Identity) -> Response:
    """Open a stream as the request asks for it, as long as its key is in use."""
    wanted = read_stream_query(request, identity.reads)
    place = await _beginning(request, wanted)
    streams: Streams = request.app.state.streams

    async def still_allowed() -> bool:
        return await identify(request) == identity

    return EventStream(streams, wanted, place, identity.key_id, still_allowed)


async def _beginning(request: Request, wanted: ListEvents) -> int:
    """Return the place after which a stream begins."""
    runtime = runtime_of(request)
    if wanted.payment is not None:
        # Whoever waits for a payment that is nobody's, or another's, would wait for ever.
        try:
            await runtime.payments.get(wanted.payment, wanted.owner)
        except PaymentNotFound as exc:
            raise PaymentNotFound(wanted.payment, param="payment") from exc
        if wanted.starting_after is None:
            return 0
    try:
        return await runtime.feed.place(wanted.starting_after, wanted.owner)
    except EventNotFound as exc:
        header = LAST_EVENT_ID in request.headers
        param = LAST_EVENT_ID if header else "starting_after"
        raise ValidationFailed(f"{param} names no event that this key reads.", param) from exc
