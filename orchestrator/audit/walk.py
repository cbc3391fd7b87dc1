"""Walks over every payment a page at a time and checks each against the rules.

A page is read in one snapshot, so a deployment at work gives no false alarm, and memory stays flat
however many payments there are. Refuses to stop at a row that cannot be read: that is a problem.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select, union

from orchestrator.audit.actions import verify_actions
from orchestrator.audit.records import Problem, Row
from orchestrator.audit.rules import verify_payment
from orchestrator.payment import Payment
from orchestrator.states import TRANSITIONS
from orchestrator.store.connections import Database
from orchestrator.store.rows import payment_columns, payment_from_row
from orchestrator.store.schema import (
    attempts,
    evidence,
    legal_edges,
    payment_transitions,
    payments,
)

PAGE: Final = 200
# More problems than anybody reads; the rest are counted.
KEPT_PROBLEMS: Final = 1000

Progress = Callable[[int, int], None]

# Each table of a payment's rows, and the column that orders them.
_CHILDREN: Final = (
    (payment_transitions, "sequence"),
    (evidence, "sequence"),
    (attempts, "number"),
)
_SNAPSHOT: Final = {
    "sqlite": "BEGIN",
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}
# What a column's reader raises for text that no writer of ours left there.
_UNREADABLE: Final = (ValueError, TypeError, KeyError)


@dataclass(slots=True)
class AuditReport:
    """How much was checked, and what was found; ``problems`` holds the first of them."""

    payments: int = 0
    transitions: int = 0
    evidence: int = 0
    attempts: int = 0
    actions: int = 0
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Tell whether nothing was found."""
        return self.problem_count == 0

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it while there are few."""
        self.problem_count += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(problem)

    def as_json(self) -> dict[str, Any]:
        """Give the report as plain JSON values."""
        return {
            "ok": self.holds,
            "payments": self.payments,
            "transitions": self.transitions,
            "evidence": self.evidence,
            "attempts": self.attempts,
            "actions": self.actions,
            "problem_count": self.problem_count,
            "problems": [problem.as_json() for problem in self.problems],
        }


@dataclass(slots=True)
class _Page:
    """Some payments and all their rows; ``lost`` are ids that only rows of other tables know."""

    ids: list[str]
    payments: dict[str, Payment]
    rows: dict[str, dict[str, list[Row]]]


async def verify_all(database: Database, progress: Progress | None = None) -> AuditReport:
    """Check every payment, rows that belong to none, and the actions of people.

    ``progress`` hears (done, total) of payments.
    """
    report = AuditReport()
    total = await database.read(_count_payments)
    for problem in await database.read(_problems_across_payments):
        report.add(problem)
    after = ""
    while ids := await database.read(_next_ids, after):
        await _verify_ids(database, ids, report)
        after = ids[-1]
        if progress:
            progress(report.payments, max(total, report.payments))
    chain = await verify_actions(database)
    report.actions = chain.actions
    for problem in chain.problems:
        report.add(problem)
    return report


async def verify_one(database: Database, payment_id: str) -> AuditReport | None:
    """Check one payment; null when nothing at all is stored under the id."""
    report = AuditReport()
    await _verify_ids(database, [payment_id], report)
    found = report.payments or report.transitions or report.evidence or report.attempts
    return report if found or report.problem_count else None


async def _verify_ids(database: Database, ids: list[str], report: AuditReport) -> None:
    """Check some payments; where a page cannot be read, find out which row it is."""
    try:
        page = await database.read(_read_page, ids)
    except _UNREADABLE as exc:
        if len(ids) > 1:
            for payment_id in ids:
                await _verify_ids(database, [payment_id], report)
            return
        sentence = f"A column holds what cannot be read: {exc}"
        report.payments += 1
        report.add(Problem(ids[0], "payments", None, "readable", sentence))
        return
    for payment_id in ids:
        _verify_page_entry(page, payment_id, report)


def _verify_page_entry(page: _Page, payment_id: str, report: AuditReport) -> None:
    rows = {table.name: page.rows[table.name].get(payment_id, []) for table, _ in _CHILDREN}
    report.transitions += len(rows["payment_transitions"])
    report.evidence += len(rows["evidence"])
    report.attempts += len(rows["attempts"])
    payment = page.payments.get(payment_id)
    if payment is None:
        for problem in _orphans(payment_id, rows):
            report.add(problem)
        return
    report.payments += 1
    found = verify_payment(payment, rows["payment_transitions"], rows["evidence"], rows["attempts"])
    for problem in found:
        report.add(problem)


def _orphans(payment_id: str, rows: dict[str, list[Row]]) -> Iterator[Problem]:
    for table, order in _CHILDREN:
        for row in rows[table.name]:
            sentence = "No payment has this id; its row was removed."
            yield Problem(payment_id, table.name, row[order], "has_payment", sentence)


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def _next_ids(connection: Connection, after: str) -> list[str]:
    """List the next ids that any table knows, so that a row without a payment is met too."""
    parts = [_ids_after(payments, "id", after)]
    parts += [_ids_after(table, "payment_id", after) for table, _ in _CHILDREN]
    ids = union(*parts).subquery()
    query = select(ids.c.id).order_by(ids.c.id).limit(PAGE)
    return list(connection.execute(query).scalars())


def _ids_after(table: Table, column: str, after: str) -> Any:
    # Limited inside the union: each part stops after one page of its own index.
    part = select(table.c[column].label("id")).where(table.c[column] > after)
    return select(part.distinct().order_by(table.c[column]).limit(PAGE).subquery().c.id)


def _read_page(connection: Connection, ids: Sequence[str]) -> _Page:
    with _snapshot(connection):
        query = select(*payment_columns()).where(payments.c.id.in_(ids))
        found = [payment_from_row(row) for row in connection.execute(query)]
        rows = {table.name: _read_rows(connection, table, order, ids) for table, order in _CHILDREN}
    return _Page(list(ids), {payment.id: payment for payment in found}, rows)


def _read_rows(
    connection: Connection, table: Table, order: str, ids: Sequence[str]
) -> dict[str, list[Row]]:
    query = (
        select(table)
        .where(table.c.payment_id.in_(ids))
        .order_by(table.c.payment_id, table.c[order])
    )
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        grouped[row["payment_id"]].append(dict(row))
    return grouped


@contextmanager
def _snapshot(connection: Connection) -> Iterator[None]:
    """See one moment of the database; the connection commits each statement otherwise."""
    connection.exec_driver_sql(_SNAPSHOT[connection.dialect.name])
    try:
        yield
    finally:
        connection.exec_driver_sql("ROLLBACK")


def _count_payments(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(payments)).scalar_one()


def _problems_across_payments(connection: Connection) -> list[Problem]:
    """Find what no single payment shows: edges the table lacks, a charge counted for two."""
    stored = {tuple(row) for row in connection.execute(select(legal_edges))}
    ours = {(str(row.source), str(row.event), str(row.target)) for row in TRANSITIONS}
    problems = [
        Problem("-", "legal_edges", None, "edges", f"{' '.join(edge)} is in only one of the tables")
        for edge in sorted(stored ^ ours)
    ]
    return problems + [
        Problem(row.payment_id, "evidence", row.sequence, "charge_counted_once", _TWICE)
        for row in connection.execute(_charges_of_two_payments())
    ]


_TWICE: Final = "Its charge is counted for another payment, too."


def _charges_of_two_payments() -> Any:
    doubled = (
        select(evidence.c.outcome_charge)
        .where(evidence.c.outcome_charge.is_not(None))
        .group_by(evidence.c.outcome_charge)
        .having(func.count(evidence.c.payment_id.distinct()) > 1)
    )
    return (
        select(evidence.c.payment_id, evidence.c.sequence)
        .where(evidence.c.outcome_charge.in_(doubled))
        .order_by(evidence.c.payment_id, evidence.c.sequence)
        .limit(KEPT_PROBLEMS)
    )
