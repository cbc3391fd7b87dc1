"""One revision of a payment, as data: the rows it appends and what the payment's row becomes.

``Draft`` collects what a decision wants; ``finish`` gives a ``Change`` that the store writes in one
transaction or not at all. Pure: sequences, hashes and the machine's steps are computed here, so
the database has nothing left to decide but whether to accept.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from orchestrator import __version__
from orchestrator.actions import Action
from orchestrator.chain import instant, row_hash
from orchestrator.payment import Actor, Payment
from orchestrator.states import MACHINE_VERSION, Configuration, PaymentEvent, PaymentState, step

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """Everything one transaction writes; ``before`` is null for the payment's first."""

    before: Payment | None
    after: Payment
    transitions: tuple[Row, ...] = ()
    evidence: tuple[Row, ...] = ()
    attempts_opened: tuple[Row, ...] = ()
    attempts_closed: tuple[Row, ...] = ()
    disablements: tuple[Row, ...] = ()
    anomalies: tuple[Row, ...] = ()
    card_outcomes: tuple[Row, ...] = ()
    cards: tuple[Row, ...] = ()
    idempotency: tuple[Row, ...] = ()
    alerts: tuple[str, ...] = ()
    # What somebody did by hand that this comes of.
    action: Action | None = None


class Draft:
    """A change being put together."""

    def __init__(
        self,
        *,
        before: Payment | None,
        payment: Payment,
        now: datetime,
        actor: Actor,
        rules_version: str,
        request_id: str | None = None,
        stripe_event_id: str | None = None,
    ) -> None:
        """Begin with the payment as it is, or as it is to be stored first."""
        self.before = before
        self.now = now
        self.actor = actor
        self.rules_version = rules_version
        self.request_id = request_id
        self.stripe_event_id = stripe_event_id
        self.transitions: list[Row] = []
        self.evidence: list[Row] = []
        self.attempts_opened: list[Row] = []
        self.attempts_closed: list[Row] = []
        self.disablements: list[Row] = []
        self.anomalies: list[Row] = []
        self.card_outcomes: list[Row] = []
        self.cards: list[Row] = []
        self.idempotency: list[Row] = []
        self.alerts: list[str] = []
        self._payment = payment
        # Columns that ``_payment`` does not have yet: a payment is copied when it is looked at,
        # not at each change, which would cost a tenth of a decision.
        self._changed: Row = {}

    @property
    def payment(self) -> Payment:
        """What the row would be if the change ended here."""
        if self._changed:
            self._payment = replace(self._payment, **self._changed)
            self._changed = {}
        return self._payment

    def set(self, **columns: Any) -> None:
        """Change working columns of the payment's row."""
        self._changed.update(columns)

    def remember(self, **memory: Any) -> None:
        """Change what settlement remembers."""
        known = self._changed.get("settling", self._payment.settling)
        self.set(settling=replace(known, **memory))

    def observe(self, kind: str, payload: Row, **columns: Any) -> int:
        """Append an evidence row and return its sequence."""
        sequence = self.payment.evidence_count + 1
        row: Row = {
            "payment_id": self.payment.id,
            "sequence": sequence,
            "kind": kind,
            "attempt": None,
            "intent_status": None,
            "outcome_charge": None,
            "code": None,
            "decline_code": None,
            "stripe_request_id": None,
            "stripe_event_id": self.stripe_event_id,
            **columns,
            "payload": payload,
            "application_version": __version__,
            "observed_at": instant(self.now),
            "previous_hash": self.payment.evidence_hash,
        }
        digest = row_hash(row)
        self.evidence.append({**row, "observed_at": self.now, "hash": digest})
        self.set(evidence_count=sequence, evidence_hash=digest)
        return sequence

    def move(self, event: PaymentEvent, *, actor: Actor | None = None, **columns: Any) -> None:
        """Take one edge of the machine and append its history row.

        Raises:
            IllegalTransition: the table has no such edge from here.
            AttemptsExhausted: the edge needs an attempt and none is left.
        """
        here = Configuration(self.payment.state, self.payment.attempts_left)
        there = step(here, event)
        row = self._history_row(self.payment.state, event, there.state, actor, columns)
        self._append(row, there.state, self.payment.max_attempts - there.attempts_left)

    def begin(self) -> None:
        """Append the first history row, which binds the payment's unchanging facts."""
        facts = {"facts_hash": facts_hash(self.payment)}
        row = self._history_row(None, "create", PaymentState.created, None, facts)
        self._append(row, PaymentState.created, 0)

    def open_attempt(self, **columns: Any) -> None:
        """Insert the attempt of the ``confirm`` row just appended."""
        self.attempts_opened.append(
            {
                "payment_id": self.payment.id,
                "number": self.payment.attempts_used,
                "sequence": self.payment.version,
                "event": "confirm",
                "origin": "server",
                "payment_method": None,
                "stripe_key": None,
                "parameters": None,
                "opened_at": self.now,
                "closed_at": None,
                "closed_by": None,
                "charge": None,
                **columns,
            }
        )

    def close_attempt(self, number: int, closed_by: str, charge: str | None = None) -> None:
        """Close an attempt: its outcome is known, or it was given up."""
        self.attempts_closed.append(
            {
                "payment_id": self.payment.id,
                "number": number,
                "closed_at": self.now,
                "closed_by": closed_by,
                "charge": charge,
            }
        )

    def count_card(self, fingerprint: str, charge: str, *, approved: bool) -> None:
        """Note how a charge on a card ended, as of now: that is when we learned of it."""
        self.card_outcomes.append(
            {
                "charge": charge,
                "payment_id": self.payment.id,
                "fingerprint": fingerprint,
                "approved": approved,
                "noted_at": self.now,
            }
        )

    def note_anomaly(
        self, kind: str, detail: str, evidence: int | None, *, intent: str | None = None
    ) -> None:
        """Put something on record that nobody expected and that must not move the payment.

        ``intent`` is the one that it is about, where that is not the payment's own.
        """
        self.anomalies.append(
            {
                "id": anomaly_id(self.payment.id, kind, instant(self.now)),
                "payment_id": self.payment.id,
                "payment_intent": intent or self.payment.payment_intent,
                "stripe_object": None,
                "kind": kind,
                "detail": detail,
                "evidence": evidence,
                "noted_at": self.now,
            }
        )
        self.alerts.append(kind)

    def finish(self) -> Change:
        """Return the change, one revision above what was read."""
        self.set(revision=self.before.revision + 1 if self.before else 1, updated_at=self.now)
        return Change(
            before=self.before,
            after=self.payment,
            transitions=tuple(self.transitions),
            evidence=tuple(self.evidence),
            attempts_opened=tuple(self.attempts_opened),
            attempts_closed=tuple(self.attempts_closed),
            disablements=tuple(self.disablements),
            anomalies=tuple(self.anomalies),
            card_outcomes=tuple(self.card_outcomes),
            cards=tuple(self.cards),
            idempotency=tuple(self.idempotency),
            alerts=tuple(self.alerts),
        )

    def _history_row(
        self,
        source: PaymentState | None,
        event: str,
        target: PaymentState,
        actor: Actor | None,
        columns: Row,
    ) -> Row:
        who = actor or self.actor
        return {
            "payment_id": self.payment.id,
            "sequence": self.payment.version + 1,
            "source": source,
            "event": event,
            "target": target,
            "attempt": None,
            "handler": None,
            "handler_error": None,
            "completed": None,
            "requires_retry": None,
            "code": None,
            "decline_code": None,
            "reason": None,
            "actor_kind": who.kind,
            "actor_id": who.id,
            "request_id": self.request_id,
            "stripe_request_id": None,
            "stripe_event_id": self.stripe_event_id,
            "evidence": None,
            "evidence_status": None,
            "facts_hash": None,
            **columns,
            "machine_version": MACHINE_VERSION,
            "rules_version": self.rules_version,
            "application_version": __version__,
            "occurred_at": instant(self.now),
            "previous_hash": self.payment.last_hash,
        }

    def _append(self, row: Row, state: PaymentState, attempts_used: int) -> None:
        digest = row_hash(row)
        self.transitions.append({**row, "occurred_at": self.now, "hash": digest})
        self.set(
            state=state,
            attempts_used=attempts_used,
            version=row["sequence"],
            last_hash=digest,
        )


def anomaly_id(*facts: str) -> str:
    """Derive an anomaly's id from what it is about: the same twice is the same anomaly."""
    return f"ano_{sha256(' '.join(facts).encode()).hexdigest()[:32]}"


def facts_hash(payment: Payment) -> str:
    """Hash what never changes about a payment, so that the first history row vouches for it.

    Payments that were made before money could be taken later verify as they did: the usual way is
    told by its absence.
    """
    by_hand = {"capture_method": "manual"} if payment.capture_method == "manual" else {}
    return row_hash(
        {
            **by_hand,
            "id": payment.id,
            "owner": payment.owner,
            "amount": payment.amount,
            "currency": payment.currency,
            "customer": payment.customer,
            "item_ids": list(payment.item_ids),
            "transaction_id": payment.transaction_id,
            "payment_intent": payment.payment_intent,
            "max_attempts": payment.max_attempts,
            "created_at": instant(payment.created_at),
        }
    )


__all__ = ["Change", "Draft", "Row", "anomaly_id", "facts_hash"]
