"""How charges on a card ended, by its fingerprint, across payments and owners."""

from datetime import datetime
from itertools import takewhile

from sqlalchemy import Connection, select

from orchestrator.store.schema import card_outcomes


def find_declines(
    connection: Connection, fingerprint: str, since: datetime, most: int
) -> list[datetime]:
    """Read when a card was declined since its last approval, the newest first, at most so many.

    What was noted in the same moment as an approval counts as before it.
    """
    query = (
        select(card_outcomes.c.noted_at, card_outcomes.c.approved)
        .where(card_outcomes.c.fingerprint == fingerprint, card_outcomes.c.noted_at > since)
        .order_by(card_outcomes.c.noted_at.desc(), card_outcomes.c.approved.desc())
        .limit(most)
    )
    declined = takewhile(lambda row: not row.approved, connection.execute(query))
    return [row.noted_at for row in declined]
