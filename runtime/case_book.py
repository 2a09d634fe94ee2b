"""The cases as Temporal has them, for the activities of a reconciliation."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from domain.calls import CaseRef
from domain.case import CaseState
from domain.events import OrderEvent
from domain.identifiers import CASE_PREFIX, WORKFLOW_TYPE, InvalidIdentifier, checked_key
from domain.reconciliation import CasePage, CaseRun, RunState, case_of
from runtime.delivery import ONE_CALL, Delivery, NoCase
from runtime.temporal import is_missing_workflow
from workflows import search_attributes as keys

_PAGE = 100
_ENDED = (WorkflowExecutionStatus.COMPLETED, WorkflowExecutionStatus.CONTINUED_AS_NEW)


@dataclass(frozen=True)
class TemporalCases:
    """A `CaseBook` on Temporal: the cases of one task queue, and the door's own way into them."""

    client: Client
    task_queue: str

    async def attended(self, cases: Sequence[CaseRef]) -> frozenset[str]:
        """See CaseBook."""
        ids = ", ".join(f"'{case_of(case.tenant, case.order_id).workflow_id}'" for case in cases)
        found = self.client.list_workflows(f"{self._at_work} AND WorkflowId IN ({ids})", rpc_timeout=ONE_CALL)
        return frozenset([case.id async for case in found])

    async def at_work(self, cursor: str | None) -> CasePage:
        """See CaseBook."""
        token = base64.b64decode(cursor) if cursor else None
        page = self.client.list_workflows(self._at_work, page_size=_PAGE, next_page_token=token, rpc_timeout=ONE_CALL)
        await page.fetch_next_page()
        cases = [case for each in page.current_page or () if (case := _case(each.id)) is not None]
        following = base64.b64encode(page.next_page_token).decode() if page.next_page_token else None
        return CasePage(cases=tuple(cases), next_cursor=following)

    async def newest_run(self, case: CaseRef) -> CaseRun | None:
        """See CaseBook."""
        try:
            run = await self.client.get_workflow_handle(case.workflow_id).describe(rpc_timeout=ONE_CALL)
        except RPCError as error:
            if is_missing_workflow(error):
                return None
            raise
        doing = run.typed_search_attributes.get(keys.CASE_STATE)
        return CaseRun(
            case=case,
            run_id=run.run_id,
            state=_state(run.status),
            doing=CaseState(doing) if doing in set(CaseState) else None,
            closed_at=run.close_time,
        )

    async def start_or_join(self, case: CaseRef, event: OrderEvent) -> bool:
        """See CaseBook."""
        return await Delivery(self.client, self.task_queue).start_or_join(case, event)

    async def tell(self, case: CaseRef, event: OrderEvent) -> None:
        """See CaseBook."""
        with suppress(NoCase):
            await Delivery(self.client, self.task_queue).signal(case.workflow_id, event)

    @property
    def _at_work(self) -> str:
        """Cases of another task queue are another installation's, with an ERP of its own."""
        return (
            f"WorkflowType = '{WORKFLOW_TYPE}' AND ExecutionStatus = 'Running' "
            f"AND TaskQueue = '{checked_key(self.task_queue, 'task queue')}' "
            f"AND {keys.CASE_STATE.name} != '{CaseState.FOLLOWING}'"
        )


def _state(status: WorkflowExecutionStatus | None) -> RunState:
    if status is WorkflowExecutionStatus.RUNNING:
        return RunState.RUNNING
    return RunState.ENDED if status in _ENDED else RunState.CUT_OFF


def _case(workflow_id: str) -> CaseRef | None:
    """The case of that id; None for a workflow that somebody gave another name by hand."""
    tenant, _, order_id = workflow_id.removeprefix(CASE_PREFIX).partition("/")
    try:
        case = case_of(tenant, order_id)
    except InvalidIdentifier:
        return None
    return case if case.workflow_id == workflow_id else None
