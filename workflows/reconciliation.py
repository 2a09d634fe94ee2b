"""What the ERP holds against which cases are open, every few minutes: nobody is lost, and nobody works for nothing.

A schedule starts it. Whatever differs at first sight is looked at again a little later, order by order, because lists
lag behind and events are on their way; what is confirmed is told to the case, which acts by its own rules.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import RetryPolicy

from domain.calls import CaseRef
from domain.reconciliation import (
    Confirmed,
    PageRequest,
    ReconciliationReport,
    ReconciliationState,
    SecondLook,
    Sighting,
)

SETTLE = timedelta(seconds=10)
"""Between the two looks: more than a list lags behind and an event is on its way."""
_MOST_SUSPECTS = 500
_BATCH = 50
_ONE_PAGE = timedelta(seconds=30)
_ONE_BATCH = timedelta(minutes=5)
_SILENT_FOR = timedelta(seconds=30)
_PATIENT = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))


@workflow.defn(name="Reconciliation", failure_exception_types=[ValidationError])
class Reconciliation:
    """One comparison, page by page; both lists may be of any length."""

    @workflow.init
    def __init__(self, carried: ReconciliationState | None = None) -> None:
        self._state = carried or ReconciliationState(started_at=workflow.now())

    @workflow.run
    async def run(self, carried: ReconciliationState | None = None) -> ReconciliationReport:  # noqa: ARG002 - in __init__
        """The ERP's list, then ours; in between, whenever enough has been found, the second looks."""
        state = self._state
        while not (state.holds_done and state.cases_done):
            await self._look()
            if state.suspects:
                await workflow.sleep(SETTLE, summary="what is under way may arrive")
                await self._look_again()
            self._carry_over_if_long()
        return self._report()

    async def _look(self) -> None:
        """Page by page, until all pages were seen or there are enough suspects to be looked at again."""
        state = self._state
        while not state.holds_done and state.suspects < _MOST_SUSPECTS:
            page = await self._page("reconciliation.held_page", "Orders that the ERP holds")
            state.held += page.looked_at
            state.lost += page.suspects
            state.holds_done = page.next_cursor is None
            self._carry_over_if_long()
        while state.holds_done and not state.cases_done and state.suspects < _MOST_SUSPECTS:
            page = await self._page("reconciliation.case_page", "Open cases")
            state.cases += page.looked_at
            state.stale += page.suspects
            state.cases_done = page.next_cursor is None
            self._carry_over_if_long()

    async def _page(self, activity: str, summary: str) -> Sighting:
        page: Sighting = await workflow.execute_activity(
            activity,
            PageRequest(cursor=self._state.cursor),
            result_type=Sighting,
            start_to_close_timeout=_ONE_PAGE,
            retry_policy=_PATIENT,
            summary=summary,
        )
        self._state.cursor = page.next_cursor
        return page

    async def _look_again(self) -> None:
        state = self._state
        while state.lost:
            some, state.lost = state.lost[:_BATCH], state.lost[_BATCH:]
            state.add_opened(await self._settled("reconciliation.open_lost", some, "Held, and no case at work"))
        while state.stale:
            some, state.stale = state.stale[:_BATCH], state.stale[_BATCH:]
            state.add_closed(await self._settled("reconciliation.tell_stale", some, "At work, and not held"))

    async def _settled(self, activity: str, cases: list[CaseRef], summary: str) -> tuple[str, ...]:
        confirmed: Confirmed = await workflow.execute_activity(
            activity,
            SecondLook(cases=tuple(cases)),
            result_type=Confirmed,
            start_to_close_timeout=_ONE_BATCH,
            heartbeat_timeout=_SILENT_FOR,
            retry_policy=_PATIENT,
            summary=f"{summary}: {len(cases)} to look at again",
        )
        return confirmed.order_ids

    def _carry_over_if_long(self) -> None:
        if workflow.info().is_continue_as_new_suggested():
            workflow.continue_as_new(self._state)

    def _report(self) -> ReconciliationReport:
        state = self._state
        report = ReconciliationReport(
            started_at=state.started_at,
            ended_at=workflow.now(),
            held=state.held,
            cases=state.cases,
            opened=state.opened,
            closed=state.closed,
            named_opened=tuple(state.named_opened),
            named_closed=tuple(state.named_closed),
        )
        workflow.set_current_details(_details(report))
        workflow.upsert_memo({"report": report})
        workflow.logger.info(
            "reconciled %d held orders and %d cases at work: %d opened, %d told to look again",
            *(report.held, report.cases, report.opened, report.closed),
        )
        return report


def _details(report: ReconciliationReport) -> str:
    lines = [f"{report.held} orders are held in the ERP, {report.cases} cases are at work"]
    for title, count, named in (
        ("Held without a case, opened", report.opened, report.named_opened),
        ("Cases without a hold, told to look again", report.closed, report.named_closed),
    ):
        more = f" and {count - len(named)} more" if count > len(named) else ""
        lines.append(f"**{title}: {count}**" + (f" ({', '.join(f'`{one}`' for one in named)}{more})" if named else ""))
    return "\n\n".join(lines)
