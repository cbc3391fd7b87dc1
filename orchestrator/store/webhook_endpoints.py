"""Whom events are sent to: the addresses, their secrets, and how they have been doing."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    case,
    func,
    insert,
    null,
    select,
    tuple_,
    update,
)

from orchestrator.actions import Action
from orchestrator.errors import TooManyEndpoints
from orchestrator.store.actions import record_action
from orchestrator.store.lists import DEFAULT_LIMIT
from orchestrator.store.schema import idempotency_keys, webhook_deliveries, webhook_endpoints

Row = dict[str, Any]

# Without one success for so long, an endpoint is taken to be gone.
GIVEN_UP_AFTER: Final = timedelta(days=3)
# Whoever gives events their places goes through all of them for each event.
MOST_ENDPOINTS: Final = 100

_PLACE: Final = (webhook_endpoints.c.created_at, webhook_endpoints.c.id)
_THERE: Final = webhook_endpoints.c.state != "deleted"


class EndpointPage(NamedTuple):
    """Endpoints, newest first, and whether there are more."""

    endpoints: list[Row]
    has_more: bool


def insert_endpoint(connection: Connection, row: Row, key: Row | None, action: Action) -> None:
    """Store a new endpoint on record, with the Idempotency-Key that stands for it.

    Raises:
        TooManyEndpoints: there are as many as there may be.
    """
    connection.execute(insert(webhook_endpoints), row)
    keep_key(connection, key)
    record_action(connection, action)
    # Only now: who records an action waits for those before, so of two at once one sees the other.
    if count_endpoints(connection) > MOST_ENDPOINTS:
        raise TooManyEndpoints(MOST_ENDPOINTS)


def find_endpoint(connection: Connection, endpoint_id: str) -> Row | None:
    """Read an endpoint that was not deleted."""
    query = select(webhook_endpoints).where(webhook_endpoints.c.id == endpoint_id, _THERE)
    row = connection.execute(query).mappings().one_or_none()
    return dict(row) if row is not None else None


def read_endpoints(
    connection: Connection,
    limit: int = DEFAULT_LIMIT,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> EndpointPage | None:
    """Read a page of endpoints; null where there is none of the cursor's id."""
    query: Select[Any] = select(webhook_endpoints).where(_THERE)
    cursor = starting_after or ending_before
    newer = ending_before is not None
    if cursor is not None:
        found = find_endpoint(connection, cursor)
        if found is None:
            return None
        query = query.where(beside(_PLACE, (found["created_at"], cursor), newer=newer))
    order = [column.asc() if newer else column.desc() for column in _PLACE]
    rows = [
        dict(row) for row in connection.execute(query.order_by(*order).limit(limit + 1)).mappings()
    ]
    shown = rows[:limit]
    return EndpointPage(shown[::-1] if newer else shown, len(rows) > limit)


def beside(columns: Any, place: tuple[Any, ...], *, newer: bool) -> Any:
    """Say what stands before or after a place in a list, newest first."""
    return tuple_(*columns) > place if newer else tuple_(*columns) < place


def enabled_endpoints(connection: Connection) -> list[Row]:
    """Read every endpoint that is sent events."""
    query = select(webhook_endpoints).where(webhook_endpoints.c.state == "enabled")
    return [dict(row) for row in connection.execute(query).mappings()]


def count_endpoints(connection: Connection) -> int:
    """Count the endpoints that were not deleted."""
    query = select(func.count()).select_from(webhook_endpoints).where(_THERE)
    return connection.execute(query).scalar_one()


def delete_endpoint(
    connection: Connection, endpoint_id: str, now: datetime, action: Action
) -> bool:
    """Delete an endpoint, on record: its secrets go, and what was on the way to it ends."""
    deleted = connection.execute(
        update(webhook_endpoints)
        .where(webhook_endpoints.c.id == endpoint_id, _THERE)
        .values(
            state="deleted",
            secret=null(),
            previous_secret=null(),
            previous_secret_until=null(),
            disabled_reason=null(),
            updated_at=now,
        )
    )
    if deleted.rowcount == 0:
        return False
    end_deliveries(connection, endpoint_id, "endpoint_deleted", now)
    record_action(connection, action)
    return True


def enable_endpoint(
    connection: Connection, endpoint_id: str, now: datetime, key: Row | None, action: Action
) -> None:
    """Send an endpoint events again; on record where it was not sent any."""
    enabled = connection.execute(
        update(webhook_endpoints)
        .where(webhook_endpoints.c.id == endpoint_id, webhook_endpoints.c.state == "disabled")
        .values(
            state="enabled",
            disabled_reason=null(),
            failures=0,
            failing_since=null(),
            updated_at=now,
        )
    )
    keep_key(connection, key)
    if enabled.rowcount == 1:
        record_action(connection, action)


def rotate_secret(
    connection: Connection,
    endpoint_id: str,
    version: int,
    secret: str,
    previous_until: datetime,
    now: datetime,
    key: Row | None,
    action: Action,
) -> bool:
    """Give an endpoint another secret, beside the one of this version; False if that has gone."""
    rotated = connection.execute(
        update(webhook_endpoints)
        .where(
            webhook_endpoints.c.id == endpoint_id,
            webhook_endpoints.c.secret_version == version,
            _THERE,
        )
        .values(
            previous_secret=webhook_endpoints.c.secret,
            previous_secret_until=previous_until,
            secret=secret,
            secret_version=version + 1,
            updated_at=now,
        )
    )
    if rotated.rowcount == 1:
        keep_key(connection, key)
        record_action(connection, action)
    return rotated.rowcount == 1


def note_success(connection: Connection, endpoint_id: str) -> None:
    """Forget an endpoint's failures."""
    connection.execute(
        update(webhook_endpoints)
        .where(webhook_endpoints.c.id == endpoint_id, webhook_endpoints.c.failures > 0, _THERE)
        .values(failures=0, failing_since=null())
    )


_FAILED: Final = (
    update(webhook_endpoints)
    .where(webhook_endpoints.c.id == bindparam("endpoint_id"), _THERE)
    .values(
        failures=webhook_endpoints.c.failures + 1,
        failing_since=case(
            (webhook_endpoints.c.failures > 0, webhook_endpoints.c.failing_since),
            else_=bindparam("now", type_=webhook_endpoints.c.failing_since.type),
        ),
    )
    .returning(webhook_endpoints.c.failing_since)
)


def note_failure(
    connection: Connection, endpoint_id: str, now: datetime, *, gone: bool
) -> str | None:
    """Count a failure, and disable an endpoint that is gone; return why, if it was disabled now."""
    failing_since = connection.execute(
        _FAILED, {"endpoint_id": endpoint_id, "now": now}
    ).scalar_one_or_none()
    if failing_since is None:
        return None
    if not gone and now - failing_since < GIVEN_UP_AFTER:
        return None
    reason = "gone" if gone else "failing"
    disabled = connection.execute(
        update(webhook_endpoints)
        .where(webhook_endpoints.c.id == endpoint_id, webhook_endpoints.c.state == "enabled")
        .values(state="disabled", disabled_reason=reason, updated_at=now)
    )
    end_deliveries(connection, endpoint_id, "endpoint_disabled", now)
    return reason if disabled.rowcount == 1 else None


def end_deliveries(connection: Connection, endpoint_id: str, error: str, now: datetime) -> None:
    """End every delivery that is on its way to an endpoint."""
    connection.execute(
        update(webhook_deliveries)
        .where(
            webhook_deliveries.c.endpoint_id == endpoint_id,
            # All that are pending, by the index of those: the others are many.
            webhook_deliveries.c.due_at.is_not(None),
        )
        .values(
            state="failed",
            last_error=error,
            due_at=null(),
            lease_until=null(),
            lease_owner=null(),
            ended_at=now,
        )
    )


def end_unwanted(connection: Connection, endpoint_id: str, now: datetime) -> None:
    """End what is on its way to an endpoint that is sent nothing; nothing where it is again."""
    query = select(webhook_endpoints.c.state).where(webhook_endpoints.c.id == endpoint_id)
    state = connection.execute(query).scalar_one()
    if state != "enabled":
        end_deliveries(connection, endpoint_id, f"endpoint_{state}", now)


def keep_key(connection: Connection, key: Row | None) -> None:
    """Let an Idempotency-Key stand for what was just written, where there is one."""
    if key is not None:
        connection.execute(insert(idempotency_keys), key)
