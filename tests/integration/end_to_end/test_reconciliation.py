"""What operators do to cases with the Temporal CLI, what is lost on the way, and how it is found again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.case import CaseOutcome
from domain.reconciliation import ReconciliationReport
from runtime.approvals.refusals import ExitCode
from runtime.schedules import Recurring, ensure_schedules, recurring
from runtime.settings import ReconciliationSettings, Settings
from sandbox.temporal_server import _binary
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, Order, eventually
from workflows.reconciliation import SETTLE

pytestmark = pytest.mark.asyncio(loop_scope="session")

TASK_QUEUE = "holdfast"


async def temporal(company: Company, *arguments: str) -> str:
    """What the Temporal CLI says."""
    server = company.stack.temporal
    process = await asyncio.create_subprocess_exec(
        *(_binary(), *arguments, "--address", server.address, "--disable-config-file", "--disable-config-env"),
        env=server.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output
    return output.decode()


def by_schedule(every: timedelta) -> Recurring:
    """The schedule as a worker makes it, but as often as a test wants it."""
    (ours,) = [one for one in recurring(Settings()) if one.name == "reconciliation"]
    return replace(ours, every=every)


async def reports(company: Company) -> list[ReconciliationReport]:
    """What all comparisons found."""
    found = company.client.list_workflows("WorkflowType = 'Reconciliation' AND ExecutionStatus = 'Completed'")
    return [await run.memo_value("report", type_hint=ReconciliationReport) async for run in found]


async def report_about(company: Company, order: Order) -> ReconciliationReport:
    """The comparison that found something out about an order."""

    async def about() -> list[ReconciliationReport]:
        return [one for one in await reports(company) if order.order_id in (*one.named_opened, *one.named_closed)]

    return (await eventually(about, bool, f"a report about {order.order_id}"))[0]


async def compare(company: Company) -> None:
    """Do not wait for the next time."""
    await company.client.get_schedule_handle(by_schedule(timedelta(hours=1)).schedule_id(TASK_QUEUE)).trigger()


async def test_what_was_cut_off_or_missed_is_found_by_the_schedule_and_put_right_once(company: Company) -> None:
    """A case that was terminated is opened again, one that missed that its hold is gone closes by its own rules, and
    one that asks a person goes on undisturbed.
    """
    cut, missed, asked = [await company.enter(orders.over_limit(company.world, "1.30")) for _ in range(3)]
    for order in (cut, missed, asked):
        await order.asked("credit_manager")
    (first_run,) = await cut.runs()
    await temporal(company, "workflow", "terminate", "--workflow-id", cut.workflow_id, "--reason", "by mistake")
    await company.systems.go_silent()
    await company.systems.clear_hold(missed.order_id, missed.entered["holds"][0]["hold_id"])
    await company.systems.speak_again()
    often = timedelta(seconds=10)
    await ensure_schedules(company.client, TASK_QUEUE, [by_schedule(often)])
    try:
        report = await report_about(company, cut)
    finally:
        await ensure_schedules(company.client, TASK_QUEUE, [by_schedule(timedelta(hours=1))])

    assert cut.order_id in report.named_opened
    assert report.ended_at - report.started_at < timedelta(seconds=50)
    assert (await missed.closed()).outcome is CaseOutcome.NO_LONGER_HELD
    assert set(await missed.effects()) == {"crm"}, "besides messages to those who were asked"
    assert asked.order_id not in (*report.named_opened, *report.named_closed)
    assert len(await asked.runs()) == 1

    await cut.asked("credit_manager")
    assert len(set(await cut.runs()) | {first_run}) == 2
    for order in (cut, asked):
        said = await order.approver("approve", as_="bob.tanaka")
        assert said.exit_code == ExitCode.DONE, said
        await order.released()
        assert (await order.effects())["credit"] == ["releases.create"]


async def test_nothing_is_found_where_nothing_is_wrong_and_runs_do_not_overlap(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, "1.30"))
    await order.asked("credit_manager")
    before = len(await reports(company))
    await asyncio.gather(compare(company), compare(company))
    done = await eventually(lambda: reports(company), lambda found: len(found) > before)
    assert (done[0].opened, done[0].closed) == (0, 0)
    assert done[0].held >= 1
    assert done[0].cases >= 1
    assert len(await order.runs()) == 1
    assert [entry.action for entry in (await order.case()).audit if "reconciliation" in entry.actor] == []


@pytest.mark.parametrize("point", ["FirstWorkflowTask", "LastWorkflowTask"])
async def test_a_reset_has_no_second_effect(company: Company, point: str) -> None:
    """Whatever is done again carries the keys of the first time."""
    order = await company.enter(orders.mistaxed(company.world))
    await order.closed()
    effects = await order.effects()
    await temporal(
        *(company, "workflow", "reset", "--workflow-id", order.workflow_id, "--type", point, "--reason", "a test")
    )
    runs = await eventually(order.runs, lambda found: len(found) == 2)
    assert len(runs) == 2
    await order.closed()
    assert await order.effects() == effects
    assert (await order.erp())["status"] == "INVOICED"
    assert len(await order.mails_to_customer()) == 1


async def test_a_reset_to_before_its_writes_finds_them_done(company: Company) -> None:
    """The decision is made again, the write has the same key, and the release that was made is found."""
    order = await company.enter(orders.over_limit(company.world))
    await order.closed()
    effects = await order.effects()
    history = await order.history()
    before = next(
        event.activity_task_scheduled_event_attributes.workflow_task_completed_event_id
        for event in history.events
        if event.activity_task_scheduled_event_attributes.activity_type.name == "credit.release"
    )
    await temporal(
        *(company, "workflow", "reset", "--workflow-id", order.workflow_id),
        *("--event-id", str(before), "--reason", "a test"),
    )
    await eventually(order.runs, lambda found: len(found) == 2)
    summary = await order.closed()
    assert summary.outcome in (CaseOutcome.RELEASED, CaseOutcome.NO_LONGER_HELD)
    assert await order.effects() == effects
    assert len(await order.mails_to_customer()) == 1


async def test_a_raw_signal_changes_nothing(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, "1.30"))
    task = await order.asked("credit_manager")
    await temporal(
        *(company, "workflow", "signal", "--workflow-id", order.workflow_id),
        *("--name", "release_it_now", "--input", '{"please": true}'),
    )
    case = await order.until(lambda case: case.quarantined)
    assert [open_task.revision for open_task in case.open_tasks] == [task.revision]
    assert set(await order.effects()) == {"crm"}
    assert (await order.describe()).status is WorkflowExecutionStatus.RUNNING
    await company.systems.cancel_order(order.order_id)
    await order.closed()


async def test_a_lost_case_is_found_within_five_minutes() -> None:
    """The longest that it can take: just missed by one comparison, found by the next."""
    room_for_the_look = timedelta(seconds=45)
    assert ReconciliationSettings().every + SETTLE + room_for_the_look <= timedelta(minutes=5)
