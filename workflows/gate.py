"""The one way in for whoever acts on a task: by update, or by signal, which has no answer.

Whatever is turned down leaves one line in the case, if it is no mere load and no flood. Signalled requests are screened
many at a time, so that a flood of forgeries costs a case a few calls and never holds up an update.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.approvals.gate import check_size
from domain.audit import anchor_of
from domain.calls import ScreenRequest
from domain.case import Case
from domain.credential import LARGEST, header_of
from domain.tasks import AGAIN, Action, Receipt, Refusal, TaskRequest
from workflows import judgement
from workflows.desk import Desk, refuse, typed
from workflows.journal import is_flooded, record_refusal

_BATCH = 100
_BATCH_SIZE = 400_000
_WAITING = 1000
"""Signalled requests that may wait to be screened; what comes beyond is refused."""
_ANCHORED = (Action.APPROVE, Action.ADJUST, Action.REJECT, Action.WITHDRAW)
"""What the memo has an anchor of at once: whatever is decided, or a part of it."""
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}", re.ASCII)
_TASK = re.compile(r"T[0-9]{1,9}", re.ASCII)


class Gate:
    """Lets requests through to the desk, and leaves one line about each that is turned down behind it."""

    def __init__(self, case: Case, desk: Desk) -> None:
        self._case = case
        self._desk = desk
        self._waiting: list[TaskRequest] = []
        self._screening: asyncio.Task[None] | None = None
        self._closed = False
        self._anchored = ""
        """The head of the chain that the memo has of this run."""

    @property
    def is_idle(self) -> bool:
        """Whether no signalled request waits to be looked at."""
        return not self._waiting

    async def close(self) -> None:
        """Let nobody in any more, and wait until those inside are done: the case moves into a new history."""
        self._closed = True
        await workflow.wait_condition(lambda: self.is_idle and workflow.all_handlers_finished())

    def check(self, request: TaskRequest) -> None:
        """Refuse an update at once if it is no request but a load, or if it cannot succeed and the journal has told of
        so many in a row that it would not tell of this one. Changes nothing; such a refusal is in the worker's log.

        What is turned away here leaves no trace in the case. So any other refusal is left to `act`, which writes the
        line that an auditor looks for (decision 23).
        """
        if self._closed:
            _come_again()
        try:
            _not_too_large(request)
            if is_flooded(self._case):
                self._look_at(request)
        except ApplicationError as refusal:
            workflow.logger.warning("refused before it was looked at: %s", _line(request, refusal.type))
            raise

    async def act(self, request: TaskRequest) -> Receipt:
        """Do what the request says, if it is proven and allowed."""
        try:
            self._look_at(request)
            receipt = await self._desk.act(request)
        except ApplicationError as refusal:
            record_refusal(self._case, _line(request, refusal.type))
            raise
        if receipt.action in _ANCHORED and receipt.audit_head == self._case.audit_head != self._anchored:
            self._anchored = receipt.audit_head
            workflow.upsert_memo({"audit": anchor_of(self._case)})
        return receipt

    def _look_at(self, request: TaskRequest) -> None:
        """What can be seen without asking anybody."""
        _carries_a_proof(request)
        self._desk.check(request)

    def signalled(self, request: TaskRequest) -> None:
        """Take a request that was sent as a signal. Its refusal is on the case's own record."""
        try:
            _not_too_large(request)
            _carries_a_proof(request)
            if len(self._waiting) >= _WAITING:
                refuse(Refusal.UNAVAILABLE, "too many signalled requests wait")
        except ApplicationError as refusal:
            record_refusal(self._case, f"signalled {_line(request, refusal.type)}")
            return
        self._waiting.append(request)
        if self._screening is None or self._screening.done():
            self._screening = asyncio.create_task(self._screen())

    async def _screen(self) -> None:
        while self._waiting:
            batch = self._next_batch()
            screened = await judgement.screen(ScreenRequest(case=self._case.ref, requests=batch, now=workflow.now()))
            for request, refusal in zip(batch, screened.refusals, strict=True):
                if refusal is not None:
                    record_refusal(self._case, f"signalled {_line(request, refusal)}")
                else:
                    with suppress(ApplicationError):  # has its line
                        await self.act(request)
            del self._waiting[: len(batch)]

    def _next_batch(self) -> tuple[TaskRequest, ...]:
        batch: list[TaskRequest] = []
        size = 0
        for request in self._waiting[:_BATCH]:
            size += _size(request)
            if batch and size > _BATCH_SIZE:
                break
            batch.append(request)
        return tuple(batch)


def _not_too_large(request: TaskRequest) -> None:
    """Refuse what is no request but a load: it has no place in a history."""
    typed(lambda: check_size(request))
    if len(request.credential or "") > LARGEST:
        refuse(Refusal.INVALID, f"the signed proof has more than {LARGEST} characters")


def _carries_a_proof(request: TaskRequest) -> None:
    """Refuse what carries nothing that could be a proof."""
    typed(lambda: header_of(request.credential))


def _size(request: TaskRequest) -> int:
    return len(request.model_dump_json())


def _come_again() -> None:
    message = "the case is moving into a new history: try again in a moment"
    raise ApplicationError(message, AGAIN, type=str(Refusal.UNAVAILABLE), non_retryable=True)


def _line(request: TaskRequest, refusal: str | None) -> str:
    """What was turned down. Names are a stranger's word: written down only if they could be true."""
    actor = request.actor if _SUBJECT.fullmatch(request.actor) else "somebody"
    task = request.task_id if _TASK.fullmatch(request.task_id) else "an unknown task"
    return f"{request.action} of {task} as {actor}: {refusal}"
