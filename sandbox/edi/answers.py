"""What a partner is answered: 997 or 999 about syntax, 824 about the application, 855 about the business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from domain.edi.acknowledgement import AcknowledgedLine
from sandbox.edi.x12 import Fault, Group, Segment, TransactionSet

ACCEPTED, REJECTED, PARTLY = "A", "R", "P"
VERSION = "005010"


@dataclass(frozen=True)
class Received:
    """A transaction set and what was found wrong in it."""

    kind: str
    control: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class _Dialect:
    """The 997 and the 999 say the same by other segment names."""

    segment: str
    element: str
    verdict: str


_DIALECTS: Mapping[str, _Dialect] = {"997": _Dialect("AK3", "AK4", "AK5"), "999": _Dialect("IK3", "IK4", "IK5")}


def functional(kind: str, group: Group, received: Sequence[Received], control: str) -> TransactionSet:
    """The 997 or 999 that answers a group: AK1, an AK2 loop a set, and AK9 with what was included and accepted."""
    opening: Segment = ("AK1", group.kind, group.control, *((group.version,) if kind == "999" else ()))
    segments: list[Segment] = [opening]
    for one in received:
        segments += [("AK2", one.kind, one.control), *_verdict(one, _DIALECTS[kind])]
    accepted = sum(1 for one in received if not one.faults)
    verdict = ACCEPTED if accepted == len(received) else PARTLY if accepted else REJECTED
    count = str(len(received))
    segments.append(("AK9", verdict, count, count, str(accepted)))
    return TransactionSet(kind=kind, control=control, segments=tuple(segments))


def unreadable(group_control: str, control: str) -> TransactionSet:
    """The 997 for text of which no transaction set could be read: the group is rejected, nothing in it was accepted."""
    segments: tuple[Segment, ...] = (("AK1", "PO", group_control), ("AK9", REJECTED, "0", "0", "0", "3"))
    return TransactionSet(kind="997", control=control, segments=segments)


def _verdict(one: Received, names: _Dialect) -> list[Segment]:
    segments: list[Segment] = []
    in_segments = [fault for fault in one.faults if fault.segment]
    for (segment, position), faults in groupby(in_segments, key=lambda fault: (fault.segment, fault.position)):
        found = list(faults)
        missing = next((fault.code for fault in found if not fault.element), "8")
        segments.append((names.segment, segment, str(position), "", missing))
        segments += [(names.element, str(fault.element), "", fault.code) for fault in found if fault.element]
    of_set = [fault.code for fault in one.faults if not fault.segment]
    codes = [*of_set, *(["5"] if in_segments else [])]
    return [*segments, (names.verdict, REJECTED if one.faults else ACCEPTED, *codes)]


def application_advice(purchase_order: str, set_control: str, error: str, control: str, today: date) -> TransactionSet:
    """The 824 that says that the application cannot take an order: OTI `TR`, and TED with why."""
    segments: tuple[Segment, ...] = (
        ("BGN", "00", control, f"{today:%Y%m%d}"),
        ("OTI", "TR", "PO", purchase_order, "", "", "", "", "", set_control, "850"),
        ("TED", "024", error),
    )
    return TransactionSet(kind="824", control=control, segments=segments)


def purchase_order_answer(
    purchase_order: str, bak02: str, lines: Sequence[AcknowledgedLine], control: str, today: date, *, purpose: str
) -> TransactionSet:
    """The 855: BAK with what becomes of the order, and for each line PO1 with ACK. `purpose` 05 replaces the last."""
    segments: list[Segment] = [("BAK", purpose, bak02, purchase_order, f"{today:%Y%m%d}")]
    for line in lines:
        promised = ("067", f"{line.promised_on:%Y%m%d}") if line.promised_on else ()
        quantity = (f"{line.quantity.normalize():f}", line.unit) if line.quantity is not None else ("", "")
        item = ("VP", line.item) if line.item else ()
        gap = () if promised or not item else ("", "")
        price = ("", "", f"{line.unit_price.normalize():f}") if line.unit_price is not None else ()
        segments += [("PO1", line.line_id, *price), ("ACK", str(line.code), *quantity, *promised, *gap, *_after(item))]
    segments.append(("CTT", str(len(lines))))
    return TransactionSet(kind="855", control=control, segments=tuple(segments))


def _after(item: tuple[str, ...]) -> tuple[str, ...]:
    """ACK07 and ACK08 name the item, after ACK06, which the sandbox leaves out."""
    return ("", *item) if item else ()
