"""The customer's time is not ours: while a hold waits for the customer, the case's deadline stands still."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from domain.assessment import Assessment, Disposition, Plan, Wait
from domain.calls import AssessRequest
from domain.case import Case, CaseOutcome
from domain.events import EventType
from tests.orders import hold, order
from tests.workflow.conftest import OpenCase, event
from tests.workflow.world import RELEASE, World, assessment, option, write

Open = Callable[[World], Awaitable[OpenCase]]
HOUR = timedelta(hours=1)


class Customer:
    """What has been answered, by hold. Every hold of the case wants to know something, for ten hours at most."""

    def __init__(self, *asked: str) -> None:
        self.asked = asked
        self.answered: set[str] = set()

    def judge(self, request: AssessRequest) -> Assessment:
        name = f"consent {request.hold.hold_id}"
        if (
            request.hold.hold_id in self.answered
            or name in request.waited_for
            or request.hold.hold_id not in self.asked
        ):
            return assessment(request, option(RELEASE, write(request.hold.hold_id), automatic=True))
        wait = Wait(
            name=name,
            until=request.facts.items[0].read_at + 10 * HOUR,
            events=(EventType.CUSTOMER_ANSWERED,),
            reason="the customer was asked",
            on_customer=True,
        )
        ask = write("ask", "create_payment_link", "cancel_payment_link")
        asking = option("SPLIT", disposition=Disposition.REASSESS, plan=Plan(steps=(ask,), wait=wait), automatic=True)
        return assessment(request, asking)

    async def answers(self, case: OpenCase, hold_id: str) -> None:
        self.answered.add(hold_id)
        kind = EventType.CUSTOMER_ANSWERED
        await case.handle.signal(kind.signal, event(kind, event_id=f"answer about {hold_id}"))


def moved(case: Case) -> timedelta:
    """By how much the deadline lies after the one that the case began with."""
    assert case.terms is not None
    return case.terms.due_at - (case.opened_at + 4 * HOUR)


def waiting(*hold_ids: str) -> Callable[[Case], bool]:
    return lambda case: [h for h, one in sorted(case.exceptions.items()) if one.waiting is not None] == list(hold_ids)


def about(actual: timedelta, expected: timedelta) -> bool:
    return abs(actual - expected) < timedelta(minutes=2)


async def test_the_deadline_moves_by_the_time_that_the_customer_took(open_case: Open) -> None:
    customer = Customer("H1")
    case = await open_case(World(judge=customer.judge, follow_until="SHIPPED"))
    paused = await case.until(waiting("H1"))
    assert paused.is_paused
    assert moved(paused) == timedelta(0)
    assert datetime.fromisoformat(paused.published["DueAt"]) == paused.customer_until
    await case.let_pass(hours=2)
    await customer.answers(case, "H1")
    released = await case.until(lambda state: state.released_at is not None)
    assert not released.is_paused
    assert about(moved(released), 2 * HOUR)
    await case.tell(EventType.ORDER_SHIPPED, 4)
    summary = await case.closed()
    assert about(timedelta(seconds=summary.waited_for_customer), 2 * HOUR)


async def test_silence_moves_the_deadline_too(open_case: Open) -> None:
    customer = Customer("H1")
    case = await open_case(World(judge=customer.judge, follow_until="SHIPPED"))
    await case.until(waiting("H1"))
    await case.let_pass(hours=11)
    released = await case.until(lambda state: state.released_at is not None)
    assert about(moved(released), 10 * HOUR)
    await case.tell(EventType.ORDER_SHIPPED, 4)
    assert (await case.closed()).outcome is CaseOutcome.RELEASED


async def test_holds_that_wait_at_once_count_once(open_case: Open) -> None:
    customer = Customer("H1", "H2")
    case = await open_case(World(order=order(hold("H1"), hold("H2")), judge=customer.judge, follow_until="SHIPPED"))
    await case.until(waiting("H1", "H2"))
    await case.let_pass(hours=1)
    await customer.answers(case, "H1")
    between = await case.until(waiting("H2"))
    await case.let_pass(hours=2)
    await customer.answers(case, "H2")
    released = await case.until(lambda state: state.released_at is not None)
    assert between.customer_until is not None
    assert about(moved(released), 3 * HOUR)
    await case.tell(EventType.ORDER_SHIPPED, 4)
    summary = await case.closed()
    assert about(timedelta(seconds=summary.waited_for_customer), 3 * HOUR)


async def test_a_hold_that_goes_away_by_itself_ends_the_wait(open_case: Open) -> None:
    customer = Customer("H1", "H2")
    world = World(order=order(hold("H1"), hold("H2")), judge=customer.judge)
    case = await open_case(world)
    await case.until(waiting("H1", "H2"))
    await case.let_pass(hours=1)
    world.order = order(version=5)
    await case.tell(EventType.HOLD_CLEARED, 5)
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.NO_LONGER_HELD
    assert about(timedelta(seconds=summary.waited_for_customer), HOUR)
    assert world.done == []


async def test_a_case_that_waits_for_nobody_asks_for_no_new_deadline(open_case: Open) -> None:
    case = await open_case(World())
    summary = await case.closed()
    assert summary.waited_for_customer == 0
    assert "deadlines.resume" not in case.world.calls
