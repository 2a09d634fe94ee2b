# ruff: noqa: PLC0415 - a command imports only what it needs: rich is not for programs
"""Showing and verifying the audit chain of a case, from the case itself or from a file that was exported earlier."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from domain.audit import Anchor, AuditTrail, Fault, first_difference, first_fault, receipts_of, trail_of
from runtime.approvals.connection import temporal
from runtime.approvals.refusals import ExitCode, Refused
from runtime.approvals.terminal_text import print_json

if TYPE_CHECKING:
    from temporalio.client import Client

    from runtime.settings import Settings

_ANCHOR = re.compile(r"(?P<length>[0-9]{1,9}):(?P<head>[0-9a-f]{12,64})", re.ASCII)


@dataclass(frozen=True)
class Verification:
    """What is to be verified: a case, a file, or a file against its case; and anchors that were kept elsewhere."""

    case: str | None
    file: Path | None
    anchors: Sequence[str] = ()


async def show(settings: Settings, case: str, *, as_json: bool) -> None:
    """Print the chain."""
    from runtime.approvals.case_reading import find_workflow, read_state

    async with temporal(settings.encryption) as client:
        trail = trail_of(await read_state(client, await find_workflow(client, case)))
    if as_json:
        print_json(trail.model_dump(mode="json"))
        return
    from runtime.approvals import rendering

    rendering.print_trail(rendering.console(), trail)


async def verify(settings: Settings, wanted: Verification, *, as_json: bool) -> None:
    """Say that the chain holds. Raises Refused (AUDIT_BROKEN) and names the first entry that does not."""
    kept = [_anchor(text) for text in wanted.anchors]
    copy = _trail_in(wanted.file) if wanted.file else None
    if wanted.case is None and copy is None:
        raise Refused(ExitCode.INVALID, "Name a case, or a file with --file.")
    original, seen = None, list[Anchor]()
    if wanted.case is not None:
        async with temporal(settings.encryption) as client:
            original, seen = await _as_the_case_has_it(client, wanted.case)
    trail = copy or original
    if trail is None:
        raise Refused(ExitCode.INVALID, "There is nothing to verify.")
    fault = _fault(trail, original, [*seen, *kept])
    if fault is not None:
        raise Refused(ExitCode.AUDIT_BROKEN, f"Entry {fault.number} of {trail.workflow_id} {fault.problem}.")
    _say_that_it_holds(trail, len(seen) + len(kept), as_json=as_json)


def _fault(trail: AuditTrail, original: AuditTrail | None, anchors: Sequence[Anchor]) -> Fault | None:
    """The first fault of the trail, of the case's own chain, or between the two."""
    inside = first_fault(trail, _in_full(trail, anchors))
    if inside is not None or original is None or original is trail:
        return inside
    return first_fault(original, _in_full(original, anchors)) or first_difference(trail, original)


def _in_full(trail: AuditTrail, anchors: Sequence[Anchor]) -> list[Anchor]:
    """The anchors, those in short completed where they fit: a person copies the twelve characters that are printed."""
    heads = {entry.number: entry.hash for entry in trail.entries}
    return [
        anchor.model_copy(update={"head": heads[anchor.length]})
        if heads.get(anchor.length, "").startswith(anchor.head)
        else anchor
        for anchor in anchors
    ]


async def _as_the_case_has_it(client: Client, case: str) -> tuple[AuditTrail, list[Anchor]]:
    """The case's chain, and the anchors that its memo and its receipts hold."""
    from runtime.approvals.case_reading import find_workflow, read_state

    workflow = await find_workflow(client, case)
    described = await client.get_workflow_handle(workflow).describe()
    state = await read_state(client, workflow)
    in_memo = await described.memo_value("audit", None, type_hint=Anchor)
    return trail_of(state), [*receipts_of(state), *([in_memo] if in_memo else [])]


def _trail_in(file: Path) -> AuditTrail:
    try:
        return AuditTrail.model_validate_json(file.read_bytes())
    except OSError as error:
        raise Refused(ExitCode.INVALID, f"{file} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise Refused(ExitCode.INVALID, f"{file} is no exported chain (approver.py audit show CASE --json).") from error


def _anchor(text: str) -> Anchor:
    found = _ANCHOR.fullmatch(text)
    if found is None:
        raise Refused(ExitCode.INVALID, f"--anchor {text[:80]!a}: write LENGTH:HEAD as a receipt says it.")
    return Anchor(length=int(found["length"]), head=found["head"])


def _say_that_it_holds(trail: AuditTrail, anchors: int, *, as_json: bool) -> None:
    if as_json:
        anchor = trail.anchor.model_dump()
        print_json({"workflow_id": trail.workflow_id, "holds": True, "anchor": anchor, "anchors_checked": anchors})
        return
    from runtime.approvals import rendering

    rendering.print_verified(rendering.console(), trail, anchors)
