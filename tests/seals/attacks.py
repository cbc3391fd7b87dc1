"""What somebody with the database's password and enough patience could do, class by class.

Each attack picks its victims by chance, writes the SQL, and names the rows that must be found. The
rows are those of ``tests.many_payments``; nothing here imports a rule of the audit.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from orchestrator.chain import GENESIS, instant, row_hash
from orchestrator.seals.seal import Seal, SignedSeal, sign
from tests.seals.test_seal import OTHER_KEY
from tests.store.builders import insert, literal, update

Row = dict[str, Any]
TABLES: Final = ("payment_transitions", "evidence", "attempts")
MOMENTS: Final = {"payment_transitions": "occurred_at", "evidence": "observed_at"}
NUMBERS: Final = {"payment_transitions": "sequence", "evidence": "sequence", "attempts": "number"}


class Place(NamedTuple):
    """Where something is found: a payment (or ``-``), a table, a row."""

    payment: str
    table: str
    sequence: int | None


@dataclass(frozen=True, slots=True)
class Attack:
    """Statements, and the places that must be among those that are found."""

    statements: list[str]
    expected: set[Place]


class Loot:
    """The stored rows, as an attacker has read them."""

    def __init__(self, rows: Mapping[str, list[Row]], seals: list[SignedSeal]) -> None:
        """Sort the rows by their payments."""
        self.seals = seals
        self.payments = {row["id"]: row for row in rows["payments"]}
        self.rows: dict[str, dict[str, list[Row]]] = {id: {} for id in self.payments}
        for table in TABLES:
            for row in rows[table]:
                self.rows[row["payment_id"]].setdefault(table, []).append(row)

    def victim(self, chance: random.Random, history: int = 1, attempts: int = 0) -> str:
        """Pick a payment with at least so many history rows and attempts."""
        found = [
            id
            for id, tables in self.rows.items()
            if len(tables["payment_transitions"]) >= history
            and len(tables.get("attempts", [])) >= attempts
        ]
        return chance.choice(found)


def where(payment: str, table: str | None = None, number: int | None = None) -> str:
    """Write the condition that names a payment's rows, or one of them."""
    if table is None:
        return f"payment_id = {literal(payment)}"
    return f"payment_id = {literal(payment)} AND {NUMBERS[table]} = {number}"


def flip(loot: Loot, chance: random.Random) -> Attack:
    """Change one value in a row of each table."""
    history, evidence, attempt, fact = (loot.victim(chance, 5, 2) for _ in range(4))
    step = chance.randint(1, 5)
    number = chance.randint(1, len(loot.rows[evidence]["evidence"]))
    return Attack(
        [
            update("payment_transitions", where(history, "payment_transitions", step), reason="x"),
            update("evidence", where(evidence, "evidence", number), kind="x"),
            update(
                "attempts",
                where(attempt, "attempts", 1),
                closed_at=loot.payments[fact]["expires_at"],
            ),
            update("payments", f"id = {literal(fact)}", amount=1),
        ],
        {
            Place(history, "payment_transitions", step),
            Place(evidence, "evidence", number),
            Place(attempt, "attempts", 1),
            Place(fact, "payments", None),
        },
    )


def delete(loot: Loot, chance: random.Random) -> Attack:
    """Delete a row in the middle, the last evidence, an attempt, and a whole payment."""
    history, evidence, attempt, whole = (loot.victim(chance, 5, 2) for _ in range(4))
    step = chance.randint(2, 3)
    last = len(loot.rows[evidence]["evidence"])
    return Attack(
        [
            f"DELETE FROM payment_transitions WHERE {where(history, 'payment_transitions', step)}",
            f"DELETE FROM evidence WHERE {where(evidence, 'evidence', last)}",
            f"DELETE FROM attempts WHERE {where(attempt, 'attempts', 1)}",
            *(f"DELETE FROM {table} WHERE {where(whole)}" for table in TABLES),
            f"DELETE FROM payments WHERE id = {literal(whole)}",
        ],
        {
            # The row after the gap: that is where the chain says that one is missing.
            Place(history, "payment_transitions", step + 1),
            Place(evidence, "evidence", last),
            Place(attempt, "attempts", 1),
            Place(whole, "payments", None),
        },
    )


def add(loot: Loot, chance: random.Random) -> Attack:
    """Insert a history row after the last one, well hashed, and evidence."""
    history, evidence = loot.victim(chance, 3), loot.victim(chance, 5)
    last = loot.rows[history]["payment_transitions"][-1]
    added = rehashed(
        "payment_transitions", [last | {"sequence": last["sequence"] + 1}], last["hash"]
    )
    known = loot.rows[evidence]["evidence"][-1]
    more = known | {"sequence": known["sequence"] + 1, "outcome_charge": None}
    told = rehashed("evidence", [more], known["hash"])
    return Attack(
        [insert("payment_transitions", added[0]), insert("evidence", told[0])],
        {
            Place(history, "payment_transitions", added[0]["sequence"]),
            Place(evidence, "payments", None),
        },
    )


def reorder(loot: Loot, chance: random.Random) -> Attack:
    """Let two history rows change places."""
    victim, step = loot.victim(chance, 5), chance.randint(1, 4)
    places = [(step, 1000), (step + 1, step), (1000, step + 1)]
    return Attack(
        [
            update("payment_transitions", where(victim, "payment_transitions", old), sequence=new)
            for old, new in places
        ],
        {Place(victim, "payment_transitions", step)},
    )


def truncate(loot: Loot, chance: random.Random) -> Attack:
    """Cut a payment back to when its first attempt had been declined, all its columns too."""
    victim = loot.victim(chance, 5, 2)
    history, evidence = (loot.rows[victim][table] for table in TABLES[:2])
    return Attack(
        [
            f"DELETE FROM payment_transitions WHERE {where(victim)} AND sequence > 3",
            f"DELETE FROM evidence WHERE {where(victim)} AND sequence > 1",
            f"DELETE FROM attempts WHERE {where(victim)} AND number > 1",
            update(
                "payments",
                f"id = {literal(victim)}",
                state=str(history[2]["target"]),
                version=3,
                last_hash=history[2]["hash"],
                attempts_used=1,
                evidence_count=1,
                evidence_hash=evidence[0]["hash"],
                due_at=loot.payments[victim]["expires_at"],
            ),
        ],
        {
            Place(victim, "payment_transitions", len(history)),
            Place(victim, "evidence", len(evidence)),
            Place(victim, "attempts", 2),
        },
    )


def swap(loot: Loot, chance: random.Random) -> Attack:
    """Let two payments change their histories."""
    one = loot.victim(chance, 5, 2)
    other = one
    while other == one:
        other = loot.victim(chance, 5, 2)
    turns = [(one, "nobody"), (other, one), ("nobody", other)]
    return Attack(
        [update("payment_transitions", where(old), payment_id=new) for old, new in turns],
        {Place(one, "payment_transitions", 1), Place(other, "payment_transitions", 1)},
    )


def rewrite(loot: Loot, chance: random.Random) -> Attack:
    """Change a row and hash the whole chain anew, history of one payment, evidence of another."""
    history, evidence = loot.victim(chance, 5), loot.victim(chance, 5)
    statements: list[str] = []
    expected = set()
    for victim, table, column, head in (
        (history, "payment_transitions", "reason", "last_hash"),
        (evidence, "evidence", "decline_code", "evidence_hash"),
    ):
        rows = loot.rows[victim][table]
        forged = rehashed(table, [row | {column: "forged"} for row in rows], GENESIS)
        for row in forged:
            columns = {name: row[name] for name in (column, "previous_hash", "hash")}
            statements.append(update(table, where(victim, table, row["sequence"]), **columns))
        statements.append(
            update("payments", f"id = {literal(victim)}", **{head: forged[-1]["hash"]})
        )
        expected.add(Place(victim, table, len(rows)))
    return Attack(statements, expected)


def rewrite_seal(loot: Loot, chance: random.Random) -> Attack:
    """Rewrite a payment and its leaf, and seal it anew with a key of one's own."""
    attack = rewrite(loot, chance)
    (victim,) = (each for each in attack.expected if each.table == "payment_transitions")
    rows = loot.rows[victim.payment]["payment_transitions"]
    forged = rehashed("payment_transitions", [row | {"reason": "forged"} for row in rows], GENESIS)
    seal = loot.seals[0].seal
    resealed = sign(Seal(**_members(seal, root="f" * 64)), OTHER_KEY)
    return Attack(
        [
            *attack.statements,
            update("seal_leaves", where(victim.payment), last_hash=forged[-1]["hash"]),
            update(
                "seals",
                "number = 1",
                root="f" * 64,
                hash=resealed.seal.hash,
                signature=resealed.signature,
            ),
        ],
        {Place("-", "seals", 1), Place("-", "seals", 2)},
    )


def remove_from_seal(loot: Loot, chance: random.Random) -> Attack:
    """Remove a payment, and its leaves with it."""
    victim = loot.victim(chance, 5)
    (number,) = (i for i, id in enumerate(loot.payments) if id == victim)
    seal = 1 if number < loot.seals[0].seal.payments else 2
    return Attack(
        [
            *(f"DELETE FROM {table} WHERE {where(victim)}" for table in (*TABLES, "seal_leaves")),
            f"DELETE FROM payments WHERE id = {literal(victim)}",
        ],
        {Place("-", "seals", seal)},
    )


def _members(seal: Seal, **changed: Any) -> Row:
    return {name: getattr(seal, name) for name in seal.__dataclass_fields__} | changed


def rehashed(table: str, rows: list[Row], previous: str) -> list[Row]:
    """Tie rows together anew, as whoever knows how they are hashed could."""
    tied = []
    for row in rows:
        moment = MOMENTS[table]
        content = {name: value for name, value in row.items() if name != "hash"}
        content |= {"previous_hash": previous, moment: instant(row[moment])}
        previous = row_hash(content)
        tied.append(row | {"previous_hash": content["previous_hash"], "hash": previous})
    return tied


ATTACKS: Final[Mapping[str, Callable[[Loot, random.Random], Attack]]] = {
    "flip": flip,
    "delete": delete,
    "insert": add,
    "reorder": reorder,
    "truncate": truncate,
    "swap between payments": swap,
    "rewrite of a whole chain": rewrite,
    "rewritten seal": rewrite_seal,
    "removal with the leaves": remove_from_seal,
}
