"""The demonstration: payments of every kind through the real API, compared with what was charged.

It is a client like any other: it speaks REST, and looks into the stand-in's ledger only to verify.
"""

from orchestrator.demo.show import run_demo

__all__ = ["run_demo"]
