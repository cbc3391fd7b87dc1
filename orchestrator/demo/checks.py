"""What must be true in the end: what was expected, what is stored and what was charged agree."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.audit import AuditReport
from orchestrator.demo.scenarios import Scenario
from orchestrator.demo.shop import Json


@dataclass(slots=True)
class Finished:
    """A payment that was driven: what was expected of it and what became of it."""

    scenario: Scenario
    payment: Json = field(default_factory=dict)
    history: list[Json] = field(default_factory=list)
    seconds: float = 0.0
    error: str | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The states it passed."""
        return tuple(row["target"] for row in self.history)

    @property
    def differences(self) -> list[str]:
        """What is not as it was expected, in sentences."""
        if self.error is not None:
            return [self.error]
        expected: tuple[tuple[str, object, object], ...] = (
            ("path", self.path, self.scenario.path),
            ("state", self.payment["state"], self.scenario.path[-1]),
            ("handled", self.payment["handled"], True),
            ("attempts_used", self.payment["attempts_used"], self.path.count("confirming")),
        )
        different = [
            f"{name} is {found}, expected {wanted}"
            for name, found, wanted in expected
            if found != wanted
        ]
        return different + self._differences_of_end(self.history[-1])

    def _differences_of_end(self, last: Json) -> list[str]:
        different = []
        if self.scenario.because not in {last["code"], last["decline_code"], last["reason"]}:
            different.append(f"its end says {last['reason']}, expected {self.scenario.because}")
        unasked = last["actor"]["kind"] == "worker" or last["stripe_event_id"]
        if self.scenario.unasked and not unasked:
            different.append("its end came by a request, expected by a worker or a webhook")
        return different


@dataclass(frozen=True, slots=True)
class Check:
    """A claim about all payments, and what speaks against it."""

    claim: str
    against: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.against


def compare(finished: Sequence[Finished], ledger: Json, audit: AuditReport) -> list[Check]:
    """Compare expectation, orchestrator, ledger and stored rows."""
    return [
        _paths_as_expected(finished),
        _one_charge_each(finished, ledger),
        _amounts_equal(finished, ledger),
        _intents_ended(finished, ledger),
        _rows_hold(finished, audit),
    ]


def _paths_as_expected(finished: Sequence[Finished]) -> Check:
    against = tuple(
        f"{one.scenario.title}: {'; '.join(one.differences)}" for one in finished if one.differences
    )
    return Check(f"all {len(finished)} payments took the path they had to, to its end", against)


def _one_charge_each(finished: Sequence[Finished], ledger: Json) -> Check:
    """Exactly one charge for a payment that succeeded, none for any other, none beside them."""
    charges = Counter(charge["payment_intent"] for charge in ledger["charges"])
    owed = {one.payment["payment_intent"]: one for one in finished if one.payment}
    against = [
        f"{one.scenario.title}: {one.payment['state']}, with {charges[intent]} charges"
        for intent, one in owed.items()
        if charges[intent] != (one.payment["state"] == "succeeded")
    ]
    against += [f"{intent} was charged and is nobody's" for intent in charges.keys() - owed.keys()]
    succeeded = sum(one.payment["state"] == "succeeded" for one in owed.values())
    claim = f"one charge at Stripe for each of the {succeeded} that succeeded, none for the others"
    return Check(claim, tuple(against))


def _amounts_equal(finished: Sequence[Finished], ledger: Json) -> Check:
    charged = {
        charge["payment_intent"]: (charge["amount"], charge["currency"])
        for charge in ledger["charges"]
    }
    against = tuple(
        f"{one.scenario.title}: {money} charged, {one.payment['amount_received']} said"
        for one in finished
        if one.payment
        and (money := charged.get(one.payment["payment_intent"]))
        and money != (one.payment["amount_received"], one.payment["currency"])
    )
    return Check("every charge is of what its payment says was received", against)


def _intents_ended(finished: Sequence[Finished], ledger: Json) -> Check:
    """A payment that failed cannot be paid any more, and no intent was made twice."""
    wanted = {"succeeded": "succeeded", "failed": "canceled"}
    status = {intent["id"]: intent["status"] for intent in ledger["intents"]}
    owed = {one.payment["payment_intent"]: one for one in finished if one.payment}
    against = [
        f"{one.scenario.title}: {one.payment['state']}, and {status.get(intent)} at Stripe"
        for intent, one in owed.items()
        if status.get(intent) != wanted.get(one.payment["state"])
    ]
    against += [f"{intent} is nobody's" for intent in status.keys() - owed.keys()]
    return Check(
        "Stripe holds one intent for each, canceled where the payment failed", tuple(against)
    )


def _rows_hold(finished: Sequence[Finished], audit: AuditReport) -> Check:
    against = [str(problem) for problem in audit.problems]
    if audit.payments != len(finished):
        against.append(f"{audit.payments} payments are stored")
    claim = (
        f"{audit.transitions} history rows, {audit.evidence} evidence rows and {audit.attempts} "
        "attempts verified, hash by hash"
    )
    return Check(claim, tuple(against))


def all_told(finished: Sequence[Finished], told: Mapping[tuple[str, int], Json]) -> Check:
    """Every history row reached the endpoint, as it is shown, and no row that nobody has."""
    rows = {(row["payment"], row["sequence"]): row for one in finished for row in one.history}
    against = [f"{payment}, step {step}: not told" for payment, step in rows.keys() - told.keys()]
    against += [
        f"{payment}, step {step}: told, and not in any history"
        for payment, step in told.keys() - rows.keys()
    ]
    against += [
        f"{payment}, step {step}: told otherwise than its history says"
        for (payment, step), row in rows.items()
        if told.get((payment, step), row) != row
    ]
    claim = f"each of the {len(rows)} steps was told to the shop's endpoint, signed"
    return Check(claim, tuple(sorted(against)))


def totals(finished: Sequence[Finished], ledger: Json) -> list[tuple[str, str]]:
    """Count what happened."""
    rows = [row for one in finished for row in one.history]
    ended = Counter(one.payment["state"] for one in finished if one.payment)
    targets = Counter(row["target"] for row in rows)
    by_worker = sum(row["actor"]["kind"] == "worker" and row["event"] != "confirm" for row in rows)
    by_webhook = sum(bool(row["stripe_event_id"]) and row["event"] != "confirm" for row in rows)
    return [
        ("payments", str(len(finished))),
        *((state, str(number)) for state, number in sorted(ended.items(), reverse=True)),
        ("attempts", str(targets["confirming"])),
        ("declined, new card asked for", str(targets["requires_new_card"])),
        ("declined, card put out of use", str(targets["card_disabled"])),
        ("outcomes found out by the worker", str(by_worker)),
        ("outcomes told by Stripe's webhooks", str(by_webhook)),
        ("charges at Stripe", str(len(ledger["charges"]))),
    ]


def money_by_currency(ledger: Json) -> dict[str, int]:
    """Add up what was charged, by currency."""
    sums: dict[str, int] = defaultdict(int)
    for charge in ledger["charges"]:
        sums[charge["currency"]] += charge["amount"]
    return dict(sorted(sums.items()))
