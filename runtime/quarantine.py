"""Where rejected events wait for a person: as they came, with where they were and why."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ValidationError

from runtime.event_records import Record
from runtime.position import Position

_BEGINS = b'{"at":'
"""How every line begins."""


class Quarantined(BaseModel):
    """One line of the quarantine file. `text` is what was sent; `base64` holds it if it is not UTF-8.

    `run` is the run that rejected it, and stays the same when that is resumed.
    """

    at: datetime
    run: str = ""
    source: str
    position: int
    reason: str
    size: int
    text: str | None = None
    base64: str | None = None

    @classmethod
    def of(cls, run: str, source: str, record: Record, reason: str) -> Self:
        """The line about a record."""
        about = {"source": source, "position": record.number, "reason": reason, "size": record.size}
        line = cls.model_validate({"at": datetime.now(UTC), "run": run, **about})
        try:
            line.text = record.text.decode()
        except UnicodeDecodeError:
            line.base64 = base64.b64encode(record.text).decode()
        return line


class Quarantine:
    """A file of JSON Lines that only its owner may read, made when the first event is rejected."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def mend(self) -> None:
        """Take out the line that was being written when its writer was killed: its record comes once more."""
        if not self.file.exists():
            return
        with self.file.open("rb+") as lines:
            whole = 0
            for line in lines:
                if not line.endswith(b"\n") and line.startswith(_BEGINS[: len(line)]):
                    lines.truncate(whole)
                    return
                whole += len(line)

    def remind(self, position: Position) -> None:
        """Have a position know what its runs put here after it was last saved, so that nothing is put here twice."""
        runs = {(source, at.run): at for source, at in position.sources.items()}
        for line in self._lines():
            at = runs.get((line.source, line.run))
            if at is not None:
                at.rejected_already(line.position)

    def put(self, run: str, source: str, record: Record, reason: str) -> None:
        """Keep a record; it is on disk when this returns."""
        line = Quarantined.of(run, source, record, reason).model_dump_json(exclude_none=True)
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as out:
            out.write(line + "\n")
            out.flush()
            os.fsync(out.fileno())

    def _lines(self) -> Iterator[Quarantined]:
        """What is there and ours."""
        if not self.file.exists():
            return
        with self.file.open("rb") as lines:
            for line in lines:
                with suppress(ValidationError):
                    yield Quarantined.model_validate_json(line)
