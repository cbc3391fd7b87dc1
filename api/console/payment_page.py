"""One payment: its path, each step with who, why and on what evidence, and whether all holds."""

from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.console.asked import read_path
from api.console.visit import Visit
from orchestrator.audit import Problem, verify_payment
from orchestrator.chain import GENESIS
from orchestrator.explain import Explanation, deciding_version, explain
from orchestrator.handlers import RuleSet
from orchestrator.kept_rules import NOT_KEPT, DecidingRule, deciding_rule, keys_of
from orchestrator.seals.keys import Trusted, trusted_by
from orchestrator.seals.seal import signature_flaws
from orchestrator.states.walk import Step, draw_walk
from orchestrator.store.dossiers import Dossier, read_dossier

# What a column's reader raises for content that this program never wrote.
UNREADABLE: Final = (ValueError, TypeError, KeyError)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepShown:
    """A history row as the timeline shows it, with the evidence it cites and its attempt."""

    row: Row
    before: Row | None
    actor: str
    rule: DecidingRule | None
    evidence: Row | None
    attempt: Row | None


async def show_payment(visit: Visit) -> Response:
    """Show everything that is stored about a payment, and whether it is what was written."""
    payment_id = read_path(visit, "payment_id")
    try:
        dossier: Dossier | None = await visit.read(read_dossier, payment_id)
    except UNREADABLE as exc:
        # Somebody has written into the database what no program of ours does.
        return visit.render("unreadable.html", payment_id=payment_id, problem=str(exc))
    if dossier is None:
        raise HTTPException(404)
    problems = _problems(dossier)
    trusted = trusted_by(visit.console.runtime.settings)
    rules = await visit.console.runtime.payments.driver.rules_in_force()
    return visit.render(
        "payment.html",
        payment=dossier.payment,
        dossier=dossier,
        problems=problems,
        changed=_changed_steps(problems, dossier),
        explanation=_explanation(visit, dossier, rules),
        rules_version=rules.rules_version,
        steps=_steps(dossier, rules),
        loose=_loose_evidence(dossier),
        forged_rules={name for name, kept in dossier.rule_sets.items() if not kept.genuine},
        sealed=_sealed(dossier),
        seal_flaws=_seal_flaws(dossier, trusted),
        keys_named=bool(trusted),
        walk=_walk(dossier),
        actor=lambda row: _actor(row, dossier),
        card=lambda id: _card(id, dossier),
    )


def _problems(dossier: Dossier) -> list[Problem]:
    """Recompute every hash, and hold each row against the rules."""
    return verify_payment(dossier.payment, dossier.history, dossier.evidence, dossier.attempts)


def _changed_steps(problems: list[Problem], dossier: Dossier) -> set[int]:
    """Return the numbers of the steps that are shown and are not what was written."""
    found = {each.sequence for each in problems if each.table == "payment_transitions"}
    return {row["sequence"] for row in dossier.history if row["sequence"] in found}


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the newest seal says of the payment, and whether the rows still say it."""

    holds: bool
    later_steps: int


def _sealed(dossier: Dossier) -> Sealed | None:
    """Compare the newest seal's leaf with the rows it was made of; null where there is none.

    Whether the seal itself is what was signed is a question for all seals together.
    """
    leaf = dossier.leaf
    if leaf is None:
        return None
    holds = (
        _hash_at(dossier.history, leaf.version) == leaf.last_hash
        and _hash_at(dossier.evidence, leaf.evidence_count) == leaf.evidence_hash
    )
    return Sealed(holds, max(0, len(dossier.history) - leaf.version))


def _seal_flaws(dossier: Dossier, trusted: Trusted) -> list[str]:
    """Say what is wrong with the signature of the newest seal that covers the payment."""
    if dossier.seal is None:
        return []
    return [sentence for _, sentence in signature_flaws(dossier.seal, trusted)]


def _hash_at(rows: list[Row], count: int) -> str | None:
    """Return the hash of a chain that had so many rows."""
    if count == 0:
        return GENESIS
    return next((row["hash"] for row in rows if row["sequence"] == count), None)


def _explanation(visit: Visit, dossier: Dossier, rules: RuleSet) -> Explanation | None:
    """Say why the payment is where it is; of a payment whose last row is gone, nothing."""
    last = next((r for r in dossier.history if r["sequence"] == dossier.payment.version), None)
    if last is None:
        return None
    now = visit.console.runtime.payments.driver.clock()
    version = deciding_version(dossier.payment, last, rules)
    kept = dossier.rule_sets.get(version, NOT_KEPT)
    return explain(dossier.payment, last, rules, now, kept)


def _walk(dossier: Dossier) -> Markup:
    """Draw the path; what is drawn was escaped by who drew it."""
    steps = [Step(r["sequence"], r["source"], r["event"], r["target"]) for r in dossier.history]
    return Markup(draw_walk(steps))


def _steps(dossier: Dossier, rules: RuleSet) -> list[StepShown]:
    evidence = {row["sequence"]: row for row in dossier.evidence}
    attempts = {row["number"]: row for row in dossier.attempts}
    befores = [None, *dossier.history]
    return [
        StepShown(
            row,
            before,
            _actor(row, dossier),
            _rule(row, dossier, rules),
            evidence.get(row["evidence"]),
            attempts.get(row["attempt"]),
        )
        for row, before in zip(dossier.history, befores, strict=False)
    ]


def _loose_evidence(dossier: Dossier) -> list[Row]:
    """Return what Stripe said that no step cites: it moved nothing, and is kept."""
    cited = {row["evidence"] for row in dossier.history}
    return [row for row in dossier.evidence if row["sequence"] not in cited]


def _rule(row: Row, dossier: Dossier, rules: RuleSet) -> DecidingRule | None:
    """Return the rule that a step was decided by, as it was then."""
    if row["handler"] is None:
        return None
    keys = keys_of(row["handler"], row["reason"], row["decline_code"], row["code"])
    return deciding_rule(keys, dossier.rule_sets.get(row["rules_version"], NOT_KEPT), rules)


def _actor(row: Row, dossier: Dossier) -> str:
    """Name who caused a row, a key by the name it was given."""
    kind, id = row["actor_kind"], row["actor_id"]
    if kind is None:
        return "Stripe"
    if kind == "api_key":
        name = dossier.keys.get(id)
        return f"key “{name}” ({id})" if name is not None else f"key {id}"
    shown = "Stripe" if kind == "stripe" else str(kind)
    return f"{shown} {id}" if id else shown


def _card(payment_method: str | None, dossier: Dossier) -> str:
    """Write a card as people know it."""
    row = dossier.cards.get(payment_method or "")
    if row is None or row["last4"] is None:
        return "card not seen by us"
    brand = (row["brand"] or "card").replace("_", " ").capitalize()
    expiry = f", {row['exp_month']:02}/{row['exp_year']}" if row["exp_month"] else ""
    return f"{brand} ending in {row['last4']}{expiry}"
