"""The cases as Temporal has them: open and closed, and what their histories count."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from domain.audit import Anchor, first_fault, receipts_of, trail_of
from domain.case import Case, ClosingSummary
from domain.cause import CauseSummary
from domain.identifiers import CAUSE_TYPE, WORKFLOW_TYPE, workflow_id
from domain.reconciliation import RECONCILIATION_TYPE, ReconciliationReport
from runtime.case_query import query_case
from workflows import search_attributes as keys

_QUERIES_AT_ONCE = 8
RELEASE = "erp.release_order"
_ACTIONS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: "start",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signal",
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "activity",
    EventType.EVENT_TYPE_TIMER_STARTED: "timer",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "update",
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: "search attributes",
    EventType.EVENT_TYPE_MARKER_RECORDED: "local activity",
}


@dataclass(frozen=True)
class CaseRow:
    """One run of a case. `closing` is there when it has ended well."""

    order_id: str
    run_id: str
    status: WorkflowExecutionStatus
    state: str
    awaiting: tuple[str, ...]
    retrying: tuple[str, ...]
    closing: ClosingSummary | None
    anchor: Anchor | None = None
    """The audit chain as the memo has it."""

    @property
    def open(self) -> bool:
        """Whether it is still being worked on."""
        return self.status is WorkflowExecutionStatus.RUNNING


@dataclass(frozen=True)
class CauseRow:
    """A root cause. `closing` is there when it has ended well."""

    name: str
    closing: CauseSummary | None


@dataclass(frozen=True)
class Counts:
    """What a case took from the event to the release, in Temporal's terms."""

    actions: Counter[str]
    events: int

    @property
    def total(self) -> int:
        """All actions."""
        return self.actions.total()


class Cases:
    """Reads what every operator can read."""

    def __init__(self, client: Client, tenant: str) -> None:
        self._client = client
        self._tenant = tenant

    @classmethod
    async def connect(cls, address: str, tenant: str) -> Cases:
        """With a client of our own."""
        return cls(await Client.connect(address, data_converter=pydantic_data_converter), tenant)

    async def rows(self, *, closing: bool = True) -> list[CaseRow]:
        """All runs of all cases; without what their memos say, which takes time to read, if nobody needs it."""
        found = self._client.list_workflows(f"WorkflowType = '{WORKFLOW_TYPE}'", page_size=1000)
        return [await _row(execution, closing=closing) async for execution in found]

    async def causes(self) -> list[CauseRow]:
        """What held several orders, and was asked about once."""
        found = self._client.list_workflows(f"WorkflowType = '{CAUSE_TYPE}'", page_size=1000)
        return [await _cause_row(execution) async for execution in found]

    async def broken_chains(self, rows: Sequence[CaseRow]) -> list[str]:
        """What is wrong with the audit chains of these cases, held against the anchors in memos and receipts."""
        free = asyncio.Semaphore(_QUERIES_AT_ONCE)

        async def broken(row: CaseRow) -> str | None:
            workflow = workflow_id(self._tenant, row.order_id)
            try:
                async with free:
                    case = await query_case(self._client, workflow, Case, run_id=row.run_id)
            except (RPCError, WorkflowQueryFailedError) as error:
                return f"order {row.order_id}: the audit chain cannot be read: {error}"
            anchors = [*receipts_of(case), *([row.anchor] if row.anchor else [])]
            fault = first_fault(trail_of(case), anchors)
            return f"order {row.order_id}: entry {fault.number} of the audit chain {fault.problem}" if fault else None

        return [found for found in await asyncio.gather(*map(broken, rows)) if found]

    async def reconciled(self) -> Counter[str]:
        """How often held orders were compared with cases, and what was found."""
        found: Counter[str] = Counter()
        query = f"WorkflowType = '{RECONCILIATION_TYPE}' AND ExecutionStatus = 'Completed'"
        async for run in self._client.list_workflows(query):
            report: ReconciliationReport = await run.memo_value("report", type_hint=ReconciliationReport)
            found += Counter({"comparisons": 1, "opened": report.opened, "told to look again": report.closed})
        return found

    async def counts(self, order_id: str) -> Counts:
        """The events of the case's history until the release was confirmed, and the actions among them."""
        history = await self._client.get_workflow_handle(workflow_id(self._tenant, order_id)).fetch_history()
        until = _until_release(history.events)
        return Counts(
            Counter(_ACTIONS[event.event_type] for event in until if event.event_type in _ACTIONS), len(until)
        )


async def _row(execution: WorkflowExecution, *, closing: bool) -> CaseRow:
    known = execution.typed_search_attributes
    summary = await execution.memo_value("closing", None, type_hint=ClosingSummary) if closing else None
    return CaseRow(
        order_id=execution.id.rpartition("/")[2],
        run_id=execution.run_id,
        status=execution.status or WorkflowExecutionStatus.RUNNING,
        state=known.get(keys.CASE_STATE) or "OPENED",
        awaiting=tuple(known.get(keys.AWAITING_ROLE) or ()),
        retrying=tuple(known.get(keys.RETRYING_SYSTEM) or ()),
        closing=summary,
        anchor=await execution.memo_value("audit", None, type_hint=Anchor) if closing else None,
    )


async def _cause_row(execution: WorkflowExecution) -> CauseRow:
    return CauseRow(execution.id, await execution.memo_value("closing", None, type_hint=CauseSummary))


def _until_release(events: Sequence[HistoryEvent]) -> Sequence[HistoryEvent]:
    """The events up to and with the one that says that the ERP has released the order."""
    release = next(
        event.event_id
        for event in events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
        and event.activity_task_scheduled_event_attributes.activity_type.name == RELEASE
    )
    done = next(
        index
        for index, event in enumerate(events)
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
        and event.activity_task_completed_event_attributes.scheduled_event_id == release
    )
    return events[: done + 1]
