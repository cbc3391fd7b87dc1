"""Walks over every payment a page at a time and checks each against the rules and the seals.

Refuses to stop at a row that cannot be read: that is a problem like any other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select

from orchestrator.audit.actions import verify_actions
from orchestrator.audit.on_record import verify_on_record
from orchestrator.audit.pages import CHILDREN, Page, Range, next_ids, read_page
from orchestrator.audit.records import Problem, Row
from orchestrator.audit.report import KEPT_PROBLEMS, AuditReport
from orchestrator.audit.rule_sets import verify_rule_sets, versions_of
from orchestrator.audit.rules import verify_payment
from orchestrator.audit.sealed import Stored, sealed_problems
from orchestrator.audit.seals import NOBODY, verify_seals
from orchestrator.audit.unreadable import UNREADABLE
from orchestrator.seals.seal import Leaf
from orchestrator.states import TRANSITIONS
from orchestrator.store.connections import Database
from orchestrator.store.schema import (
    evidence,
    legal_edges,
    payments,
)
from orchestrator.store.seals import seals_of

Progress = Callable[[int, int], None]

# What says of a seal that another one is missing.
_GAP: Final = "number_without_gaps"


async def verify_all(
    database: Database,
    progress: Progress | None = None,
    *,
    trusted: Mapping[str, str] = NOBODY,
) -> AuditReport:
    """Check every payment, rows that belong to none, the actions of people, and every seal.

    ``progress`` hears (done, total); ``trusted`` holds the public keys that seals may be signed
    with, by their ids.
    """
    total = await database.read(count_payments)
    last_seal, report = await verify_beside_payments(database, trusted)
    await verify_range(
        database, Range("", None), last_seal, report, lambda done: _tell(progress, done, total)
    )
    return report


async def verify_beside_payments(
    database: Database, trusted: Mapping[str, str]
) -> tuple[int, AuditReport]:
    """Check what no single payment shows; return the newest seal's number with what was found."""
    report = AuditReport()
    report.add_all(await database.read(_problems_across_payments))
    report.add_all(await verify_rule_sets(database))
    last_seal, problems = await verify_seals(database, trusted)
    report.add_all(problems)
    report.seals = last_seal
    chain = await verify_actions(database)
    report.add_all(chain.problems)
    report.actions = chain.actions
    # A chain that does not hold is no measure of anything else.
    if not chain.problems:
        report.add_all(await verify_on_record(database))
    return last_seal, report


async def verify_range(
    database: Database,
    ids: Range,
    last_seal: int,
    report: AuditReport,
    tell: Callable[[int], None] | None = None,
) -> None:
    """Check the payments of a range against the rules and against the seals up to ``last_seal``."""
    after = ids.after
    while page := await database.read(next_ids, Range(after, ids.until)):
        await _verify_ids(database, page, last_seal, report)
        after = page[-1]
        if tell:
            tell(report.payments)


async def verify_one(
    database: Database, payment_id: str, *, trusted: Mapping[str, str] = NOBODY
) -> AuditReport | None:
    """Check one payment, and the seals that hold it; null when nothing is known of the id."""
    report = AuditReport()
    holding = await database.read(seals_of, payment_id)
    last_seal, problems = await verify_seals(database, trusted, roots_of=holding)
    await _verify_ids(database, [payment_id], last_seal, report)
    report.add_all(await verify_rule_sets(database, await database.read(versions_of, payment_id)))
    report.seals = sum(number <= last_seal for number in holding)
    found = report.payments or report.transitions or report.evidence or report.attempts
    if not (found or report.problem_count):
        return None
    # A seal that is gone, or that nobody can read, may be the very one that held the payment.
    report.add_all(
        problem
        for problem in problems
        if problem.sequence in {None, *holding} or problem.rule == _GAP
    )
    return report


async def _verify_ids(
    database: Database, ids: list[str], last_seal: int, report: AuditReport
) -> None:
    """Check some payments; where a page cannot be read, find out which row it is."""
    try:
        page = await database.read(read_page, ids, last_seal)
    except UNREADABLE as exc:
        if len(ids) > 1:
            for payment_id in ids:
                await _verify_ids(database, [payment_id], last_seal, report)
            return
        report.payments += 1
        report.add(_unreadable(ids[0], exc))
        return
    for payment_id in ids:
        try:
            _verify_page_entry(page, payment_id, report)
        except UNREADABLE as exc:
            report.add(_unreadable(payment_id, exc))


def _verify_page_entry(page: Page, payment_id: str, report: AuditReport) -> None:
    rows = {table.name: page.rows[table.name].get(payment_id, []) for table, _ in CHILDREN}
    report.transitions += len(rows["payment_transitions"])
    report.evidence += len(rows["evidence"])
    report.attempts += len(rows["attempts"])
    payment = page.payments.get(payment_id)
    if payment is None:
        report.add_all(_orphans(payment_id, rows))
    else:
        report.payments += 1
        report.add_all(
            verify_payment(payment, rows["payment_transitions"], rows["evidence"], rows["attempts"])
        )
    leaves = [(f"seal {placed.seal}", placed.leaf) for placed in page.leaves.get(payment_id, [])]
    report.leaves += len(leaves)
    report.add_all(sealed_problems(leaves, stored_of(rows)))


async def problems_with_leaves(
    database: Database, source: str, leaves: Sequence[Leaf]
) -> list[Problem]:
    """Hold payments against leaves that are not stored: those of a seal kept elsewhere."""
    ids = [leaf.payment for leaf in leaves]
    try:
        page = await database.read(read_page, ids, 0)
    except UNREADABLE as exc:
        if len(leaves) == 1:
            return [_unreadable(leaves[0].payment, exc)]
        found = [await problems_with_leaves(database, source, [leaf]) for leaf in leaves]
        return [problem for part in found for problem in part]
    return [
        problem
        for leaf in leaves
        for problem in sealed_problems(
            [(source, leaf)],
            stored_of({name: rows.get(leaf.payment, []) for name, rows in page.rows.items()}),
        )
    ]


def _unreadable(payment_id: str, exc: Exception) -> Problem:
    sentence = f"A column holds what cannot be read: {exc}"
    return Problem(payment_id, "payments", None, "readable", sentence)


def stored_of(rows: Mapping[str, list[Row]]) -> Stored:
    """Return a payment's rows as they are held against its leaves."""
    return Stored(rows["payment_transitions"], rows["evidence"], rows["attempts"])


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress:
        progress(done, max(total, done))


def _orphans(payment_id: str, rows: dict[str, list[Row]]) -> Iterator[Problem]:
    for table, order in CHILDREN:
        for row in rows[table.name]:
            sentence = "No payment has this id; its row was removed."
            yield Problem(payment_id, table.name, row[order], "has_payment", sentence)


def count_payments(connection: Connection) -> int:
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
