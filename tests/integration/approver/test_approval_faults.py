"""Rows of the fault table about approvals, each on a real server: what must hold, and the exact refusal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.service import RPCError
from typer.testing import CliRunner

from approver import app
from domain.case import CaseOutcome
from domain.events import EventType
from domain.order import OrderStatus
from domain.policy.policy_set import PolicySet
from domain.tasks import Action, Receipt, TaskRequest, TaskState
from runtime.approvals.refusals import ExitCode
from tests.approvals.policies import approval_files
from tests.integration.approver.policy_stage import Case, PolicyStage, write_policies
from tests.integration.approver.stage import PATIENCE, Stage
from tests.integration.processes import eventually
from tests.orders import order
from tests.unit.policy.tables import company_files
from tests.workflow.conftest import event

EXPIRES_SOON = company_files()["tasks.csv"].replace(
    "credit-manager,RESOLUTION,CREDIT_HOLD,*,*,credit_manager,*,*,,,50|75|90,80:controller,,,controller,REJECT,",
    "credit-manager,RESOLUTION,CREDIT_HOLD,*,*,credit_manager,*,*,1s,4s,,,REJECT,1000000,controller,REJECT,",
)


@pytest.fixture
def policy_stage(stage: Stage, environment: Mapping[str, str], tmp_path: Path) -> PolicyStage:
    directory = write_policies(tmp_path / "policies")
    return PolicyStage(stage, {**environment, "HOLDFAST_POLICIES": str(directory)}, directory)


def raced(case: Case, requests: list[TaskRequest]) -> tuple[list[Receipt], list[str]]:
    """The receipts and the refusals of requests that are sent at once, by people who see the same."""
    seen = case.state()

    async def race() -> list[Receipt | str]:
        return await asyncio.gather(*(case.update(request, seen) for request in requests))

    answers = case.stage.run(race())
    return (
        [answer for answer in answers if isinstance(answer, Receipt)],
        [answer for answer in answers if isinstance(answer, str)],
    )


def test_row_10_a_decision_after_a_deadline_that_nobody_worked_at_is_expired(policy_stage: PolicyStage) -> None:
    case = policy_stage.open(files={"tasks_csv": EXPIRES_SOON})
    approval = case.request(Action.APPROVE, "bob.tanaka")
    task = case.state().tasks["T1"]
    case.stop_worker()
    assert eventually(lambda: datetime.now(UTC) >= task.deadlines.expires_at)

    async def decide_and_restart() -> Receipt | str:
        deciding = asyncio.create_task(case.update(approval))
        await asyncio.sleep(0.2)  # the worker comes back to both at once
        await asyncio.to_thread(case.stage.worker, case.world, case.order_id)
        return await deciding

    answer = asyncio.run_coroutine_threadsafe(decide_and_restart(), case.stage._loop).result(60)
    assert isinstance(answer, str)
    assert answer.partition(":")[0] == "EXPIRED"
    closed = case.state(lambda seen: seen.outcome)
    decision = closed.tasks["T1"].decision
    assert decision is not None
    assert (decision.decided_by, decision.outcome, decision.option) == ("system:sla", "EXPIRED", "REJECT")
    assert closed.outcome is CaseOutcome.ORDER_CANCELLED


def test_row_16_an_accepted_decision_replayed_has_the_same_answer_also_after_the_end(
    policy_stage: PolicyStage,
) -> None:
    case = policy_stage.open(amount=700_000, asked="cfo")
    case.state(lambda seen: seen.open_tasks)
    said = [case.approver("approve", "CASE", "--json", as_=who).document for who in ("bob.tanaka", "carol.singh")]
    first = said[0]["receipts"][0]
    replayed = case.stage.run(
        case.update(TaskRequest(task_id="T1", task_revision=1, action=Action.APPROVE, actor="bob.tanaka"))
    )
    assert isinstance(replayed, Receipt)
    assert replayed.model_dump(mode="json") == first
    said.append(case.approver("approve", "CASE", "--json", as_="dan.weber").document)
    case.state(lambda seen: seen.closed_at)
    for number, who in enumerate(("bob.tanaka", "carol.singh", "dan.weber"), start=1):
        again = case.approver("approve", "CASE", "--revision", str(number), "--json", as_=who)
        assert (again.code, again.document) == (0, said[number - 1])
    assert case.world.calls.count("credit.release") == 1


def test_row_18_whoever_must_not_decide_does_not(policy_stage: PolicyStage) -> None:
    own = policy_stage.open(requester="adam.stone")
    own.state(lambda seen: seen.open_tasks)
    assert own.refused("approve", "CASE", as_="adam.stone") == "SEGREGATION"  # requester, and administrator
    assert own.refused("reassign", "CASE", "--to", "bob.tanaka", as_="adam.stone") == "SEGREGATION"
    assert own.refused("extend", "CASE", as_="adam.stone") == "SEGREGATION"
    own.approver("claim", "CASE", as_="bob.tanaka")
    assert own.refused("delegate", "CASE", "--to", "adam.stone", as_="bob.tanaka") == "SEGREGATION"
    own.approver("delegate", "CASE", "--to", "maya.patel", as_="bob.tanaka")
    own.approver("delegate", "CASE", "--to", "carol.singh", as_="maya.patel")
    assert own.refused("delegate", "CASE", "--to", "bob.tanaka", as_="carol.singh") == "SEGREGATION"  # a ring
    beyond = policy_stage.open()
    beyond.state(lambda seen: seen.open_tasks)
    assert beyond.refused("approve", "CASE", "--for", "bob.tanaka", as_="alice.moreno") == "LIMIT"
    twice = policy_stage.open(amount=700_000, asked="cfo")
    twice.state(lambda seen: seen.open_tasks)
    twice.approver("approve", "CASE", as_="carol.singh")
    assert twice.refused("approve", "CASE", as_="carol.singh") == "SEGREGATION"
    assert twice.refused("approve", "CASE", "--for", "carol.singh", as_="dan.weber") == "SEGREGATION"
    for case in (own, beyond, twice):
        assert case.world.effects == {}
        assert case.state().tasks["T1"].decision is None


def test_row_19_of_forty_approvers_one_wins_and_the_others_are_told_who(policy_stage: PolicyStage) -> None:
    forty = [f"approver.{number}" for number in range(40)]
    people = approval_files()["people.csv"] + "".join(
        f"{who},credit_manager,{who}@meridian.example,EMAIL\n" for who in forty
    )
    case = policy_stage.open(files={"people_csv": people})
    requests = [
        case.request(Action.REJECT, who, reason_code="NO") if number % 4 == 3 else case.request(Action.APPROVE, who)
        for number, who in enumerate(forty)
    ]
    won, lost = raced(case, requests)
    assert len(won) == 1
    assert len(lost) == 39
    assert all(answer.startswith("CONFLICT") and won[0].actor in answer for answer in lost), lost[:3]
    case.state(lambda seen: seen.closed_at)
    released = ["credit.release:a", "erp.release_order:release_order"]
    assert case.world.done == (released if won[0].action is Action.APPROVE else ["erp.cancel_order:cancel_order"])


def test_row_19_a_decision_and_the_cancellation_in_the_erp_have_one_end(policy_stage: PolicyStage) -> None:
    case = policy_stage.open()
    approval = case.request(Action.APPROVE, "bob.tanaka")
    cancelled = event(EventType.ORDER_CANCELLED, 3)
    data = cancelled.data.model_copy(update={"order_id": case.order_id})
    handle = case.stage.client.get_workflow_handle(case.workflow)

    async def cancel_in_the_erp() -> None:
        case.world.order = order(version=3, status=OrderStatus.CANCELLED).model_copy(update={"order_id": case.order_id})
        await handle.signal("order_cancelled", cancelled.model_copy(update={"data": data}))

    async def race() -> tuple[Receipt | str, None]:
        return await asyncio.gather(case.update(approval), cancel_in_the_erp())

    answer, _ = case.stage.run(race())
    closed = case.state(lambda seen: seen.closed_at)
    task = closed.tasks["T1"]
    assert closed.outcome is CaseOutcome.WITHDRAWN
    assert task.state in (TaskState.WITHDRAWN, TaskState.DONE)
    assert isinstance(answer, Receipt) == (task.state is TaskState.DONE), answer
    assert all("erp" not in effect for effect in case.world.done)
    late = asyncio.run_coroutine_threadsafe(
        case.update(approval.model_copy(update={"actor": "maya.patel"})), case.stage._loop
    ).result(PATIENCE)
    assert isinstance(late, str)
    winner = "bob.tanaka" if task.state is TaskState.DONE else "gone from the ERP"
    assert late.startswith("CONFLICT")
    assert winner in late


@pytest.mark.parametrize("lead", [1.0, 0.05, -0.2], ids=["the decision first", "all at once", "the deadline first"])
def test_row_19_a_decision_the_deadline_and_the_cancellation_have_one_winner(
    policy_stage: PolicyStage, lead: float
) -> None:
    """The decision is sent `lead` seconds before the deadline, the cancellation at the deadline."""
    case = policy_stage.open(files={"tasks_csv": EXPIRES_SOON})
    approval = case.request(Action.APPROVE, "bob.tanaka")
    deadline = case.state().tasks["T1"].deadlines.expires_at
    cancelled = event(EventType.ORDER_CANCELLED, 3)
    data = cancelled.data.model_copy(update={"order_id": case.order_id})
    handle = case.stage.client.get_workflow_handle(case.workflow)

    async def until(moment: datetime) -> None:
        await asyncio.sleep((moment - datetime.now(UTC)).total_seconds())

    async def decide() -> Receipt | str:
        await until(deadline - timedelta(seconds=lead))
        return await case.update(approval)

    async def cancel() -> None:
        await until(deadline)
        case.world.order = order(version=3, status=OrderStatus.CANCELLED).model_copy(update={"order_id": case.order_id})
        with suppress(RPCError):  # the case may have come to its end before
            await handle.signal("order_cancelled", cancelled.model_copy(update={"data": data}))

    async def race() -> tuple[Receipt | str, None]:
        return await asyncio.gather(decide(), cancel())

    answer, _ = asyncio.run_coroutine_threadsafe(race(), case.stage._loop).result(PATIENCE)
    closed = case.state(lambda seen: seen.closed_at)
    task = closed.tasks["T1"]
    if isinstance(answer, Receipt):
        assert task.decision is not None
        assert (task.decision.decided_by, answer.digest) == ("bob.tanaka", approval.digest)
    elif task.decision is not None:
        assert (task.state, task.decision.decided_by) == (TaskState.EXPIRED, "system:sla")
        assert answer.startswith("EXPIRED")
        assert "system:sla did REJECT" in answer
    else:
        assert task.state is TaskState.WITHDRAWN  # too late by the clock, or after the cancellation was acted on
        late = f"EXPIRED: task T1 expired at {deadline:%Y-%m-%d %H:%M:%S}Z"
        assert answer == late or (answer.startswith("CONFLICT") and "gone from the ERP" in answer)
    assert len([effect for effect in case.world.done if effect.startswith("erp.")]) <= 1


def test_row_20_a_role_that_was_revoked_after_the_look_counts_no_more(policy_stage: PolicyStage) -> None:
    case = policy_stage.open()
    case.state(lambda seen: seen.open_tasks)
    assert case.approver("show", "CASE", as_="bob.tanaka").code == 0
    people = approval_files()["people.csv"].replace("bob.tanaka,credit_manager", "bob.tanaka,buyer")
    case.world.policy = PolicySet.parse(approval_files(people_csv=people))
    assert case.refused("approve", "CASE", "--revision", "1", as_="bob.tanaka") == "FORBIDDEN"
    assert case.refused("claim", "CASE", as_="bob.tanaka") == "FORBIDDEN"
    assert case.state().tasks["T1"].decision is None


STRANGE = [
    "O'Reilly",
    'say "hi"',
    "back\\slash",
    "nul\0",
    "new\nline",
    "\u202egnitic",
    "\U0001f600",
    "\x1b[2J\x1b]0;owned\x07",
    "x" * 1001,
    "' OR OrderId != '",
]


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
def test_row_23_strange_ids_find_nothing_and_are_not_obeyed(policy_stage: PolicyStage, strange: str) -> None:
    case = policy_stage.open()
    case.state(lambda seen: seen.open_tasks)
    runs = [
        ("show", strange),
        ("claim", strange),
        ("inbox", "--role", strange),
        ("delegate", case.order_id, "--to", strange),
        ("forward", case.order_id, "--role", strange),
        ("ask", case.order_id, strange, "--task", strange),
        ("claim", case.order_id, "--as", strange),
    ]
    began = time.monotonic()
    for arguments in runs:
        said = CliRunner().invoke(app, list(arguments), env={**case.environment, "HOLDFAST_USER": "bob.tanaka"})
        shown = said.stdout + said.stderr
        assert said.exit_code in (
            ExitCode.INVALID,
            ExitCode.NOT_FOUND,
            ExitCode.CONFLICT,
            ExitCode.USAGE,
            ExitCode.UNAUTHENTICATED,
        ), (arguments, shown)
        assert "\x1b" not in shown.replace("\x1b[0m", "")
        assert "\u202e" not in shown
        assert "Traceback" not in shown
        assert said.stdout == "", "no rows at all"
    assert time.monotonic() - began < 60
    assert case.state().tasks["T1"].owner is None
