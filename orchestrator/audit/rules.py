"""What must hold of one payment's rows, each rule a small generator of problems.

Pure: rows in, problems out. It trusts no column that another column can vouch for, repairs nothing
and raises for nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import zip_longest
from typing import Final

from orchestrator.audit.records import Problem, Records, Row
from orchestrator.chain import GENESIS, instant, rehash
from orchestrator.change import facts_hash
from orchestrator.payment import Payment
from orchestrator.states import (
    TRANSITIONS,
    WAITING_STATES,
    Configuration,
    PaymentEvent,
    PaymentState,
    TransitionRefused,
    step,
)

# Columns that the database computes, or that are the hash itself: they are not hashed.
UNHASHED: Final = frozenset({"hash", "prev_sequence"})
PROOF_OF: Final = {"succeeded": "succeeded", "failed": "canceled"}
_EDGES: Final = frozenset((row.source, row.event, row.target) for row in TRANSITIONS)
_WITHOUT_CHARGE: Final = frozenset({"abandoned", "not_run", "canceled"})


def verify_payment(
    payment: Payment, history: Sequence[Row], evidence: Sequence[Row], attempts: Sequence[Row]
) -> list[Problem]:
    """Check one payment's rows, given oldest first; the first bad row comes first."""
    records = Records(payment, history, evidence, attempts)
    return [problem for rule in RULES for problem in rule(records)]


# ── chains ───────────────────────────────────────────────────────────────────────────────────


def _history_is_chained(records: Records) -> Iterator[Problem]:
    for rule, row, sentence in _chain_breaks(records.history, "occurred_at"):
        yield records.history_problem(row, rule, sentence)


def _evidence_is_chained(records: Records) -> Iterator[Problem]:
    for rule, row, sentence in _chain_breaks(records.evidence, "observed_at"):
        yield records.evidence_problem(row, rule, sentence)


def _chain_breaks(rows: Sequence[Row], moment: str) -> Iterator[tuple[str, Row, str]]:
    """Find where a chain is broken: a row missing, a link that does not fit, a row changed."""
    previous_hash = GENESIS
    for expected, row in enumerate(rows, start=1):
        if row["sequence"] != expected:
            sentence = f"Row {expected} is expected here; rows are missing or were added."
            yield "sequence_without_gaps", row, sentence
            return  # Every later row would only say the same.
        if row["previous_hash"] != previous_hash:
            yield "previous_hash", row, "It does not carry the hash of the row before it."
        if _recomputed(row, moment) != row["hash"]:
            yield "hash", row, "Its content is not what was hashed when it was written."
        previous_hash = row["hash"]


def _recomputed(row: Row, moment: str) -> str | None:
    hashed = {name: value for name, value in row.items() if name not in UNHASHED}
    hashed[moment] = instant(row[moment])
    try:
        return rehash(hashed)
    except TypeError:
        # A mapping's keys are of a type of their own, which no JSON writer takes; otherwise it is
        # a row that nobody of ours wrote, with so large an integer.
        return _recomputed_with_plain_names(hashed)


def _recomputed_with_plain_names(hashed: Row) -> str | None:
    try:
        return rehash({str(name): value for name, value in hashed.items()})
    except TypeError:
        return None


# ── the path ─────────────────────────────────────────────────────────────────────────────────


def _history_begins_with_create(records: Records) -> Iterator[Problem]:
    if not records.history:
        yield records.payment_problem("has_history", "It has no history row at all.")
        return
    first = records.history[0]
    begins = (first["source"], first["event"], first["target"])
    if begins != (None, "create", "created"):
        yield records.history_problem(first, "begins_with_create", "It is not a create row.")
    if first["facts_hash"] != facts_hash(records.payment):
        sentence = "Amount, currency, customer or another fixed fact is not as it was created."
        yield records.payment_problem("facts_hash", sentence)


def _history_is_a_path(records: Records) -> Iterator[Problem]:
    """Walk the rows through the machine itself, guards included."""
    here = Configuration(PaymentState.created, records.payment.max_attempts)
    for row in records.history[1:]:
        edge = (row["source"], row["event"], row["target"])
        if edge not in _EDGES:
            sentence = f"{edge[0]} --{edge[1]}--> {edge[2]} is no row of the table."
            yield records.history_problem(row, "legal_edge", sentence)
            return
        if row["source"] != here.state:
            sentence = f"It starts from {row['source']}, but the payment stood in {here.state}."
            yield records.history_problem(row, "path", sentence)
            return
        try:
            here = _step(here, row["event"])
        except TransitionRefused as refusal:
            yield records.history_problem(row, "attempts_bounded", str(refusal))
            return
    yield from _ends_where_payment_stands(records, here)


@cache
def _step(here: Configuration, event: str) -> Configuration:
    """Take a step of the machine; there are few, and each payment takes the same ones."""
    return step(here, PaymentEvent(event))


def _ends_where_payment_stands(records: Records, end: Configuration) -> Iterator[Problem]:
    payment = records.payment
    if records.history and payment.state != end.state:
        sentence = f"It says {payment.state}, its history ends in {end.state}."
        yield records.payment_problem("state", sentence)
    if payment.attempts_left != end.attempts_left:
        sentence = f"It says {payment.attempts_used} attempts used, {len(records.confirms)} were."
        yield records.payment_problem("attempts_used", sentence)


def _ends_are_proven(records: Records) -> Iterator[Problem]:
    """Whatever a history row cites is stored, and an end cites what Stripe said."""
    for row in records.history:
        cited = records.evidence_by_sequence.get(row["evidence"])
        status = cited["intent_status"] if cited else None
        if row["evidence"] is not None and cited is None:
            sentence = f"It cites evidence {row['evidence']}, which is not stored."
            yield records.history_problem(row, "evidence_exists", sentence)
        elif row["evidence_status"] not in {None, status}:
            sentence = f"It cites a status of {row['evidence_status']}; the evidence says {status}."
            yield records.history_problem(row, "evidence_status", sentence)
        needed = PROOF_OF.get(row["target"])
        if needed is not None and status != needed:
            sentence = f"{row['target']} needs evidence of {needed}; the evidence says {status}."
            yield records.history_problem(row, "end_is_proven", sentence)


# ── evidence and attempts ────────────────────────────────────────────────────────────────────


def _charges_are_counted_once(records: Records) -> Iterator[Problem]:
    counts = Counter(row["outcome_charge"] for row in records.evidence)
    for row in records.evidence:
        if row["outcome_charge"] is not None and counts[row["outcome_charge"]] > 1:
            sentence = f"Charge {row['outcome_charge']} is counted more than once."
            yield records.evidence_problem(row, "charge_counted_once", sentence)


def _attempts_are_confirmations(records: Records) -> Iterator[Problem]:
    """The nth confirm row and the nth attempt are one thing."""
    pairs = zip_longest(records.confirms, records.attempts)
    for number, (confirm, attempt) in enumerate(pairs, start=1):
        if attempt is None:
            sentence = f"It is confirmation {number}, which has no attempt."
            yield records.history_problem(confirm, "confirm_has_attempt", sentence)
        elif confirm is None or attempt["number"] != number:
            yield records.attempt_problem(attempt, "attempt_has_confirm", "No confirm row has it.")
            return
        elif (attempt["sequence"], confirm["attempt"]) != (confirm["sequence"], number):
            sentence = f"It names history row {attempt['sequence']}, not {confirm['sequence']}."
            yield records.attempt_problem(attempt, "attempt_has_confirm", sentence)


def _attempts_are_consistent(records: Records) -> Iterator[Problem]:
    charges = {row["outcome_charge"] for row in records.evidence}
    for row in records.attempts:
        for rule, broken, sentence in _attempt_rules(records, row, charges):
            if broken:
                yield records.attempt_problem(row, rule, sentence)


def _attempt_rules(
    records: Records, row: Row, charges: set[str | None]
) -> tuple[tuple[str, bool, str], ...]:
    key = f"{records.payment.id}:confirm:{row['number']}"
    sent = (row["parameters"] or {}).get("payment_method")
    by_us = row["origin"] == "server"
    return (
        (
            "closed_has_cause",
            (row["closed_at"] is None) != (row["closed_by"] is None),
            "It has a time of closing without a cause, or a cause without a time.",
        ),
        (
            "stripe_key",
            row["stripe_key"] != (key if by_us else None),
            f"Its Stripe key is {row['stripe_key']}.",
        ),
        (
            "payment_method",
            by_us and sent != row["payment_method"],
            f"It names card {row['payment_method']}, its parameters name {sent}.",
        ),
        (
            "charge_has_evidence",
            row["charge"] not in charges | {None},
            f"No evidence counts its charge {row['charge']}.",
        ),
        (
            "no_charge",
            row["closed_by"] in _WITHOUT_CHARGE and row["charge"] is not None,
            f"It was closed as {row['closed_by']}, and still has charge {row['charge']}.",
        ),
        (
            "open_is_remembered",
            row["closed_at"] is None and row["number"] != _remembered(records.payment),
            f"It is open, but the payment's open attempt is {_remembered(records.payment)}.",
        ),
    )


# ── the payment's own row ────────────────────────────────────────────────────────────────────


def _heads_fit(records: Records) -> Iterator[Problem]:
    payment = records.payment
    expected: tuple[tuple[str, object, object], ...] = (
        ("version", payment.version, len(records.history)),
        ("last_hash", payment.last_hash, _head(records.history)),
        ("evidence_count", payment.evidence_count, len(records.evidence)),
        ("evidence_hash", payment.evidence_hash, _head(records.evidence)),
        ("attempts_counted", payment.attempts_used, len(records.attempts)),
    )
    for rule, stored, found in expected:
        if stored != found:
            yield records.payment_problem(rule, f"It says {stored}; the rows say {found}.")


def _state_fits_columns(records: Records) -> Iterator[Problem]:
    payment = records.payment
    unfinished = payment.intention is not None or payment.due_at is not None
    checks = (
        (
            "attempts_bounded",
            not 0 <= payment.attempts_used <= payment.max_attempts,
            f"It used {payment.attempts_used} of {payment.max_attempts} attempts.",
        ),
        (
            "waiting_has_attempt",
            payment.state in WAITING_STATES and payment.attempts_left <= 0,
            "It waits for a card with no attempt left.",
        ),
        (
            "handled_is_final",
            payment.handled and (unfinished or bool(records.open_attempts)),
            "It is handled, yet something is still open or due.",
        ),
        ("unhandled_is_due", not payment.handled and payment.due_at is None, "Nobody looks at it."),
        (
            "confirming_has_attempt",
            (payment.state is PaymentState.confirming)
            != (bool(records.open_attempts) or _ends_while_confirming(payment)),
            f"It is {payment.state} with {len(records.open_attempts)} attempts open.",
        ),
        (
            "open_is_remembered",
            _remembered(payment) not in {None, *(row["number"] for row in records.open_attempts)},
            f"Its open attempt {_remembered(payment)} is not stored as open.",
        ),
    )
    for rule, broken, sentence in checks:
        if broken:
            yield records.payment_problem(rule, sentence)


def _ends_while_confirming(payment: Payment) -> bool:
    """Tell whether an outcome has closed the attempt and only Stripe's cancellation is awaited."""
    return payment.state is PaymentState.confirming and payment.intention is not None


def _head(rows: Sequence[Row]) -> str:
    return str(rows[-1]["hash"]) if rows else GENESIS


def _remembered(payment: Payment) -> int | None:
    return payment.settling.open.number if payment.settling.open else None


RULES: Final[tuple[Callable[[Records], Iterator[Problem]], ...]] = (
    _history_is_chained,
    _history_begins_with_create,
    _history_is_a_path,
    _ends_are_proven,
    _evidence_is_chained,
    _charges_are_counted_once,
    _attempts_are_confirmations,
    _attempts_are_consistent,
    _heads_fit,
    _state_fits_columns,
)
