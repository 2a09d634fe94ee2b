"""Nobody answers: reminders, escalation and expiry, and what silence may do and what it may not."""

from __future__ import annotations

from typing import Any

import pytest

from domain.case import Case
from domain.tasks import TaskState
from runtime.approvals.refusals import ExitCode
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

SILENT: dict[str, Any] = {"service_level": "SAME_DAY"}
"""Questions about these orders expire after four seconds."""


def expired(case: Case) -> bool:
    return "T1" in case.tasks and case.tasks["T1"].state is TaskState.EXPIRED


def first_asked(case: Case) -> str:
    """The role that was asked first; by now another one may be."""
    (asked, *_) = (entry for entry in case.audit if entry.action == "asked")
    return asked.detail.partition(":")[0]


async def test_people_are_reminded_then_others_are_and_then_the_table_decides(company: Company) -> None:
    order = await company.enter(orders.mistaxed(company.world, "400.00", **SILENT))
    (resolution,) = (await order.released())["resolutions"]
    assert (resolution["resolution"], resolution["decided_by"]) == ("USE_ENGINE", "system:sla")
    summary = await order.closed()
    assert summary.touchless
    case = await order.case()
    assert first_asked(case) == "T1 to tax_manager"
    silence = ("asked", "reminded", "escalated", "expired")
    story = [entry.action for entry in case.audit if entry.action in silence]
    assert story == ["asked", "reminded", "reminded", "escalated", "reminded", "expired"]
    first = await order.mails_to("jack.novak")
    then = await order.mails_to("carol.singh")
    assert sorted(subject.split()[0] for subject in first) == ["Order", "Reminder,", "Reminder,"]
    assert sorted(subject.split()[0] for subject in then) == ["Escalated", "Expired:", "Reminder,"]
    task = case.tasks["T1"]
    assert (task.deadlines.expires_at - task.opened_at).total_seconds() == 4


async def test_silence_about_credit_approves_nothing_and_asks_the_next(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, "1.30", **SILENT))
    case = await order.until(lambda case: expired(case) and case.tasks.get("T2"))
    assert first_asked(case) == "T1 to credit_manager"
    assert case.tasks["T1"].decision is None
    assert case.tasks["T2"].level == 1
    assert (await order.erp())["holds"]
    await company.systems.cancel_order(order.order_id)
    await order.closed()
    assert await company.systems.releases_of(order.order_id) == []


async def test_a_hard_hold_is_released_by_a_person_or_not_at_all(company: Company) -> None:
    entry = orders.over_limit(company.world, extra_holds=[orders.LEGAL], **SILENT)
    order = await company.enter(entry)
    case = await order.until(expired)
    assert first_asked(case) == "T1 to controller"
    assert case.tasks["T1"].decision is None
    assert {hold["code"] for hold in (await order.erp())["holds"]} == {"CREDIT", "LEGAL"}
    assert "credit" not in await order.effects()
    approve = ("approve", "--option", "RELEASE_AS_IS", "--reason", "CLEARED")
    # the question moves on every four seconds, and an answer to an expired one is refused
    await eventually(lambda: order.approver(*approve, as_="erin.okafor"), lambda said: said.exit_code == ExitCode.DONE)
    release = await order.released()
    by_hold = {hold["hold_id"]: hold["code"] for hold in release["holds"]}
    deciders = {by_hold[entry["hold_id"]]: entry["decided_by"] for entry in release["resolutions"]}
    assert deciders == {"CREDIT": "system:policy", "LEGAL": "erin.okafor"}
