"""What Holdfast did to a sale, written in the sale's own comment: one line an entry, in the transaction of the write.

Tryton has no idempotency keys. The comment of a sale can be written in every state, and its history keeps it, so the
reference of a step stands there beside what was changed: found is done, and an undo knows what there was before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

PREFIX = "[holdfast] "
PART = "part"
"""The step that stands in the ledger of what was split off."""
_REASON_LENGTH = 200

Fields = dict[str, JsonValue]


class Phase(StrEnum):
    """How far a step got."""

    BEGUN = "BEGUN"
    DONE = "DONE"
    UNDONE = "UNDONE"


class Contents(BaseModel):
    """Some of what a sale says: its own fields, and those of lines by their id."""

    model_config = ConfigDict(frozen=True)

    sale: Fields = {}
    lines: dict[str, Fields] = {}


class Part(BaseModel):
    """A sale that is split off: the shares of lines that go there. `apart` ones are orders of their own."""

    model_config = ConfigDict(frozen=True)

    warehouse: int | None
    shares: dict[str, str]
    ships_on: str | None = None
    apart: bool = False


class Entry(BaseModel):
    """One step. `holds` are the codes of the holds that the sale had then: they stay until it is released."""

    model_config = ConfigDict(frozen=True)

    ref: str
    step: str
    phase: Phase
    by: str = ""
    why: str = ""
    holds: tuple[str, ...] = ()
    was: str = ""
    before: Contents = Contents()
    after: Contents = Contents()
    parts: tuple[Part, ...] = ()
    added: bool = False
    terms: Fields = {}


@dataclass(frozen=True)
class Ledger:
    """The entries of a sale in the order in which they were made, and what people wrote around them."""

    prose: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, comment: str | None) -> Ledger:
        """What a comment says. A line that was edited by hand and cannot be read any more counts as prose."""
        prose, entries = [], []
        for line in (comment or "").splitlines():
            entry = _entry(line)
            if entry is None:
                prose.append(line)
            else:
                entries.append(entry)
        return cls(tuple(prose), tuple(entries))

    def entry(self, ref: str) -> Entry | None:
        """What is known of the step of that reference."""
        return next((entry for entry in self.entries if entry.ref == ref), None)

    def standing(self, *steps: str) -> Iterable[Entry]:
        """The entries of these steps (or of all) that were carried out and not undone."""
        return (entry for entry in self.entries if entry.phase is Phase.DONE and (not steps or entry.step in steps))

    def having(self, entry: Entry) -> Ledger:
        """With that entry in the place of the one of its reference, or as the newest."""
        entry = entry.model_copy(update={"why": entry.why[:_REASON_LENGTH]})
        if self.entry(entry.ref) is None:
            return replace(self, entries=(*self.entries, entry))
        return replace(self, entries=tuple(entry if known.ref == entry.ref else known for known in self.entries))

    @property
    def text(self) -> str:
        """The comment."""
        written = (PREFIX + json.dumps(entry.model_dump(mode="json", exclude_defaults=True)) for entry in self.entries)
        return "\n".join((*self.prose, *written))


def _entry(line: str) -> Entry | None:
    if not line.startswith(PREFIX):
        return None
    try:
        return Entry.model_validate_json(line.removeprefix(PREFIX))
    except ValidationError:
        return None
