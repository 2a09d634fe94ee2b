"""Where rejected events wait for a person: as they came, with where they were and why."""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pydantic import BaseModel

from runtime.event_records import Record


class Quarantined(BaseModel):
    """One line of the quarantine file. `text` is what was sent; `base64` holds it if it is not UTF-8."""

    at: datetime
    source: str
    position: int
    reason: str
    size: int
    text: str | None = None
    base64: str | None = None

    @classmethod
    def of(cls, source: str, record: Record, reason: str) -> Self:
        """The line about a record."""
        line = cls(at=datetime.now(UTC), source=source, position=record.number, reason=reason, size=record.size)
        try:
            line.text = record.text.decode()
        except UnicodeDecodeError:
            line.base64 = base64.b64encode(record.text).decode()
        return line


class Quarantine:
    """A file of JSON Lines that only its owner may read, made when the first event is rejected."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.count = 0

    def put(self, source: str, record: Record, reason: str) -> None:
        """Keep a record; it is on disk when this returns."""
        line = Quarantined.of(source, record, reason).model_dump_json(exclude_none=True)
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as out:
            out.write(line + "\n")
            out.flush()
            os.fsync(out.fileno())
        self.count += 1
