"""Submitting files of events: many at a time, those of one order in their order, none lost and none twice."""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass

from domain.base import Model
from domain.events import CloudEvent
from runtime.envelope import Malformed, read_event
from runtime.event_records import Record
from runtime.intake import EventIdReused, Intake, Undeliverable
from runtime.position import Position
from runtime.quarantine import Quarantine

REJECTED = "rejected"
_QUEUED = 4


class Outcome(Model):
    """What became of one record: a `Disposition`, or `rejected` with the reason."""

    source: str
    position: int
    disposition: str
    event_id: str | None = None
    event_type: str | None = None
    order_id: str | None = None
    cases: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class _Piece:
    source: str
    record: Record


@dataclass(frozen=True)
class _Addressed:
    piece: _Piece
    event: CloudEvent


class _RunEnded(Exception):
    """Nobody waits for what is read any more."""


class Submission:
    """One run over some files. `report` hears of every outcome, with the record's size, when it is settled for good."""

    def __init__(
        self,
        intake: Intake,
        position: Position,
        quarantine: Quarantine,
        report: Callable[[Outcome, int], None],
        *,
        lanes: int = 50,
        event_limit: int,
    ) -> None:
        self._intake = intake
        self._position = position
        self._quarantine = quarantine
        self._report = report
        self._event_limit = event_limit
        self._lanes: list[asyncio.Queue[_Addressed | None]] = [asyncio.Queue(_QUEUED) for _ in range(lanes)]

    async def run(self, sources: Iterable[tuple[str, Iterable[Record]]]) -> None:
        """Submit everything. Raises TemporalUnavailable at once when Temporal fails, PositionUnusable, OSError.

        Whatever ends it, the position says what is done.
        """
        pieces: asyncio.Queue[_Piece | BaseException | None] = asyncio.Queue(_QUEUED * len(self._lanes))
        _read_aside(sources, pieces)
        try:
            async with asyncio.TaskGroup() as group:
                for lane in self._lanes:
                    group.create_task(self._work_off(lane))
                await self._distribute(pieces)
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _distribute(self, pieces: asyncio.Queue[_Piece | BaseException | None]) -> None:
        while (piece := await pieces.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            if self._position.of(piece.source).admits(piece.record):
                await self._address(piece)
        for lane in self._lanes:
            await lane.put(None)

    async def _address(self, piece: _Piece) -> None:
        """To the lane of its order, or to quarantine."""
        record = piece.record
        fault = record.fault
        if fault is None and len(record.text) > self._event_limit:
            fault = f"it has {len(record.text)} bytes; an event may have {self._event_limit}"
        if fault is not None:
            self._reject(piece, fault)
            return
        try:
            event = read_event(record.text)
        except Malformed as error:
            self._reject(piece, str(error))
            return
        key = f"{event.data.tenant}/{event.data.order_id or event.data.customer_id or event.data.item}"
        await self._lanes[zlib.crc32(key.encode()) % len(self._lanes)].put(_Addressed(piece, event))

    async def _work_off(self, lane: asyncio.Queue[_Addressed | None]) -> None:
        while (addressed := await lane.get()) is not None:
            try:
                accepted = await self._intake.accept(addressed.event)
            except (Undeliverable, EventIdReused) as error:
                self._reject(addressed.piece, str(error), addressed.event)
            else:
                self._settle(addressed.piece, str(accepted.disposition), addressed.event, cases=accepted.cases)

    def _reject(self, piece: _Piece, reason: str, event: CloudEvent | None = None) -> None:
        self._quarantine.put(self._position.of(piece.source).run, piece.source, piece.record, reason)
        self._settle(piece, REJECTED, event, reason=reason)

    def _settle(
        self,
        piece: _Piece,
        disposition: str,
        event: CloudEvent | None,
        *,
        cases: tuple[str, ...] = (),
        reason: str | None = None,
    ) -> None:
        self._position.of(piece.source).done(piece.record, rejected=disposition == REJECTED)
        outcome = Outcome(
            source=piece.source,
            position=piece.record.number,
            disposition=disposition,
            event_id=event.id if event else None,
            event_type=str(event.type) if event else None,
            order_id=event.data.order_id if event else None,
            cases=cases,
            reason=reason,
        )
        self._report(outcome, piece.record.size)


def _read_aside(
    sources: Iterable[tuple[str, Iterable[Record]]], pieces: asyncio.Queue[_Piece | BaseException | None]
) -> None:
    """Fill `pieces` from a thread of its own, which may wait for standard input without holding up anything.

    It ends with the process: a daemon, because nobody can interrupt a read.
    """
    loop = asyncio.get_running_loop()

    def hand_over(item: _Piece | BaseException | None) -> None:
        putting = pieces.put(item)
        try:
            asyncio.run_coroutine_threadsafe(putting, loop).result()
        except (RuntimeError, CancelledError) as error:
            putting.close()
            raise _RunEnded from error

    def read() -> None:
        try:
            for source, records in sources:
                for record in records:
                    hand_over(_Piece(source, record))
            hand_over(None)
        except _RunEnded:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the run must hear of it
            with suppress(_RunEnded):
                hand_over(error)

    threading.Thread(target=read, name="reader", daemon=True).start()
