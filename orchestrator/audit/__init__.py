"""Checks that what is stored is what was written: chains, paths, heads and attempts, row by row."""

from orchestrator.audit.records import Problem, Row
from orchestrator.audit.report import AuditReport
from orchestrator.audit.rules import verify_payment
from orchestrator.audit.walk import verify_all, verify_one

__all__ = ["AuditReport", "Problem", "Row", "verify_all", "verify_one", "verify_payment"]
