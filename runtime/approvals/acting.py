"""Sending an answer to a case, so that a lost connection or a second try never makes it two answers."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.approvals.gate import settled
from domain.tasks import AGAIN, Action, Receipt, Task, TaskRequest
from runtime.approvals.case_reading import read_state
from runtime.approvals.refusals import ExitCode, Refused

if TYPE_CHECKING:
    from temporalio.client import Client

    from domain.case import Case
    from runtime.approvals.signing import Signer

UPDATES = {
    Action.APPROVE: "decide",
    Action.ADJUST: "decide",
    Action.REJECT: "decide",
    Action.CLAIM: "claim",
    Action.RELEASE_CLAIM: "release_claim",
    Action.COMMENT: "comment",
    Action.ASK: "inform",
    Action.ANSWER: "inform",
    Action.DELEGATE: "hand_over",
    Action.FORWARD: "hand_over",
    Action.REASSIGN: "hand_over",
    Action.EXTEND: "extend",
    Action.WITHDRAW: "withdraw",
}
"""The update of the workflow that takes each action."""
_COME_AND_GO = (Action.CLAIM, Action.RELEASE_CLAIM, Action.DELEGATE, Action.FORWARD, Action.REASSIGN)
_PASSING = (
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.ABORTED,
)
_AGAIN_AFTER = 0.5
_ONE_TRY = 5.0


@dataclass(frozen=True)
class Patience:
    """For how long an answer is waited for, in seconds: while nothing can be reached, and in all."""

    unreachable: float = 8.0
    overall: float = 30.0


def request_of(task: Task, action: Action, actor: str, **content: object) -> TaskRequest:
    """The request to act on `task`. Raises Refused (INVALID) and names what does not fit."""
    given = {"task_revision": task.revision} | {name: value for name, value in content.items() if value is not None}
    try:
        return TaskRequest.model_validate({"task_id": task.task_id, "action": action, "actor": actor, **given})
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
        raise Refused(ExitCode.INVALID, found) from error


def new_update_id(request: TaskRequest) -> str:
    """An id for one sending, also of a request that was sent before: the case itself knows what it has recorded.

    Nobody can guess it. Otherwise a stranger could use it first, and the answer to this request would be his.
    """
    return f"{request.digest[:32]}-{uuid.uuid4().hex}"


def pick_task(case: Case, task_id: str | None, hold_id: str | None) -> Task:
    """The question meant: the one named, else the only open one, else the last one there was.

    A question that is closed is not refused here: the case itself says by whom it was decided, and gives the same
    answer again to the same request.
    """
    found = [task for task in case.tasks.values() if _is_meant(task, task_id, hold_id)]
    if not found:
        named = task_id or hold_id
        what = f"no question {named}" if named else "no question for anybody, and had none"
        raise Refused(ExitCode.NOT_FOUND, f"Order {case.ref.order_id} has {what}; its state is {case.state}.")
    still_open = [task for task in found if task.state.is_open]
    if len(still_open) > 1:
        listed = "; ".join(f"{task.task_id} (hold {task.hold_id or '-'}, {task.role})" for task in still_open)
        raise Refused(ExitCode.SEVERAL_TASKS, f"Order {case.ref.order_id} has several open questions: {listed}.")
    return still_open[0] if still_open else found[-1]


def _is_meant(task: Task, task_id: str | None, hold_id: str | None) -> bool:
    return task_id in (None, task.task_id) and hold_id in (None, task.hold_id)


async def send(
    client: Client,
    signer: Signer,
    case: Case,
    task: Task,
    request: TaskRequest,
    *,
    patience: Patience | None = None,
    update_id: str | None = None,
) -> Receipt:
    """The case's receipt. Tries again under the same update id, signed anew, while the connection is lost or no answer
    comes.

    Raises Refused with the case's own reason, or NO_ANSWER when nobody knows whether it was recorded.
    """
    try:
        sending = _Sending(client, signer, case, task, request)
        receipt = await sending.persist(patience or Patience(), update_id or new_update_id(request))
    except _CaseClosed as closed:
        receipt = _recorded_before(await _as_it_closed(client, case, task), request, closed)
    if receipt.digest != request.digest:
        raise Refused(
            ExitCode.RECEIPT_MISMATCH,
            f"The receipt is for request {receipt.digest[:12]}, but {request.digest[:12]} was sent.",
        )
    return receipt


class _Sending:
    def __init__(self, client: Client, signer: Signer, case: Case, task: Task, request: TaskRequest) -> None:
        self._client = client
        self._handle = client.get_workflow_handle(case.ref.workflow_id)
        self._signer = signer
        self._case = case
        self._task = task
        self._request = request

    async def persist(self, patience: Patience, update_id: str) -> Receipt:
        started = time.monotonic()
        unreachable_since: float | None = None
        while True:
            this_try = time.monotonic()
            try:
                return await self._try(update_id)
            except _Lost as lost:
                unreachable_since = (unreachable_since or this_try) if lost.unreachable else None
                self._give_up_after(patience, started, unreachable_since, lost)
            await asyncio.sleep(_AGAIN_AFTER)

    def _give_up_after(self, patience: Patience, started: float, unreachable_since: float | None, lost: _Lost) -> None:
        now = time.monotonic()
        unreachable = now - (unreachable_since or now)
        if unreachable > patience.unreachable or now - started > patience.overall:
            raise Refused(ExitCode.NO_ANSWER, f"No answer about task {self._task.task_id}: {lost.reason}.") from lost

    async def _try(self, update_id: str) -> Receipt:
        signed = self._signer.sign(self._case, self._task, self._request)
        try:
            async with asyncio.timeout(_ONE_TRY):
                receipt: Receipt = await self._handle.execute_update(
                    UPDATES[signed.action], signed, id=update_id, result_type=Receipt
                )
                return receipt
        except WorkflowUpdateFailedError as error:
            raise _refused(error) from error
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            raise await self._silence() from error
        except RPCError as error:
            raise await self._lost(error) from error

    async def _silence(self) -> _Lost:
        """Whether it is the case that does not answer, or the whole server."""
        try:
            await self._client.service_client.check_health(timeout=timedelta(seconds=1))
        except RPCError:
            return _Lost("the connection to Temporal is lost", unreachable=True)
        return _Lost("the case did not answer in time; is a worker running?", unreachable=False)

    async def _lost(self, error: RPCError) -> Exception:
        if error.status is RPCStatusCode.NOT_FOUND:
            return _CaseClosed()
        if error.status in _PASSING:
            return await self._silence()
        return error


def _refused(error: WorkflowUpdateFailedError) -> Exception:
    cause = error.cause
    if not isinstance(cause, ApplicationError):
        return Refused(ExitCode.DEFECT, f"The case failed to handle the request: {cause}")
    if AGAIN in cause.details:
        return _Lost(cause.message, unreachable=False)
    return Refused.by_case(cause.type, cause.message)


class _Lost(Exception):
    """An attempt without an answer: `unreachable` if not even the server was there."""

    def __init__(self, reason: str, *, unreachable: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unreachable = unreachable


class _CaseClosed(Exception):
    """Nobody will answer any more."""


async def _as_it_closed(client: Client, case: Case, task: Task) -> Task:
    """The task at the end of its case: what was open when it was read may have been decided since.

    Raises Refused (NO_ANSWER) if nobody tells: then nobody knows whether it was this request that decided it.
    """
    if settled(task) is not None:
        return task
    try:
        closed = await read_state(client, case.ref.workflow_id)
    except (Refused, RPCError) as error:
        message = f"The case has closed, but how task {task.task_id} ended cannot be read: {error}"
        raise Refused(ExitCode.NO_ANSWER, message) from error
    return closed.tasks.get(task.task_id, task)


def _recorded_before(task: Task, request: TaskRequest, closed: _CaseClosed) -> Receipt:
    """The receipt that the same request already has in a case that has closed. Raises Refused otherwise."""
    for receipt in task.receipts:
        if receipt.digest == request.digest:
            return receipt
    over = settled(task)
    if over is None:
        message = f"The case has closed, and task {task.task_id} was not answered."
        raise Refused(ExitCode.CONFLICT, message) from closed
    raise Refused.by_case(over.refusal, f"The case has closed; {over}.") from closed
