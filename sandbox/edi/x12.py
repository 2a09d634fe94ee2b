"""ASC X12 envelopes: text to interchange, functional groups and transaction sets, and back. Nothing of their meaning.

The delimiters are where the standard puts them: in the fixed-width ISA segment. What is wrong inside of a transaction
set is noted on it, because its partner is told of it in a 997; what is wrong with the envelopes raises Unparsable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

Segment = tuple[str, ...]
"""The name, then the elements as text; trailing empty ones are left out."""

_ISA_LENGTH = 106
_ISA_ELEMENTS = 16
_GS_ELEMENTS = 8

CONTROL_DIFFERS = "3"
COUNT_DIFFERS = "4"
SEGMENT_MISSING = "3"
ELEMENT_MISSING = "1"
ELEMENT_INVALID = "7"


class Unparsable(ValueError):
    """Text that is no interchange. What could be read of its envelope goes along, to tell the sender."""

    def __init__(self, what: str, *, sender: str = "", control: str = "", group: str = "0") -> None:
        super().__init__(what)
        self.sender = sender
        self.control = control
        self.group = group


@dataclass(frozen=True)
class Delimiters:
    """The characters that stand between things."""

    element: str = "*"
    repetition: str = "^"
    component: str = ">"
    segment: str = "~"


@dataclass(frozen=True)
class Fault:
    """Something wrong in a transaction set, by the codes of the 997: a whole set (AK502), or a segment (AK304) at its
    position counted from ST, and one of its elements (AK403).
    """

    code: str
    segment: str = ""
    position: int = 0
    element: int = 0


@dataclass(frozen=True)
class TransactionSet:
    """One document: its type (ST01), control number (ST02), and what is between ST and SE."""

    kind: str
    control: str
    segments: tuple[Segment, ...]
    faults: tuple[Fault, ...] = ()

    def first(self, name: str) -> Segment | None:
        """The first segment of that name."""
        return next((segment for segment in self.segments if segment[0] == name), None)

    def with_faults(self, *faults: Fault) -> TransactionSet:
        """The same set, with more found wrong in it."""
        return replace(self, faults=(*self.faults, *faults))


@dataclass(frozen=True)
class Group:
    """Documents of one kind: GS01 (`PO` is 850, `PC` is 860), GS02 and GS03, GS06 and GS08."""

    kind: str
    sender: str
    receiver: str
    control: str
    version: str
    sets: tuple[TransactionSet, ...]


@dataclass(frozen=True)
class Interchange:
    """An envelope from one partner to another: ISA05 to ISA08, ISA13 and ISA15 (`T` is a test)."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    control: str
    at: datetime
    groups: tuple[Group, ...]
    usage: str = "P"
    delimiters: Delimiters = Delimiters()


def element(segment: Segment | None, number: int) -> str:
    """The element of that number as the standard counts (PO102 is 2 of PO1); empty if it is not there."""
    return segment[number] if segment is not None and number < len(segment) else ""


def parse(text: str) -> Interchange:
    """The one interchange in `text`. Raises Unparsable."""
    text = text.lstrip("\ufeff \t\r\n")
    if len(text) < _ISA_LENGTH or not text.startswith("ISA"):
        raise Unparsable("it does not begin with an ISA segment of 106 characters")
    marks = Delimiters(element=text[3], repetition=text[82], component=text[104], segment=text[105])
    segments = [_split(part, marks) for part in text.split(marks.segment)]
    return _interchange([segment for segment in segments if segment[0]], marks)


def _split(part: str, marks: Delimiters) -> Segment:
    name, *elements = part.strip("\r\n").split(marks.element)
    return (name, *_trimmed(elements))


def _trimmed(elements: Sequence[str]) -> tuple[str, ...]:
    kept = len(elements)
    while kept and not elements[kept - 1]:
        kept -= 1
    return tuple(elements[:kept])


def _interchange(segments: list[Segment], marks: Delimiters) -> Interchange:
    isa, end = segments[0], segments[-1]
    sender, control = element(isa, 6).strip(), element(isa, 13)
    if len(isa) != _ISA_ELEMENTS + 1:
        raise Unparsable("its ISA segment has not 16 elements", sender=sender)
    group = next((element(segment, 6) for segment in segments if segment[0] == "GS"), "0")
    known = {"sender": sender, "control": control, "group": group}
    if end[0] != "IEA" or element(end, 2) != control:
        raise Unparsable("its IEA segment is missing or has another control number", **known)
    try:
        groups = tuple(_group(part) for part in _enclosed(segments[1:-1], "GS", "GE"))
        at = datetime.strptime(element(isa, 9) + element(isa, 10), "%y%m%d%H%M")  # noqa: DTZ007 - X12 has no zone
    except ValueError as error:
        raise Unparsable(str(error), **known) from None
    if element(end, 1) != str(len(groups)):
        raise Unparsable("its IEA segment counts other groups than there are", **known)
    return Interchange(
        sender_qualifier=isa[5],
        sender=sender,
        receiver_qualifier=isa[7],
        receiver=isa[8].strip(),
        control=control,
        at=at,
        groups=groups,
        usage=isa[15],
        delimiters=marks,
    )


def _enclosed(segments: list[Segment], head: str, tail: str) -> list[list[Segment]]:
    """The runs from each `head` to its `tail`. ValueError if anything stands outside of them."""
    starts = [at for at, segment in enumerate(segments) if segment[0] == head]
    if not starts or starts[0] != 0:
        raise ValueError(f"a {head} segment is missing")
    runs = [segments[start:end] for start, end in pairwise([*starts, len(segments)])]
    if any(run[-1][0] != tail for run in runs):
        raise ValueError(f"a {tail} segment is missing")
    return runs


def _group(run: list[Segment]) -> Group:
    head, end = run[0], run[-1]
    if len(head) != _GS_ELEMENTS + 1:
        raise ValueError("a GS segment has not 8 elements")
    sets = tuple(_set(part) for part in _enclosed(run[1:-1], "ST", "SE"))
    if element(end, 2) != head[6] or element(end, 1) != str(len(sets)):
        raise ValueError("a GE segment has another control number or count than its group")
    return Group(kind=head[1], sender=head[2], receiver=head[3], control=head[6], version=head[8], sets=sets)


def _set(run: list[Segment]) -> TransactionSet:
    head, end = run[0], run[-1]
    found = TransactionSet(kind=element(head, 1), control=element(head, 2), segments=tuple(run[1:-1]))
    if element(end, 2) != found.control:
        found = found.with_faults(Fault(CONTROL_DIFFERS))
    if element(end, 1) != str(len(run)):
        found = found.with_faults(Fault(COUNT_DIFFERS))
    return found


def render(interchange: Interchange) -> str:
    """The text of an interchange, a segment a line. ValueError if an element holds a delimiter."""
    marks = interchange.delimiters
    isa = (
        *("ISA", "00", " " * 10, "00", " " * 10),
        *(interchange.sender_qualifier, interchange.sender.ljust(15)),
        *(interchange.receiver_qualifier, interchange.receiver.ljust(15)),
        *(interchange.at.strftime("%y%m%d"), interchange.at.strftime("%H%M"), marks.repetition, "00501"),
        *(interchange.control.rjust(9, "0"), "0", interchange.usage, marks.component),
    )
    segments: list[Segment] = []
    for group in interchange.groups:
        segments += _group_segments(group, interchange.at)
    end = ("IEA", str(len(interchange.groups)), interchange.control.rjust(9, "0"))
    body = [_joined(segment, marks) for segment in (*segments, end)]
    return "\n".join([marks.element.join(isa) + marks.segment, *body]) + "\n"


def _group_segments(group: Group, at: datetime) -> list[Segment]:
    stamp = (at.strftime("%Y%m%d"), at.strftime("%H%M"))
    segments: list[Segment] = [
        ("GS", group.kind, group.sender, group.receiver, *stamp, group.control, "X", group.version)
    ]
    for one in group.sets:
        end = ("SE", str(len(one.segments) + 2), one.control)
        segments += [("ST", one.kind, one.control), *one.segments, end]
    return [*segments, ("GE", str(len(group.sets)), group.control)]


def _joined(segment: Segment, marks: Delimiters) -> str:
    name, *elements = segment
    kept = (name, *_trimmed(elements))
    if any(mark in part for part in kept for mark in (marks.element, marks.segment, "\n", "\r")):
        raise ValueError(f"an element of {name} holds a delimiter")
    return marks.element.join(kept) + marks.segment
