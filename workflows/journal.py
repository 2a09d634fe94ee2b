"""The case's own story: what happened, when, and by whom."""

from __future__ import annotations

from temporalio import workflow

from domain.case import AuditEntry, Case

KEPT = 500
"""Entries a case carries; beyond that the oldest give way (they stay in the earlier run's history) and are counted."""


def record(case: Case, actor: str, action: str, detail: str) -> None:
    """Write one line. `actor` is a subject id or `system:...`."""
    case.audit.append(AuditEntry(at=workflow.now(), actor=actor, action=action, detail=detail[:500]))
    if len(case.audit) > KEPT:
        del case.audit[0]
        case.audit_dropped += 1
