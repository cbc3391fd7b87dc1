"""A PaymentIntent as Stripe documents it, and nothing more. Pure; shares no code with the stand-in.

Every charge knows who made it (``owner``: the number of our attempt, or ``BROWSER``), which Stripe
does not tell: that is the truth the rules are held against.
"""

from enum import StrEnum
from typing import Final, NamedTuple

BROWSER: Final = 0


class Card(StrEnum):
    """The cards of a script. An id may carry ``@browser``: another card of the same kind."""

    approved = "approved"
    declined = "declined"
    lost = "lost"  # declined, and out of use from then on
    fraudulent = "fraudulent"  # declined, and no other card would help
    challenged = "challenged"  # 3-D Secure; the customer, then the issuer, decide the rest
    processing = "processing"  # the network decides later
    unstarted = "unstarted"  # 3-D Secure cannot be started: 200, and the intent wants a card again
    limited = "limited"  # one confirmation too many: Stripe cancels the intent instead
    invalid = "invalid"  # Stripe refuses the request


DECLINE_CODES: Final = {
    Card.declined: "generic_decline",
    Card.lost: "lost_card",
    Card.fraudulent: "fraudulent",
    Card.challenged: "insufficient_funds",
    Card.processing: "generic_decline",
}

WAITING: Final = "requires_payment_method"
CHALLENGED: Final = "requires_action"
PROCESSING: Final = "processing"
SUCCEEDED: Final = "succeeded"
CANCELED: Final = "canceled"
FINAL: Final = frozenset({SUCCEEDED, CANCELED})


class Fate(StrEnum):
    """What really became of one of our attempts."""

    unsent = "unsent"
    challenged = "challenged"
    processing = "processing"
    superseded = "superseded"  # its challenge was replaced by another confirmation
    unauthenticated = "unauthenticated"  # 3-D Secure failed: a failure without a charge
    declined = "declined"
    paid = "paid"
    refused = "refused"
    not_run = "not_run"  # the intent was in another state
    lost = "lost"  # a stored 5xx without effect


DEAD: Final = frozenset(
    {
        Fate.superseded,
        Fate.unauthenticated,
        Fate.declined,
        Fate.refused,
        Fate.not_run,
        Fate.lost,
    }
)


class Charge(NamedTuple):
    """One charge; ``id`` counts from 1 within the intent."""

    id: int
    card: str
    owner: int
    status: str


class Error(NamedTuple):
    """``last_payment_error``; ``charge`` is null where none was made."""

    card: str
    charge: int | None


class Seen(NamedTuple):
    """The intent as an answer shows it; ``charges`` is null until they are listed."""

    status: str
    error: Error | None
    latest: int | None
    card: str | None
    charges: tuple[Charge, ...] | None = None


class Answer(NamedTuple):
    """How a confirm ended: ``ok``, ``declined`` (402), ``refused``, ``unexpected``, ``error``.

    ``unexpected`` is the 400 that carries the intent, ``error`` a 5xx that Stripe keeps.
    """

    kind: str
    seen: Seen | None


class Intent(NamedTuple):
    """The intent. ``stored`` are the answers kept under our keys, by attempt."""

    status: str = WAITING
    charges: tuple[Charge, ...] = ()
    error: Error | None = None
    card: str | None = None
    challenger: int | None = None
    stored: tuple[tuple[int, Answer], ...] = ()
    fates: tuple[Fate, ...] = ()

    @property
    def latest(self) -> int | None:
        """The newest charge's id."""
        return self.charges[-1].id if self.charges else None

    @property
    def paid(self) -> int:
        """How many charges succeeded."""
        return sum(charge.status == SUCCEEDED for charge in self.charges)

    def fate(self, attempt: int) -> Fate:
        """Tell what became of one of our attempts."""
        return self.fates[attempt - 1] if attempt <= len(self.fates) else Fate.unsent

    def answer(self, attempt: int) -> Answer | None:
        """Return the answer kept for an attempt's key."""
        return next((answer for number, answer in self.stored if number == attempt), None)


def kind_of(card: str) -> Card:
    """Return what sort of card an id names."""
    return Card(card.split("@")[0])


def see(intent: Intent, *, listed: bool = False) -> Seen:
    """Show the intent as it is now."""
    charges = intent.charges if listed else None
    return Seen(intent.status, intent.error, intent.latest, intent.card, charges)


def takes_confirmation(intent: Intent, *, supersedes: bool) -> bool:
    """Tell whether a confirm with a card would run."""
    return intent.status == WAITING or (intent.status == CHALLENGED and supersedes)


def confirm(intent: Intent, owner: int, card: str) -> Intent:
    """Run a confirmation that the status allows."""
    if kind_of(card) is Card.invalid:
        return _with_fate(intent, owner, Fate.refused)
    if intent.challenger is not None:
        intent = _with_fate(intent, intent.challenger, Fate.superseded)
    intent = intent._replace(error=None, card=card, challenger=None)
    match kind_of(card):
        case Card.challenged:
            intent = intent._replace(status=CHALLENGED, challenger=owner)
            return _with_fate(intent, owner, Fate.challenged)
        case Card.processing:
            pending = Charge(len(intent.charges) + 1, card, owner, "pending")
            intent = intent._replace(status=PROCESSING, charges=(*intent.charges, pending))
            return _with_fate(intent, owner, Fate.processing)
        case Card.approved:
            return _pay(intent, owner, card)
        case Card.unstarted:
            return _fail_authentication(intent, owner, card)
        case Card.limited:
            return _with_fate(cancel(intent), owner, Fate.not_run)
        case _:
            return _decline(intent, owner, card)


def finish_challenge(intent: Intent, end: str) -> Intent:
    """End an open challenge: ``approve``, ``decline`` (by the issuer, after it) or ``fail``."""
    owner, card = intent.challenger, intent.card
    assert owner is not None, "a challenge belongs to a confirmation"
    assert card is not None, "a challenge is about a card"
    intent = intent._replace(challenger=None)
    if end == "approve":
        return _pay(intent, owner, card)
    if end == "decline":
        return _decline(intent, owner, card)
    return _fail_authentication(intent, owner, card)


def finish_processing(intent: Intent, *, paid: bool) -> Intent:
    """End what the network was processing; the charge keeps its id."""
    pending = intent.charges[-1]
    intent = intent._replace(charges=intent.charges[:-1])
    end = _pay if paid else _decline
    return end(intent, pending.owner, pending.card)


def cancel(intent: Intent) -> Intent:
    """Cancel an intent whose status allows it."""
    return intent._replace(status=CANCELED, challenger=None)


def cancelable(intent: Intent) -> bool:
    """Tell whether a cancel would be accepted; cards cannot be canceled while processing."""
    return intent.status in {WAITING, CHALLENGED}


def send(intent: Intent, attempt: int, card: str, *, supersedes: bool, fault: str = "") -> Intent:
    """Run our confirm once; its answer is kept under its key.

    ``fault`` is a 5xx that Stripe keeps instead of the answer: ``error_before`` or
    ``error_after`` the effect.
    """
    if fault == "error_before":
        intent = _with_fate(intent, attempt, Fate.lost)
        return _store(intent, attempt, Answer("error", None))
    if not takes_confirmation(intent, supersedes=supersedes):
        intent = _with_fate(intent, attempt, Fate.not_run)
        return _store(intent, attempt, Answer("unexpected", see(intent)))
    intent = confirm(intent, attempt, card)
    if fault == "error_after":
        return _store(intent, attempt, Answer("error", None))
    kinds = {Fate.refused: "refused", Fate.declined: "declined"}
    kind = kinds.get(intent.fate(attempt), "ok")
    return _store(intent, attempt, Answer(kind, None if kind == "refused" else see(intent)))


def _pay(intent: Intent, owner: int, card: str) -> Intent:
    charge = Charge(len(intent.charges) + 1, card, owner, SUCCEEDED)
    intent = intent._replace(status=SUCCEEDED, charges=(*intent.charges, charge), error=None)
    return _with_fate(intent, owner, Fate.paid)


def _decline(intent: Intent, owner: int, card: str) -> Intent:
    charge = Charge(len(intent.charges) + 1, card, owner, "failed")
    intent = intent._replace(
        status=WAITING,
        charges=(*intent.charges, charge),
        error=Error(card, charge.id),
        card=None,
    )
    return _with_fate(intent, owner, Fate.declined)


def _fail_authentication(intent: Intent, owner: int, card: str) -> Intent:
    intent = intent._replace(status=WAITING, error=Error(card, None), card=None)
    return _with_fate(intent, owner, Fate.unauthenticated)


def _with_fate(intent: Intent, owner: int, fate: Fate) -> Intent:
    if owner == BROWSER:
        return intent
    fates = list(intent.fates) + [Fate.unsent] * (owner - len(intent.fates))
    fates[owner - 1] = fate
    return intent._replace(fates=tuple(fates))


def _store(intent: Intent, attempt: int, answer: Answer) -> Intent:
    return intent._replace(stored=tuple(sorted({**dict(intent.stored), attempt: answer}.items())))
