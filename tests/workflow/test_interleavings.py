"""Things that happen in the middle of others: nothing is lost, done twice or done on what no longer holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.assessment import Ask, Assessment, Disposition, Option, Plan
from domain.calls import AssessRequest, StepCall, StepResult
from domain.case import CaseOutcome
from domain.events import EventType
from domain.order import OrderStatus
from domain.recheck import compare
from domain.tasks import Action, ExpiryDefault, TaskState
from tests.orders import hold, order
from tests.workflow.conftest import OpenCase
from tests.workflow.test_questions import ask_a_person, refused
from tests.workflow.world import RELEASE, World, assessment, option, usd, write

Open = Callable[[World], Awaitable[OpenCase]]

GONE = ApplicationError("no such order", type="NOT_FOUND", non_retryable=True)
CONFLICT = ApplicationError("not like this", type="CONFLICT", non_retryable=True)


class AmendingWorld(World):
    """A world in which every step changes the order in the ERP."""

    @activity.defn(name="credit.release")
    async def credit_release(self, call: StepCall) -> StepResult:
        result = await self._write("credit.release", call)
        self.order = order(*self.order.holds, version=self.order.version + 1)
        return result.model_copy(update={"order_version": self.order.version})


def two_holds() -> World:
    """Policy resolves both, and resolving the first changes the order under the second."""
    return AmendingWorld(order=order(hold("H1"), hold("H2")))


async def test_an_order_held_again_after_its_case_closed_is_released_anew(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    await case.act(await case.task(), Action.APPROVE, "carla")
    await case.closed()
    case.world.order = order(hold("H2"), version=9)
    await case.open()
    await case.act(await case.task(), Action.APPROVE, "carla")
    await case.closed()
    assert case.world.done.count("erp.release_order:release_order") == 2


async def test_a_hold_placed_while_the_last_messages_go_out_is_taken_up(open_case: Open) -> None:
    world = World(judge=ask_a_person)
    world.failures["notification.notify_role"] = [ApplicationError("mail is down", type="TRANSIENT")] * 10_000
    case = await open_case(world)
    await case.act(await case.task(), Action.APPROVE, "carla")
    await case.until(lambda state: state.customer_told)
    world.order = order(hold("H2"), version=9)
    await case.tell(EventType.HOLD_PLACED, 9)
    state = await case.until(lambda state: any(task.hold_id == "H2" for task in state.open_tasks))
    await case.act(state.open_tasks[0], Action.APPROVE, "carla")
    await case.until(lambda state: state.releases == 2)


async def test_a_case_given_up_half_way_releases_nothing(open_case: Open) -> None:
    world = two_holds()

    async def lose_the_order() -> None:
        world.failures["triage.examine_order"] = [GONE]

    world.during_step = lose_the_order
    case = await open_case(world)
    await case.act(await case.task("integration_oncall"), Action.APPROVE, "irene", option="GIVE_UP")
    assert (await case.closed()).outcome is CaseOutcome.GIVEN_UP
    assert world.done == []


async def test_a_case_given_up_leaves_no_question_open(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    task = await case.task()
    case.world.failures["triage.examine_order"] = [GONE]
    await case.tell(EventType.ORDER_CHANGED, 3)
    await case.act(await case.task("integration_oncall"), Action.APPROVE, "irene", option="GIVE_UP")
    summary = await case.closed()
    assert (await case.state()).tasks[task.task_id].state is TaskState.WITHDRAWN
    assert [(ended.hold_id, ended.decided_by) for ended in summary.exceptions] == [("H1", None)]


async def test_a_stranger_changing_the_order_between_two_plans_makes_both_be_looked_at_again(open_case: Open) -> None:
    world = two_holds()

    async def change_it() -> None:
        world.order = order(hold("H1"), hold("H2"), version=world.order.version + 5)

    async def soon() -> None:
        world.during["triage.examine_order"] = change_it

    world.during_step = soon
    case = await open_case(world)
    assert (await case.closed()).outcome is CaseOutcome.RELEASED
    assert world.undone == ["credit.release:a"]


async def test_two_plans_that_are_refused_together_end_with_a_person_who_may_give_one_up(open_case: Open) -> None:
    world = two_holds()
    world.failures["erp.release_order"] = [CONFLICT] * 3
    case = await open_case(world)
    task = await case.task("integration_oncall")
    assert world.done == []
    assert task.choices == ("RETRY", "GIVE_UP:H1", "GIVE_UP:H2")
    await case.act(task, Action.APPROVE, "irene", option="GIVE_UP:H2")
    again = await case.until(lambda state: any(asked.hold_id == "H2" for asked in state.open_tasks))
    assert again.exceptions["H1"].decision is not None
    await case.act(again.open_tasks[0], Action.APPROVE, "carla")
    summary = await case.closed()
    assert [(ended.hold_id, ended.decided_by) for ended in summary.exceptions] == [
        ("H1", "system:policy"),
        ("H2", "carla"),
    ]


async def test_a_decision_that_an_earlier_plan_spoils_is_taken_anew_on_the_order_as_it_is_then(open_case: Open) -> None:
    world = two_holds()
    world.stands = lambda now, approved: ("amount grew",) if now.hold_id == "H2" else ()  # noqa: ARG005
    case = await open_case(world)
    assert (await case.closed()).outcome is CaseOutcome.RELEASED
    assert world.undone == []
    assert world.calls.count("credit.release") == 2


async def test_a_plan_that_settles_nothing_yet_and_is_always_refused_ends_with_a_person(open_case: Open) -> None:
    link = write("link", "create_payment_link", "cancel_payment_link")

    def judge(request: AssessRequest) -> Assessment:
        if not world.failures["credit.create_payment_link"]:
            return assessment(request, option(RELEASE, automatic=True))
        plan = Plan(steps=(link,))
        return assessment(request, option("LINK", automatic=True, disposition=Disposition.REASSESS, plan=plan))

    world = World(judge=judge)
    world.failures["credit.create_payment_link"] = [CONFLICT] * 10_000
    case = await open_case(world)
    task = await case.task("integration_oncall")
    assert world.calls.count("credit.create_payment_link") == 3
    world.failures["credit.create_payment_link"].clear()
    await case.act(task, Action.APPROVE, "irene", option="RETRY")
    assert (await case.closed()).outcome is CaseOutcome.RELEASED


async def test_an_order_cancelled_with_its_holds_still_on_is_withdrawn(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    await case.task()
    case.world.order = order(hold(), version=3, status=OrderStatus.CANCELLED)
    await case.tell(EventType.ORDER_CANCELLED, 3)
    assert (await case.closed()).outcome is CaseOutcome.WITHDRAWN


async def test_a_recheck_that_fails_goes_to_a_person_and_is_made_again(open_case: Open) -> None:
    broken = [True]

    def stands(now: Assessment, approved: Option) -> tuple[str, ...]:  # noqa: ARG001
        if broken:
            broken.clear()
            raise ApplicationError("what was entered by hand does not fit", type="POISON", non_retryable=True)
        return ()

    case = await open_case(World(judge=ask_a_person, recheck_after=timedelta(0), stands=stands))
    await case.act(await case.task(), Action.APPROVE, "carla")
    await case.act(await case.task("integration_oncall"), Action.APPROVE, "irene", option="RETRY")
    assert (await case.closed()).exceptions[0].decided_by == "carla"


async def test_growth_within_tolerance_is_measured_from_what_was_approved_not_from_the_last_look(
    open_case: Open,
) -> None:
    amounts = [1000, 1040, 1080]

    def judge(request: AssessRequest) -> Assessment:
        offered = option(RELEASE, write("a"), amount=amounts.pop(0) if len(amounts) > 1 else amounts[0])
        return assessment(request, offered.model_copy(update={"tolerance_percent": 5}), person=True)

    def stands(now: Assessment, approved: Option) -> tuple[str, ...]:
        return tuple(str(change) for change in compare(approved, approved.amount, now) if change.worse)

    world = World(judge=judge, stands=stands, recheck_after=timedelta(0))
    world.failures["erp.release_order"] = [CONFLICT]
    case = await open_case(world)
    first = await case.task()
    await case.act(first, Action.APPROVE, "carla")
    again = await case.until(lambda state: any(task.task_id != first.task_id for task in state.open_tasks))
    assert again.open_tasks[0].amount == usd(1080)


async def test_a_question_that_now_belongs_to_another_role_is_put_to_that_role(open_case: Open) -> None:
    def judge(request: AssessRequest) -> Assessment:
        if request.order.version == 2:
            return ask_a_person(request)
        offered = option(RELEASE, write("a"), amount=1001).model_copy(update={"role": "controller"})
        asked = Ask(role="controller", amount=offered.amount, question="Release?")
        return assessment(request, offered).model_copy(update={"ask": asked})

    case = await open_case(World(judge=judge))
    await case.task()
    case.world.order = order(hold(), version=3)
    await case.tell(EventType.ORDER_CHANGED, 3)
    await case.until(lambda state: state.exceptions["H1"].assessed_version == 3)
    [task] = (await case.state()).open_tasks
    assert await refused(case.act(task, Action.APPROVE, "carla")) == "FORBIDDEN"
    await case.act(task, Action.APPROVE, "conrad")
    assert (await case.closed()).exceptions[0].decided_by == "conrad"


async def test_silence_takes_no_option_above_the_tables_amount_whatever_is_recommended(open_case: Open) -> None:
    def judge(request: AssessRequest) -> Assessment:
        more = option("MORE", write("a"), amount=5000)
        return assessment(request, option(RELEASE, write("a"), amount=900), more, person=True)

    silence = ExpiryDefault(option="MORE", max_amount=usd(1000), ask_role="controller")
    case = await open_case(World(judge=judge, at_expiry=silence))
    await case.task()
    await case.let_pass(minutes=241)
    await case.task("controller")
    assert case.world.effects == {}
