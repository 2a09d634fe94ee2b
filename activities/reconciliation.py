"""The looks of a reconciliation: what the ERP holds, which cases are open, and what is done where they differ."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from pydantic import ValidationError
from temporalio import activity

from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext
from activities.ports import CaseBook, ErpPort
from domain.calls import CaseRef
from domain.exception_types import IntegrationErrorKind
from domain.identifiers import InvalidIdentifier
from domain.order import Order
from domain.reconciliation import (
    Confirmed,
    HeldOrder,
    PageRequest,
    SecondLook,
    Sighting,
    case_of,
    found_free,
    found_held,
    is_lost,
    is_stale,
)

_AT_A_TIME = 8
_ASKED_AT_ONCE = 50

log = logging.getLogger(__name__)


class ReconciliationActivities:
    """Every public method is the activity of its name. Doing one again finds what is left to do."""

    def __init__(self, erp: ErpPort, cases: CaseBook) -> None:
        self._erp = erp
        self._cases = cases

    @activity.defn(name="reconciliation.held_page")
    async def held_page(self, request: PageRequest) -> Sighting:
        """One page of the ERP's held orders; suspects are those that no case is seen to work on."""
        page = await self._erp.held_orders(_context(), request.cursor)
        cases = _cases_of([order for order in page.orders if not order.status.is_dead])
        attended = await self._cases.attended(cases) if cases else frozenset()
        suspects = tuple(case for case in cases if case.workflow_id not in attended)
        return Sighting(looked_at=len(page.orders), suspects=suspects, next_cursor=page.next_cursor)

    @activity.defn(name="reconciliation.case_page")
    async def case_page(self, request: PageRequest) -> Sighting:
        """One page of the open cases; suspects are those whose order the ERP does not show as held."""
        page = await self._cases.at_work(request.cursor)
        held: set[str] = set()
        for first in range(0, len(page.cases), _ASKED_AT_ONCE):
            some = [case.order_id for case in page.cases[first : first + _ASKED_AT_ONCE]]
            found = await self._erp.held_among(_context(), some)
            held |= {case.workflow_id for case in _cases_of([one for one in found.orders if not one.status.is_dead])}
        suspects = tuple(case for case in page.cases if case.workflow_id not in held)
        return Sighting(looked_at=len(page.cases), suspects=suspects, next_cursor=page.next_cursor)

    @activity.defn(name="reconciliation.open_lost")
    async def open_lost(self, request: SecondLook) -> Confirmed:
        """Look at each order and its case themselves, and open the case of those that nobody takes care of."""
        return await self._each(request.cases, self._open_if_lost)

    @activity.defn(name="reconciliation.tell_stale")
    async def tell_stale(self, request: SecondLook) -> Confirmed:
        """Look at each order and its case themselves, and tell those to look again whose order is not held."""
        return await self._each(request.cases, self._tell_if_stale)

    async def _open_if_lost(self, case: CaseRef) -> bool:
        order = await self._order(case)
        run = await self._cases.newest_run(case)
        if order is None or not is_lost(order, run, datetime.now(UTC)):
            return False
        await self._cases.start_or_join(case, found_held(order, run))
        state = f"its case {run.run_id} is {run.doing or run.state}" if run else "it never had a case"
        log.warning("order %s is held and nobody took care of it (%s): opened", case.order_id, state)
        return True

    async def _tell_if_stale(self, case: CaseRef) -> bool:
        order = await self._order(case)
        run = await self._cases.newest_run(case)
        if order is None or run is None or not is_stale(order, run):
            return False
        await self._cases.tell(case, found_free(order, run, datetime.now(UTC)))
        log.warning("order %s is %s and not held, and its case works on it: told", case.order_id, order.status)
        return True

    async def _order(self, case: CaseRef) -> Order | None:
        """The order as it is now; None if the ERP does not know it: then its case has asked a person, if it has one."""
        try:
            return await self._erp.order(_context(case.order_id), case.order_id)
        except SystemCallFailed as failure:
            if failure.kind is IntegrationErrorKind.NOT_FOUND:
                return None
            raise

    async def _each(self, cases: Sequence[CaseRef], settle: Callable[[CaseRef], Awaitable[bool]]) -> Confirmed:
        """The orders for which `settle` did something, also in an earlier attempt. One that cannot be read holds up no
        other.
        """
        at_a_time = asyncio.Semaphore(_AT_A_TIME)
        found = _found_before()

        async def look(case: CaseRef) -> None:
            async with at_a_time:
                try:
                    if await settle(case) and case.order_id not in found:
                        found.append(case.order_id)
                        self._count()
                except SystemCallFailed as failure:
                    if failure.kind.passes:
                        raise
                    log.warning("order %s cannot be compared with its case: %s", case.order_id, failure.message)
                except ValidationError as error:
                    log.warning("order %s cannot be told to a case: %s", case.order_id, error.errors()[0]["loc"])
                finally:
                    activity.heartbeat(found)

        await asyncio.gather(*(look(case) for case in cases))
        return Confirmed(order_ids=tuple(found))

    def _count(self) -> None:
        name = activity.info().activity_type.rpartition(".")[2]
        counter = activity.metric_meter().create_counter(
            "holdfast_reconciled",
            "Held orders without a case that were opened, and cases without a hold that were told",
        )
        counter.add(1, {"action": name})


def _found_before() -> list[str]:
    """What the attempt before this one had said when it failed."""
    details = activity.info().heartbeat_details
    return list(details[0]) if details else []


def _cases_of(orders: Sequence[HeldOrder]) -> list[CaseRef]:
    """Their cases. An id that no case can have was refused at the door, and is named here."""
    cases = []
    for order in orders:
        try:
            cases.append(case_of(order.tenant, order.order_id))
        except InvalidIdentifier as error:
            log.warning("a held order can have no case: %s", error)
    return cases


def _context(order_id: str = "*") -> CallContext:
    return CallContext.about(activity.info().workflow_id or "", order_id)
