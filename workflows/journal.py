"""The case's own story: what happened, when, and by whom, each entry linked to the one before it."""

from __future__ import annotations

from temporalio import workflow

from domain.audit import append
from domain.case import AuditEntry, Case

KEPT = 500
"""Entries a case carries; beyond that the oldest give way (they stay in the earlier run's history) and are counted."""
REFUSED = "refused"
LISTED = 20
"""Refusals in a row that have a line of their own; of those beyond there is a line for each hundred."""
_HUNDRED = 100


def record(case: Case, actor: str, action: str, detail: str, proof: str = "") -> None:
    """Write one line. `actor` is a subject id or `system:...`; `proof` names what a person's act was signed with."""
    entry = AuditEntry(at=workflow.now(), actor=actor, action=action, detail=detail[:500], proof=proof)
    append(case, entry, KEPT)


def record_refusal(case: Case, detail: str) -> None:
    """Write one line about a request that was turned down. A flood of them does not push the case's story out."""
    latest = case.audit[-LISTED:]
    if len(latest) < LISTED or any(entry.action != REFUSED for entry in latest):
        record(case, "system:policy", REFUSED, detail)
        return
    case.refusals_unlisted += 1
    if case.refusals_unlisted % _HUNDRED == 0:
        record(case, "system:policy", REFUSED, f"{_HUNDRED} more; the last of them: {detail}")
