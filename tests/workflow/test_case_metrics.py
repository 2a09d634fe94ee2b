from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from temporalio import activity
from temporalio.client import WorkflowUpdateFailedError
from temporalio.runtime import BufferedMetricUpdate, MetricBuffer, Runtime, TelemetryConfig
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from domain.calls import CaseRef, OpenException, OutagePolicy, ServiceTerms, Triage
from domain.case import Case, CaseOutcome, CaseStart, ClosingSummary, ExceptionCase, ResolvedException
from domain.exception_types import ExceptionType
from domain.order import Hold, Order, OrderStatus, ServiceLevel, ShipTo
from domain.tasks import Action, Receipt, TaskState
from runtime.telemetry import CaseMetrics
from runtime.worker_process import PASSED_THROUGH
from tests.workflow.metered import MeteredCase
from tests.workflow.server import started

OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)
REF = CaseRef(tenant="acme", order_id="SO-1", workflow_id="order-exception/acme/SO-1")


def subject(hold_id: str, kind: ExceptionType) -> OpenException:
    hold = Hold(hold_id=hold_id, code="X", source_system="erp", source_code="X", applied_at=OPENED)
    return OpenException(hold=hold, exception_type=kind, owning_team="finance", fact_requests=())


def triage() -> Triage:
    order = Order(
        tenant="acme",
        order_id="SO-1",
        version=1,
        status=OrderStatus.ON_HOLD,
        customer_id="C-1",
        po_number="PO-1",
        currency="USD",
        service_level=ServiceLevel.STANDARD,
        entered_by="edi",
        ordered_at=OPENED,
        need_by=OPENED.date(),
        carrier_cutoff=OPENED,
        warehouse="DC1",
        ship_to=ShipTo(site_id="S1", region="NY", postal_code="10001"),
        lines=(),
    )
    terms = ServiceTerms(
        due_at=OPENED,
        recheck_after=timedelta(minutes=1),
        outages=(OutagePolicy(system="*", ask_after=timedelta(minutes=1), role="integration"),),
        follow_until="RELEASED",
        follow_for=timedelta(0),
        policy_version="1",
    )
    subjects = (subject("H1", ExceptionType.CREDIT_HOLD), subject("H2", ExceptionType.TAX_DISCREPANCY))
    return Triage(order=order, exceptions=subjects, terms=terms)


def resolved(hold_id: str, kind: ExceptionType, decided_by: str | None) -> ResolvedException:
    return ResolvedException(
        hold_id=hold_id,
        exception_type=kind,
        option="RELEASE_ONCE" if decided_by else None,
        decided_by=decided_by,
        role=None,
        amount=None,
        opened_at=OPENED,
        resolved_at=OPENED + timedelta(hours=1),
        questions=0,
    )


SUMMARY = ClosingSummary(
    tenant="acme",
    order_id="SO-1",
    customer_id="C-1",
    outcome=CaseOutcome.RELEASED,
    exceptions=(
        resolved("H1", ExceptionType.CREDIT_HOLD, "maria").model_copy(update={"rework": True}),
        resolved("H2", ExceptionType.TAX_DISCREPANCY, "system:policy"),
        resolved("H3", ExceptionType.TAX_DISCREPANCY, None),
    ),
    touchless=False,
    opened_at=OPENED,
    released_at=None,
    shipped_at=None,
    invoiced_at=None,
    closed_at=OPENED,
    order_value=None,
    added_cost=None,
    policy_version="1",
    invoice_delay=timedelta(hours=3),
)
RECEIPT = Receipt(
    task_id="T1",
    task_revision=1,
    task_state=TaskState.DONE,
    action=Action.APPROVE,
    actor="maria",
    digest="0",
    recorded_at=OPENED,
    message="recorded",
)


@activity.defn(name="triage.examine_order")
async def examine_order() -> Triage:
    return triage()


@pytest.fixture
def figures() -> MetricBuffer:
    return MetricBuffer(10_000)


@pytest.fixture
async def metered(figures: MetricBuffer) -> AsyncIterator[WorkflowEnvironment]:
    environment = await started(Runtime(telemetry=TelemetryConfig(metrics=figures)))
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    async with (
        environment,
        Worker(
            environment.client,
            task_queue="q",
            workflows=[MeteredCase],
            activities=[examine_order],
            interceptors=[CaseMetrics()],
            workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
            max_cached_workflows=0,
        ),
    ):
        yield environment


def counted(updates: list[BufferedMetricUpdate]) -> Counter[tuple[str, ...]]:
    """Our counters, each with its labels but for those of the SDK."""
    found: Counter[tuple[str, ...]] = Counter()
    ours = ("exception_type", "option", "decided_by", "outcome", "touchless", "action")
    for update in updates:
        if update.metric.name.startswith("holdfast_"):
            labels = [str(update.attributes[name]) for name in ours if name in update.attributes]
            found[update.metric.name, *labels] += 1
    return found


async def test_each_exception_case_and_answer_is_counted_once_also_when_replayed(
    metered: WorkflowEnvironment, figures: MetricBuffer
) -> None:
    handle = await metered.client.start_workflow(MeteredCase.run, CaseStart(ref=REF), id="case", task_queue="q")
    await handle.execute_update(MeteredCase.decide, RECEIPT)
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(MeteredCase.decide, None)
    await handle.signal(MeteredCase.close, SUMMARY)
    await handle.result()

    found = counted(list(figures.retrieve_updates()))

    assert found == {
        ("holdfast_exceptions_opened", "CREDIT_HOLD"): 1,
        ("holdfast_exceptions_opened", "TAX_DISCREPANCY"): 1,
        ("holdfast_answers", "RECORDED", "APPROVE"): 1,
        ("holdfast_answers", "LIMIT", "decide"): 1,
        ("holdfast_cases_closed", "RELEASED", "false"): 1,
        ("holdfast_exceptions_resolved", "CREDIT_HOLD", "RELEASE_ONCE", "person"): 1,
        ("holdfast_exceptions_resolved", "TAX_DISCREPANCY", "RELEASE_ONCE", "policy"): 1,
        ("holdfast_exceptions_resolved", "TAX_DISCREPANCY", "NONE", "nobody"): 1,
        ("holdfast_exceptions_reworked", "CREDIT_HOLD"): 1,
        ("holdfast_invoice_delay",): 1,
        ("holdfast_exception_resolution", "CREDIT_HOLD"): 1,
        ("holdfast_exception_resolution", "TAX_DISCREPANCY"): 2,
    }


async def test_what_an_earlier_run_had_opened_is_not_counted_again(
    metered: WorkflowEnvironment, figures: MetricBuffer
) -> None:
    known = ExceptionCase(subject=subject("H1", ExceptionType.CREDIT_HOLD), opened_at=OPENED)
    carried = Case(ref=REF, opened_at=OPENED, exceptions={"H1": known})
    start = CaseStart(ref=REF, carried=carried)
    handle = await metered.client.start_workflow(MeteredCase.run, start, id="case", task_queue="q")
    await handle.signal(MeteredCase.close, SUMMARY)
    await handle.result()

    found = counted(list(figures.retrieve_updates()))

    assert found["holdfast_exceptions_opened", "CREDIT_HOLD"] == 0
    assert found["holdfast_exceptions_opened", "TAX_DISCREPANCY"] == 1
