"""The audit chain of a case: every entry is linked to the one before it, so that no change goes unnoticed.

`h_n = SHA256(h_{n-1} || canonical entry)`. The chain begins with the case's own name and age, so that no entry can move
to another case. An anchor, the chain's length and head at some moment, is kept outside of the entries: in the case's
memo and in every receipt. Without anchors whoever can rewrite all entries could link them anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from domain.base import Model, digest
from domain.case import AuditEntry, Case


class Anchor(Model):
    """The chain as it was seen at some moment."""

    length: int
    head: str


class NumberedEntry(AuditEntry):
    """An entry and its place, counted from 1 since the case was opened."""

    number: int


class AuditTrail(Model):
    """What can be exported and verified: the entries from number `dropped` + 1 on, and what they must add up to."""

    workflow_id: str
    opened_at: datetime
    dropped: int
    base: str
    """The link before the first entry."""
    entries: tuple[NumberedEntry, ...]
    anchor: Anchor


class Fault(Model):
    """The first entry that is not as it was recorded, by its number, and what is wrong with it."""

    number: int
    problem: str


def link(previous: str, entry: AuditEntry) -> str:
    """The entry's link, in hex."""
    canonical = json.dumps(
        {
            "at": entry.at.isoformat(),
            "actor": entry.actor,
            "action": entry.action,
            "detail": entry.detail,
            "proof": entry.proof,
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(bytes.fromhex(previous) + canonical.encode("utf-8", "surrogatepass")).hexdigest()


def beginning(workflow_id: str, opened_at: datetime) -> str:
    """What the first entry is linked to."""
    return digest("holdfast audit", workflow_id, opened_at.isoformat())


def append(case: Case, entry: AuditEntry, keep: int) -> None:
    """Link an entry to the case's chain. Beyond `keep` the oldest gives way; its link stays as the new base."""
    previous = case.audit_head or beginning(case.ref.workflow_id, case.opened_at)
    case.audit_head = link(previous, entry)
    case.audit.append(entry.model_copy(update={"hash": case.audit_head}))
    if len(case.audit) > keep:
        case.audit_base = case.audit.pop(0).hash
        case.audit_dropped += 1


def anchor_of(case: Case) -> Anchor:
    """The chain as it is now."""
    return Anchor(length=case.audit_dropped + len(case.audit), head=case.audit_head)


def trail_of(case: Case) -> AuditTrail:
    """The case's chain as far as it carries it."""
    numbered = enumerate(case.audit, case.audit_dropped + 1)
    return AuditTrail(
        workflow_id=case.ref.workflow_id,
        opened_at=case.opened_at,
        dropped=case.audit_dropped,
        base=case.audit_base or beginning(case.ref.workflow_id, case.opened_at),
        entries=tuple(NumberedEntry(number=number, **entry.model_dump()) for number, entry in numbered),
        anchor=anchor_of(case),
    )


def receipts_of(case: Case) -> tuple[Anchor, ...]:
    """The anchors that the case's receipts carry."""
    receipts = (receipt for task in case.tasks.values() for receipt in task.receipts)
    return tuple(Anchor(length=one.audit_length, head=one.audit_head) for one in receipts if one.audit_head)


def first_fault(trail: AuditTrail, anchors: Iterable[Anchor] = ()) -> Fault | None:
    """The first entry that was edited, removed, moved or cut off; None if all is as it was recorded.

    The trail is held against itself, and against anchors that were kept elsewhere.
    """
    inside = _broken_link(trail)
    if inside is not None:
        return inside
    faults = [fault for anchor in (trail.anchor, *anchors) for fault in [_against(trail, anchor)] if fault]
    return min(faults, key=lambda fault: fault.number, default=None)


def first_difference(copy: AuditTrail, original: AuditTrail) -> Fault | None:
    """Where a copy, a file say, departs from the chain that the case itself carries."""
    if (copy.workflow_id, copy.opened_at) != (original.workflow_id, original.opened_at):
        return Fault(number=1, problem=f"belongs to another case: {copy.workflow_id} of {copy.opened_at.isoformat()}")
    ours = {entry.number: entry.hash for entry in original.entries}
    for entry in copy.entries:
        if ours.get(entry.number, entry.hash) != entry.hash:
            return Fault(number=entry.number, problem="is not what the case recorded")
    return _against(copy, original.anchor)


def _broken_link(trail: AuditTrail) -> Fault | None:
    previous, expected = trail.base, trail.dropped + 1
    if trail.dropped == 0 and previous != beginning(trail.workflow_id, trail.opened_at):
        return Fault(number=1, problem="does not begin with the case's own name and age")
    present = {entry.number for entry in trail.entries}
    for entry in trail.entries:
        if entry.number != expected:
            moved = f"is out of order: entry {entry.number} stands in its place"
            return Fault(number=expected, problem=moved if expected in present else "is missing")
        try:
            linked = link(previous, entry) == entry.hash
        except ValueError:
            linked = False
        if not linked:
            return Fault(number=expected, problem="was changed, or does not follow the entry before it")
        previous, expected = entry.hash, expected + 1
    return None


def _against(trail: AuditTrail, anchor: Anchor) -> Fault | None:
    last = trail.dropped + len(trail.entries)
    if anchor.length > last:
        return Fault(number=last + 1, problem=f"is missing: the chain had {anchor.length} entries")
    if anchor.length <= trail.dropped:
        return None
    found = trail.entries[anchor.length - trail.dropped - 1]
    return None if found.hash == anchor.head else Fault(number=anchor.length, problem="is not what was seen before")
