"""What comes in by signal: read and handed to whom it is for, or set aside with an alert.

Every signal passes here as it came, because the SDK would drop one whose argument it cannot read, without a word in the
case, and block the workflow for one with too many. Nothing that is sent to a case may stop it.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from domain.case import Case
from domain.events import EventType, OrderEvent
from workflows.journal import record

_LONGEST_NAME = 80
_TOLD = 20
"""Quarantined signals that the journal tells of; further ones are only counted, or they would push out what matters."""


@dataclass(frozen=True)
class Receiver:
    """Who takes a signal: what its one argument is, and what is done with it."""

    kind: type
    take: Callable[[Any], Awaitable[None] | None]


class Letters:
    """The signals of one workflow, by name."""

    def __init__(self, case: Case, receivers: Mapping[str, Receiver]) -> None:
        self._case = case
        self._receivers = receivers

    async def receive(self, name: str, args: Sequence[RawValue]) -> None:
        """Hand a signal to its receiver. One that nobody knows or can read is counted, told of, and without effect."""
        try:
            receiver = self._receivers[name]
            content = _read(name, args, receiver.kind)
        except KeyError:
            self._set_aside(name, "unknown", "a signal of this name is not known")
        except _Unreadable as unreadable:
            self._set_aside(name, "unreadable", str(unreadable))
        else:
            taken = receiver.take(content)
            if inspect.isawaitable(taken):
                await taken

    def _set_aside(self, name: str, reason: str, why: str) -> None:
        self._case.quarantined += 1
        shown = ascii(name)[:_LONGEST_NAME]
        counter = workflow.metric_meter().create_counter("holdfast_quarantined_signals", "Signals set aside")
        counter.add(1, {"reason": reason})
        workflow.logger.warning("signal %s quarantined: %s", shown, why)
        if self._case.quarantined <= _TOLD:
            record(self._case, "system:policy", "quarantined", f"signal {shown}: {why}")


def events(take: Callable[[OrderEvent], None]) -> dict[str, Receiver]:
    """Every machine fact goes to `take`."""
    return {kind.signal: Receiver(OrderEvent, take) for kind in EventType}


class _Unreadable(Exception):
    """The argument is not what it should be. The text repeats nothing of it."""


def _read(name: str, args: Sequence[RawValue], kind: type) -> Any:
    if len(args) != 1:
        raise _Unreadable(f"it has {len(args)} arguments instead of one")
    content = _converted(args[0], kind)
    if not isinstance(content, kind):
        raise _Unreadable("it says nothing")  # the SDK takes null for a value of any type
    if isinstance(content, OrderEvent) and content.type.signal != name:
        raise _Unreadable(f"it tells of {content.type.signal}")
    return content


def _converted(argument: RawValue, kind: type) -> Any:
    try:
        return workflow.payload_converter().from_payload(argument.payload, kind)
    except Exception as error:  # noqa: BLE001 - whatever a stranger sent, it must not stop the case
        why = error.message if isinstance(error, ApplicationError) else type(error).__name__
        raise _Unreadable(f"its content cannot be read ({why})") from None
