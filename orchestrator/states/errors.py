"""What the machine refuses, each refusal with its facts and its own sentence.

    OrchestratorError
    └── TransitionRefused
        ├── IllegalTransition    no row of the table leaves that state by that event
        └── AttemptsExhausted    a row does, but too few attempts are left for it
    InvalidTable                 the table itself is broken: the process must not start

Facts are passed to ``Exception`` as they are, so every refusal survives pickling.
"""

from collections.abc import Sequence

from orchestrator.errors import OrchestratorError
from orchestrator.states.state import PaymentEvent, PaymentState, handled
from orchestrator.states.table import Violation


class TransitionRefused(OrchestratorError):
    """An event that may not happen to a payment where it is now."""

    code = "illegal_transition"

    state: PaymentState
    event: PaymentEvent
    allowed: tuple[PaymentEvent, ...]

    def _allows(self) -> str:
        return f"it allows {', '.join(self.allowed)}" if self.allowed else "it allows no event"


class IllegalTransition(TransitionRefused):
    """No row of the table has this state and this event."""

    def __init__(
        self, state: PaymentState, event: PaymentEvent, allowed: tuple[PaymentEvent, ...]
    ) -> None:
        super().__init__(state, event, allowed)
        self.state = state
        self.event = event
        self.allowed = allowed

    def __str__(self) -> str:
        if handled(self.state):
            return f"Event {self.event} is refused: a {self.state} payment is handled for good."
        return f"Event {self.event} is refused in state {self.state}: {self._allows()}."


class AttemptsExhausted(TransitionRefused):
    """The table has the row, but its guard needs more attempts than are left."""

    def __init__(
        self,
        state: PaymentState,
        event: PaymentEvent,
        allowed: tuple[PaymentEvent, ...],
        attempts_left: int,
    ) -> None:
        super().__init__(state, event, allowed, attempts_left)
        self.state = state
        self.event = event
        self.allowed = allowed
        self.attempts_left = attempts_left

    def __str__(self) -> str:
        return (
            f"Event {self.event} is refused in state {self.state} "
            f"with attempts_left {self.attempts_left}: {self._allows()}."
        )


class InvalidTable(ValueError):
    """The transition table breaks a rule no machine can be built on."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(violations)
        self.violations = tuple(violations)

    def __str__(self) -> str:
        return " ".join(violation.sentence for violation in self.violations)
