"""The payment's machine: its words, its table, the function that runs it and the proof of it."""

from orchestrator.states.certificate import Certificate, Measure, certify
from orchestrator.states.diagram import draw
from orchestrator.states.errors import (
    AttemptsExhausted,
    IllegalTransition,
    InvalidTable,
    TransitionRefused,
)
from orchestrator.states.exports import FORMATS, machine_document, render
from orchestrator.states.machine import (
    MACHINE,
    PaymentMachine,
    advance,
    allowed_events,
    permitted_events,
    step,
)
from orchestrator.states.state import (
    INITIAL_STATE,
    LARGEST_MAX_ATTEMPTS,
    STATE_MEANINGS,
    TERMINAL_STATES,
    WAITING_STATES,
    Configuration,
    PaymentEvent,
    PaymentState,
    handled,
)
from orchestrator.states.table import (
    GUARDS,
    MACHINE_VERSION,
    TRANSITIONS,
    Guard,
    Transition,
    Violation,
    guard_allows,
    machine_version,
)

__all__ = [
    "FORMATS",
    "GUARDS",
    "INITIAL_STATE",
    "LARGEST_MAX_ATTEMPTS",
    "MACHINE",
    "MACHINE_VERSION",
    "STATE_MEANINGS",
    "TERMINAL_STATES",
    "TRANSITIONS",
    "WAITING_STATES",
    "AttemptsExhausted",
    "Certificate",
    "Configuration",
    "Guard",
    "IllegalTransition",
    "InvalidTable",
    "Measure",
    "PaymentEvent",
    "PaymentMachine",
    "PaymentState",
    "Transition",
    "TransitionRefused",
    "Violation",
    "advance",
    "allowed_events",
    "certify",
    "draw",
    "guard_allows",
    "handled",
    "machine_document",
    "machine_version",
    "permitted_events",
    "render",
    "step",
]
