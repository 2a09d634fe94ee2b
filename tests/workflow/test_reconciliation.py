"""Lists of any length, compared page by page: nothing is left out, and nothing is done twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext
from activities.ports import ErpPort
from activities.reconciliation import ReconciliationActivities
from activities.registry import activities_of
from domain.calls import CaseRef
from domain.case import CaseState
from domain.events import EventType, OrderEvent
from domain.exception_types import IntegrationErrorKind
from domain.order import Order, OrderStatus
from domain.reconciliation import CasePage, CaseRun, HeldOrder, HeldPage, ReconciliationReport, RunState, case_of
from sandbox.temporal_server import TemporalServer
from tests.orders import hold, order
from workflows import reconciliation
from workflows.reconciliation import Reconciliation

LONG = 40
"""Events after which a run is carried over."""
_PAGE = 100


def failure(kind: IntegrationErrorKind) -> SystemCallFailed:
    return SystemCallFailed(system="erp", operation="erp.order", order_id="?", kind=kind, what="fails")


@dataclass
class Books:
    """The ERP's orders and Temporal's cases: both ports in one."""

    held: set[str] = field(default_factory=set)
    free: set[str] = field(default_factory=set)
    at_work_on: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    fail_after: int | None = None
    """Of the orders looked at one by one, the first that cannot be read for a moment."""
    told: list[tuple[str, EventType]] = field(default_factory=list)

    async def order(self, _: CallContext, order_id: str) -> Order:
        if self.fail_after is not None:
            self.fail_after -= 1
            if self.fail_after == 0:
                raise failure(IntegrationErrorKind.TRANSIENT)
        if order_id in self.unreadable:
            raise failure(IntegrationErrorKind.POISON)
        if order_id not in self.held | self.free:
            raise failure(IntegrationErrorKind.NOT_FOUND)
        known = order(hold()) if order_id in self.held else order(status=OrderStatus.RELEASED)
        return known.model_copy(update={"order_id": order_id})

    async def held_orders(self, _: CallContext, cursor: str | None) -> HeldPage:
        found, following = _page(self.held, cursor)
        return HeldPage(orders=tuple(map(_held, found)), next_cursor=following)

    async def held_among(self, _: CallContext, order_ids: Sequence[str]) -> HeldPage:
        return HeldPage(orders=tuple(_held(one) for one in order_ids if one in self.held))

    async def attended(self, cases: Sequence[CaseRef]) -> frozenset[str]:
        return frozenset(case.workflow_id for case in cases if case.order_id in self.at_work_on)

    async def at_work(self, cursor: str | None) -> CasePage:
        found, following = _page(self.at_work_on, cursor)
        return CasePage(cases=tuple(case_of("acme", one) for one in found), next_cursor=following)

    async def newest_run(self, case: CaseRef) -> CaseRun | None:
        if case.order_id not in self.at_work_on:
            return None
        return CaseRun(case=case, run_id="run", state=RunState.RUNNING, doing=CaseState.AWAITING_DECISION)

    async def start_or_join(self, case: CaseRef, event: OrderEvent) -> bool:
        self.told.append((case.order_id, event.type))
        self.at_work_on.add(case.order_id)
        return True

    async def tell(self, case: CaseRef, event: OrderEvent) -> None:
        self.told.append((case.order_id, event.type))


def _held(order_id: str) -> HeldOrder:
    return HeldOrder(tenant="acme", order_id=order_id, version=1, status=OrderStatus.ON_HOLD, holds=(hold(),))


def _page(ids: set[str], cursor: str | None) -> tuple[list[str], str | None]:
    """What comes after the cursor, by name: what is added meanwhile does not shift it."""
    rest = sorted(one for one in ids if cursor is None or one > cursor)
    return rest[:_PAGE], rest[_PAGE - 1] if len(rest) > _PAGE else None


def numbered(first: int, count: int) -> set[str]:
    return {f"SO-{number:05d}" for number in range(first, first + count)}


@pytest.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """A real server that wants histories short, and second looks that come soon."""
    monkeypatch.setattr(reconciliation, "SETTLE", timedelta(seconds=0.2))
    with TemporalServer(tmp_path, settings={"limit.historyCount.suggestContinueAsNew": LONG}) as server:
        yield await Client.connect(server.address, data_converter=pydantic_data_converter)


async def compare(client: Client, books: Books, run: str) -> ReconciliationReport:
    activities = activities_of(ReconciliationActivities(cast("ErpPort", books), books))
    runner = UnsandboxedWorkflowRunner()
    async with Worker(
        client, task_queue="compare", workflows=[Reconciliation], activities=activities, workflow_runner=runner
    ):
        return await client.execute_workflow(Reconciliation.run, id=run, task_queue="compare")


async def test_any_number_of_orders_is_compared_and_what_was_lost_is_opened_once(client: Client) -> None:
    """The ERP fails in the middle of a second look; one order cannot be read at all."""
    lost, attended, stale = numbered(0, 760), numbered(1000, 300), numbered(5000, 130)
    books = Books(
        held=lost | attended, free=set(stale), at_work_on=attended | stale, unreadable={"SO-00007"}, fail_after=425
    )
    report = await compare(client, books, "first")
    opened = [order_id for order_id, kind in books.told if kind is EventType.HOLD_PLACED]
    told = {order_id for order_id, kind in books.told if kind is EventType.HOLD_CLEARED}
    assert sorted(opened) == sorted(lost - {"SO-00007"})
    assert told == stale
    assert report.held == 1060
    assert report.opened == 759, "with what an attempt had done before it failed"
    assert report.closed == 130
    assert len(report.named_opened) == 20
    runs = [run.run_id async for run in client.list_workflows("WorkflowId = 'first'")]
    assert len(runs) > 1, "it was carried over"
    books.told.clear()
    again = await compare(client, books, "second")
    assert again.opened == 0
    assert not [order_id for order_id, kind in books.told if kind is EventType.HOLD_PLACED]


async def test_an_order_that_the_erp_does_not_know_is_left_to_whoever_its_case_has_asked(client: Client) -> None:
    books = Books(at_work_on={"SO-1"})
    report = await compare(client, books, "unknown")
    assert (report.cases, report.closed, books.told) == (1, 0, [])
