"""Our own figures on the SDK's Prometheus endpoint: exceptions, cases and people's answers, by kind.

Counted where a workflow passes by, with the SDK's meter, which is silent during replay. Calls to systems are counted by
`activities.connectors.http`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleUpdateInput,
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from domain.calls import Triage
from domain.case import CaseStart, ClosingSummary, ResolvedException
from domain.reconciliation import ReconciliationReport
from domain.tasks import Receipt
from runtime.temporal import INVOICE_METRIC, RESOLUTION_METRIC

_EXAMINE = "triage.examine_order"


class CaseMetrics(Interceptor):
    """Counts what happens in cases."""

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002, ARG002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        """See the base class."""
        return _Inbound


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        self._outbound = _Outbound(outbound)
        super().init(self._outbound)

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002 - the SDK's name
        start = input.args[0] if input.args else None
        if isinstance(start, CaseStart) and start.carried is not None:
            self._outbound.known |= {*start.carried.exceptions, *(each.hold_id for each in start.carried.settled)}
        result = await super().execute_workflow(input)
        if isinstance(result, ClosingSummary):
            _count_closed(result)
        elif isinstance(result, ReconciliationReport):
            found = "differences" if result.found_something else "nothing"
            _count("holdfast_reconciliations", "Comparisons of held orders with open cases", found=found)
        return result

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002 - the SDK's name
        try:
            answer = await super().handle_update_handler(input)
        except ApplicationError as refusal:
            _count("holdfast_answers", "What people asked of tasks", action=input.update, outcome=str(refusal.type))
            raise
        if isinstance(answer, Receipt):
            _count("holdfast_answers", "What people asked of tasks", action=str(answer.action), outcome="RECORDED")
        return answer


class _Outbound(WorkflowOutboundInterceptor):
    """Sees the order each time it is examined, and counts the holds that were not there before."""

    def __init__(self, next: WorkflowOutboundInterceptor) -> None:  # noqa: A002 - the SDK's name
        super().__init__(next)
        self.known: set[str] = set()

    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002 - the SDK's name
        handle = super().start_activity(input)
        if input.activity == _EXAMINE:
            handle.add_done_callback(self._count_opened)
        return handle

    def _count_opened(self, examined: asyncio.Task[Any]) -> None:
        if examined.cancelled() or examined.exception() is not None or not isinstance(examined.result(), Triage):
            return
        for subject in examined.result().exceptions:
            if subject.hold.hold_id not in self.known:
                self.known.add(subject.hold.hold_id)
                _count("holdfast_exceptions_opened", "Exceptions opened", exception_type=str(subject.exception_type))


def _count_closed(summary: ClosingSummary) -> None:
    _count(
        "holdfast_cases_closed", "Cases closed", outcome=str(summary.outcome), touchless=str(summary.touchless).lower()
    )
    if summary.invoice_delay is not None:
        delay = workflow.metric_meter().create_histogram_timedelta(INVOICE_METRIC, "From shipped to invoiced, elapsed")
        delay.record(summary.invoice_delay)
    for exception in summary.exceptions:
        kind = str(exception.exception_type)
        _count(
            "holdfast_exceptions_resolved",
            "Exceptions resolved, and by whom the decision was",
            exception_type=kind,
            option=exception.option or "NONE",
            decided_by=_decided_by(exception),
        )
        if exception.rework:
            _count("holdfast_exceptions_reworked", "Exceptions that came back within days", exception_type=kind)
        if exception.resolved_at is not None:
            meter = workflow.metric_meter().with_additional_attributes({"exception_type": kind})
            taken = meter.create_histogram_timedelta(RESOLUTION_METRIC, "From opened to resolved")
            taken.record(exception.resolved_at - exception.opened_at)


def _decided_by(exception: ResolvedException) -> str:
    """`person`, `policy`, `sla`, or `nobody` for a hold that went away by itself. Never who."""
    if exception.decided_by is None:
        return "nobody"
    return exception.decided_by.removeprefix("system:") if exception.decided_by.startswith("system:") else "person"


def _count(name: str, description: str, **labels: str) -> None:
    workflow.metric_meter().create_counter(name, description).add(1, labels)
