"""How far a submission came, so that the next one continues there."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, Field, PrivateAttr, ValidationError

from runtime.event_records import Record

_TIDY_AT = 1000


class PositionUnusable(Exception):
    """The position cannot be used, or belongs to other files; the message says why."""


class SourcePosition(BaseModel):
    """How far one file is done: every record up to `done_through`, and those in `done_beyond`."""

    run: str = Field(default_factory=lambda: uuid.uuid4().hex)
    """Which run over the file it is, however often that was interrupted: the quarantine knows its lines by it."""
    first_record: str | None = None
    """SHA-256 of the file's first record, to recognise the file."""
    done_through: int = 0
    done_beyond: set[int] = Field(default_factory=set)
    rejected: int = 0
    """How many of the records that are done are in quarantine."""
    _last_seen: int = PrivateAttr(default=0)
    _under_way: set[int] = PrivateAttr(default_factory=set)

    def admits(self, record: Record) -> bool:
        """Whether `record` is still to be done. Records come in their order. Raises PositionUnusable."""
        if self._last_seen == 0:
            self._recognise(hashlib.sha256(record.text).hexdigest())
        self._last_seen = record.number
        if record.number <= self.done_through or record.number in self.done_beyond:
            return False
        self._under_way.add(record.number)
        return True

    def _recognise(self, first_record: str) -> None:
        if self.first_record not in (None, first_record):
            raise PositionUnusable("its first event is not that of the file that was being submitted")
        self.first_record = first_record

    def done(self, record: Record, *, rejected: bool = False) -> None:
        """Take note that `record` needs nothing more: it was taken, or it is in quarantine."""
        self._under_way.discard(record.number)
        self.done_beyond.add(record.number)
        self.rejected += rejected
        if len(self.done_beyond) >= _TIDY_AT:
            self.tidy()

    def rejected_already(self, number: int) -> None:
        """Take note that this record is in quarantine, as the quarantine itself says. Known records count once."""
        if number > self.done_through and number not in self.done_beyond:
            self.done_beyond.add(number)
            self.rejected += 1

    def tidy(self) -> None:
        """Say it with one number as far as possible."""
        through = min(self._under_way) - 1 if self._under_way else self._last_seen
        self.done_through = max(self.done_through, through)
        self.done_beyond = {number for number in self.done_beyond if number > self.done_through}


class Position(BaseModel):
    """How far each file is done, by its name as it was given; `-` is standard input."""

    sources: dict[str, SourcePosition] = Field(default_factory=dict)

    @classmethod
    def load(cls, file: Path) -> Position:
        """The position that an interrupted run left. Raises PositionUnusable."""
        try:
            return cls.model_validate_json(file.read_bytes())
        except FileNotFoundError as error:
            raise PositionUnusable(f"there is no {file}: no run was interrupted, or it ran elsewhere") from error
        except (OSError, ValidationError) as error:
            raise PositionUnusable(f"{file} cannot be read as a position: {error}") from error

    @classmethod
    def left(cls, file: Path) -> Position:
        """What interrupted runs over other files may have left there; nothing if it cannot be read."""
        try:
            return cls.load(file)
        except PositionUnusable:
            return cls()

    def forget(self, sources: Iterable[str]) -> None:
        """These files are done, or begun anew."""
        for source in sources:
            self.sources.pop(source, None)

    def of(self, source: str) -> SourcePosition:
        """The position in one file."""
        return self.sources.setdefault(source, SourcePosition())

    def rejected(self, sources: Iterable[str]) -> int:
        """How many records of these files are in quarantine, an interrupted run's too."""
        return sum(self.of(source).rejected for source in set(sources))

    def save(self, file: Path) -> None:
        """Write it in one step, so that a crash leaves the old one or the new; it is on disk when this returns.
        Nothing to say leaves no file.
        """
        if not self.sources:
            file.unlink(missing_ok=True)
            return
        for source in self.sources.values():
            source.tidy()
        beside = file.with_name(file.name + ".new")
        with beside.open("w", encoding="utf-8") as out:
            out.write(self.model_dump_json(indent=1))
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
        _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    """Have the disk know the new name too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
