"""The case's own story: what happened, when, and by whom, each entry linked to the one before it."""

from __future__ import annotations

from temporalio import workflow

from domain.audit import append
from domain.case import AuditEntry, Case

KEPT = 500
"""Entries a case carries; beyond that the oldest give way (they stay in the earlier run's history) and are counted."""
REFUSED = "refused"
LISTED = 20
"""Lines in a row about the same that are written down one by one; of those beyond there is a line for each hundred."""
_HUNDRED = 100


def record(case: Case, actor: str, action: str, detail: str, proof: str = "") -> None:
    """Write one line. `actor` is a subject id or `system:...`; `proof` names what a person's act was signed with."""
    entry = AuditEntry(at=workflow.now(), actor=actor, action=action, detail=detail[:500], proof=proof)
    append(case, entry, KEPT)


def is_flooded(case: Case, action: str = REFUSED) -> bool:
    """Whether so many lines about that stand here in a row that further ones are counted, not listed."""
    if not case.audit or case.audit[-1].action != action:
        return False
    latest = case.audit[-LISTED:]
    return len(latest) == LISTED and all(entry.action == action for entry in latest)


def record_one_of_many(case: Case, actor: str, action: str, detail: str) -> None:
    """Write one line about what strangers can cause any number of. A flood does not push the case's story out."""
    if not is_flooded(case, action):
        record(case, actor, action, detail)
        return
    unlisted = case.unlisted.get(action, 0) + 1
    case.unlisted[action] = unlisted % _HUNDRED
    if unlisted == _HUNDRED:
        record(case, actor, action, f"{_HUNDRED} more; the last of them: {detail}")


def record_refusal(case: Case, detail: str) -> None:
    """Write one line about a request that was turned down."""
    record_one_of_many(case, "system:policy", REFUSED, detail)
