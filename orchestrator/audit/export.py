"""Gives payments to people outside: a line for each payment, a row for each step, or one bundle.

A bundle is one payment with all that proves it: ``orchestrator audit verifier`` prints the program
that checks it with no database and no service. What cannot be proved stays out: the description,
the metadata, and what is derived.
"""

import csv
import hashlib
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final

from orchestrator import __version__
from orchestrator.audit.pages import RowsByTable, pages_of
from orchestrator.chain import canonical, instant
from orchestrator.errors import OrchestratorError
from orchestrator.payment import Payment
from orchestrator.seals.proof import prove
from orchestrator.store.connections import Database
from orchestrator.store.schema import payment_transitions

Row = dict[str, Any]

FACTS: Final = (
    "id",
    "owner",
    "amount",
    "currency",
    "customer",
    "item_ids",
    "transaction_id",
    "payment_intent",
    "max_attempts",
    "created_at",
)
_HEADS: Final = ("version", "last_hash", "evidence_count", "evidence_hash", "attempts_used")
# The database computes it; it is in no hash.
_COMPUTED: Final = "prev_sequence"
_NAMES: Final = tuple(
    str(column.name) for column in payment_transitions.c if column.name != _COMPUTED
)
# A spreadsheet takes a cell that begins so for a formula; an apostrophe makes it a text (OWASP).
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class NotSealed(OrchestratorError):
    """A payment is in no seal yet, so nothing proves it to somebody outside."""

    code = "not_sealed"


def document_of(payment: Payment, rows: RowsByTable) -> Row:
    """Give a payment and its rows as plain JSON values."""
    return {
        "payment": _facts(payment),
        "history": [_plain(row) for row in rows["payment_transitions"]],
        "evidence": [_plain(row) for row in rows["evidence"]],
        "attempts": [_plain(row) for row in rows["attempts"]],
    }


def _facts(payment: Payment) -> Row:
    facts = {name: getattr(payment, name) for name in (*FACTS, *_HEADS)}
    facts |= {"state": str(payment.state), "item_ids": list(payment.item_ids)}
    facts["created_at"] = instant(payment.created_at)
    if payment.capture_method == "manual":
        facts["capture_method"] = "manual"
    return facts


def _plain(row: Row) -> Row:
    return {
        name: instant(value) if isinstance(value, datetime) else value
        for name, value in row.items()
        if name != _COMPUTED
    }


async def jsonl_lines(database: Database, payment_id: str | None) -> AsyncIterator[str]:
    """Write each payment with its rows as a line of JSON."""
    async for payment, rows in pages_of(database, payment_id):
        yield canonical(document_of(payment, rows)).decode() + "\n"


async def csv_lines(database: Database, payment_id: str | None) -> AsyncIterator[str]:
    """Write each history row as a line of CSV, after a line of names."""
    yield csv_head()
    async for _, rows in pages_of(database, payment_id):
        yield csv_steps(rows["payment_transitions"])


def csv_head() -> str:
    """Write the line of names."""
    return _csv_line(list(_NAMES))


def csv_steps(history: Sequence[Row]) -> str:
    """Write history rows as lines of CSV."""
    plain = (_plain(row) for row in history)
    return "".join(_csv_line([row[name] for name in _NAMES]) for row in plain)


def _csv_line(values: list[Any]) -> str:
    line, cells = io.StringIO(), [_cell(value) for value in values]
    # Python 3.11 leaves a carriage return outside of quotes, where it would begin another row.
    returns = any(isinstance(cell, str) and "\r" in cell for cell in cells)
    writer = csv.writer(
        line, lineterminator="\n", quoting=csv.QUOTE_ALL if returns else csv.QUOTE_MINIMAL
    )
    writer.writerow(cells)
    return line.getvalue()


def _cell(value: Any) -> Any:
    """Write nothing for null, flags as JSON does, and no text that a spreadsheet would run."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return f"'{value}"
    return str(value).lower() if isinstance(value, bool) else value


async def bundle_of(database: Database, payment_id: str) -> bytes:
    """Write the bundle of a payment.

    Raises:
        NotSealed: no seal has the payment.
    """
    proof = await prove(database, payment_id)
    found = [each async for each in pages_of(database, payment_id)]
    if proof is None or not found:
        raise NotSealed(f"{payment_id} is in no seal yet. Run: orchestrator audit seal")
    bundle = {
        "object": "payment_bundle",
        "application_version": __version__,
        **document_of(*found[0]),
        "proof": proof.as_json(),
    }
    # Of what no chain holds yet, rows that are newer than the seal: it tells of accidents.
    bundle["digest"] = hashlib.sha256(canonical(bundle)).hexdigest()
    return canonical(bundle) + b"\n"
