"""Reading one case: its state by query, the calls under way from Temporal itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from temporalio.api.failure.v1 import Failure
from temporalio.client import WorkflowQueryFailedError
from temporalio.exceptions import FailureError
from temporalio.service import RPCError, RPCStatusCode

from domain.case import Case
from domain.cause import CauseCase
from domain.identifiers import (
    CASE_PREFIX,
    CASE_TYPES,
    CAUSE_PREFIX,
    InvalidIdentifier,
    cause_workflow_id,
    checked_key,
    workflow_id,
)
from runtime.approvals.case_view import PendingCall, Run, view_of
from runtime.approvals.refusals import ExitCode, Refused
from runtime.approvals.views import CaseView
from runtime.case_query import query_case

if TYPE_CHECKING:
    from temporalio.api.workflow.v1 import PendingActivityInfo
    from temporalio.client import Client, WorkflowExecutionDescription

_ANSWER_WITHIN = timedelta(seconds=8)
_NO_WORKER = (RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
_RUNS_LOOKED_AT = 100


async def find_workflow(client: Client, case: str) -> str:
    """The workflow id that `case` means: itself, or that of the order or cause of this name, open or closed.

    Raises Refused: INVALID for what can be neither, NOT_FOUND, and INVALID when several tenants have such an order.
    """
    try:
        for prefix, made in ((CASE_PREFIX, workflow_id), (CAUSE_PREFIX, cause_workflow_id)):
            if case.startswith(prefix):
                tenant, _, name = case.removeprefix(prefix).partition("/")
                return made(tenant, name)
        query = f"WorkflowType IN {CASE_TYPES} AND OrderId = '{checked_key(case)}'"
    except InvalidIdentifier as error:
        raise Refused(ExitCode.INVALID, f"{error}.") from error
    found = sorted({execution.id async for execution in client.list_workflows(query, limit=_RUNS_LOOKED_AT)})
    if not found:
        raise Refused(ExitCode.NOT_FOUND, f"There is no case for order {case}.")
    if len(found) > 1:
        raise Refused(ExitCode.INVALID, f"Several tenants have an order {case}. Name one: {', '.join(found)}.")
    return found[0]


async def read_state(client: Client, workflow: str) -> Case:
    """The case's own state. Raises Refused: NOT_FOUND, or NO_ANSWER when no worker is there to tell."""
    try:
        kind = CauseCase if workflow.startswith(CAUSE_PREFIX) else Case
        case: Case = await query_case(client, workflow, kind, within=_ANSWER_WITHIN)
    except WorkflowQueryFailedError as error:
        raise Refused(ExitCode.DEFECT, f"Case {workflow} could not be read: {error}.") from error
    except RPCError as error:
        raise _unread(workflow, error) from error
    return case


def _unread(workflow: str, error: RPCError) -> Exception:
    if error.status is RPCStatusCode.NOT_FOUND:
        order_id = workflow.rpartition("/")[2]
        return Refused(ExitCode.NOT_FOUND, f"There is no case for order {order_id} ({workflow}).")
    if error.status in _NO_WORKER:
        return Refused(
            ExitCode.NO_ANSWER,
            f"No worker tells the state of {workflow}: {error.message}.",
            "Nothing was sent. Ask the operators whether a worker is running; the case itself loses nothing.",
        )
    return error


async def read_case(client: Client, workflow: str, ui: str) -> CaseView:
    """The case as its approver sees it. `ui` is the address of the Temporal UI."""
    handle = client.get_workflow_handle(workflow)
    case, described = await asyncio.gather(
        read_state(client, workflow), handle.describe(rpc_timeout=_ANSWER_WITHIN), return_exceptions=True
    )
    if isinstance(case, BaseException):
        raise case
    if isinstance(described, BaseException):
        raise described
    run = Run(run_id=described.run_id, link=ui_link(ui, client.namespace, workflow, described.run_id))
    return view_of(case, await pending_calls(described), run, datetime.now(UTC))


def ui_link(ui: str, namespace: str, workflow: str, run_id: str) -> str:
    """Where the Temporal UI shows this run's history."""
    return f"{ui.rstrip('/')}/namespaces/{quote(namespace)}/workflows/{quote(workflow, safe='')}/{run_id}/history"


async def pending_calls(described: WorkflowExecutionDescription) -> list[PendingCall]:
    """The activities that Temporal has under way or will try again."""
    return [await _pending(described, info) for info in described.raw_description.pending_activities]


async def _pending(described: WorkflowExecutionDescription, info: PendingActivityInfo) -> PendingCall:
    waiting = info.HasField("next_attempt_schedule_time")
    return PendingCall(
        activity=info.activity_type.name,
        attempt=info.attempt,
        next_try_at=info.next_attempt_schedule_time.ToDatetime(UTC) if waiting else None,
        message=await _message(described, info.last_failure) if info.HasField("last_failure") else "",
    )


async def _message(described: WorkflowExecutionDescription, failure: Failure) -> str:
    """What went wrong, which is encrypted where payloads are."""
    readable = Failure()
    readable.CopyFrom(failure)
    error = await described.data_converter.decode_failure(readable)
    return error.message if isinstance(error, FailureError) else str(error)
