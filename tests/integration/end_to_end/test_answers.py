"""People who are asked, and answer with the CLI as they would: one process a command."""

from __future__ import annotations

import pytest

from domain.case import CaseOutcome
from runtime.approvals.refusals import ExitCode
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAR_OVER = "1.30"


async def test_an_approval_with_the_cli_releases_the_order_in_the_approvers_name(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, FAR_OVER, service_level="PRIORITY"))
    task = await order.asked("credit_manager")
    inbox = await company.approver.run("inbox", "--as", "bob.tanaka", "--limit", "1000")
    (row,) = [row for row in inbox.document["rows"] if row["order_id"] == order.order_id]
    assert row["awaiting_roles"] == ["credit_manager"]
    assert row["exception_types"] == ["CREDIT_HOLD"]
    shown = await order.show()
    (hold,) = shown["holds"]
    assert {fact["name"] for fact in hold["facts"]} == {"account", "credit"}
    assert hold["recommended"] == "RELEASE_ONCE"
    assert {"RELEASE_ONCE", "REJECT"} <= {option["code"] for option in hold["options"]}
    assert shown["tasks"][0]["at_expiry"] == "controller is asked; silence approves nothing"
    said = await order.approver("approve", "--revision", str(task.revision), as_="bob.tanaka")
    assert said.exit_code == ExitCode.DONE, said
    (resolution,) = (await order.released())["resolutions"]
    assert (resolution["resolution"], resolution["decided_by"]) == ("RELEASE_ONCE", "bob.tanaka")
    assert resolution["role"] == "credit_manager"
    summary = await order.closed()
    assert not summary.touchless
    effects = {"credit": ["releases.create"], "erp": ["orders.release"], "crm": ["communications.create"] * 2}
    assert await order.effects() == effects
    assert len(await order.mails_to_customer()) == 1
    assert len(await order.mails_to("bob.tanaka")) == 1


async def test_a_rejection_ends_the_order_in_the_erp(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, FAR_OVER))
    await order.asked("credit_manager")
    said = await order.approver("reject", "--reason", "CUSTOMER_RISK", as_="bob.tanaka")
    assert said.exit_code == ExitCode.DONE, said
    summary = await order.closed()
    assert summary.outcome is CaseOutcome.ORDER_CANCELLED
    assert await order.effects() == {"erp": ["orders.cancel"], "crm": ["communications.create"] * 2}
    in_erp = await order.erp()
    assert (in_erp["status"], in_erp["cancel_reason"]) == ("CANCELLED", "CUSTOMER_RISK")
    (mail,) = await order.mails_to_customer()
    assert "cancelled" in mail["text"]


async def test_an_adjusted_option_is_judged_anew_and_then_approved_as_it_reads_now(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, FAR_OVER))
    task = await order.asked("credit_manager")
    which = ("--option", "RELEASE_ONCE", "--set", "valid_days=2", "--reason", "SHORTER")
    said = await order.approver("adjust", *which, as_="bob.tanaka")
    assert said.exit_code == ExitCode.DONE, said
    stale = await order.approver("approve", "--revision", str(task.revision), as_="bob.tanaka")
    assert stale.exit_code == ExitCode.STALE, stale
    said = await order.approver("approve", "--revision", str(task.revision + 1), as_="bob.tanaka")
    assert said.exit_code == ExitCode.DONE, said
    (resolution,) = (await order.released())["resolutions"]
    assert "ends after 2 days" in resolution["reason"]
    case = await order.until(lambda case: case.outcome)
    decision = case.settled[0].decision
    assert decision is not None
    assert decision.outcome == "APPROVED_WITH_CHANGES"


async def test_who_may_not_decide_is_told_why_and_nothing_changes(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, FAR_OVER, entered_by="maya.patel"))
    await order.asked("credit_manager")
    refused = {
        "jack.novak": ExitCode.FORBIDDEN,
        "frank.rossi": ExitCode.FORBIDDEN,
        "maya.patel": ExitCode.SEGREGATION,
    }
    for who, code in refused.items():
        said = await order.approver("approve", as_=who)
        assert (said.exit_code, said.refusal) == (code, code.name), said
    unknown = await order.approver("approve", "--option", "GIVE_AWAY", as_="bob.tanaka")
    assert unknown.exit_code == ExitCode.INVALID, unknown
    assert (await order.erp())["holds"]
    assert await order.effects() == {"crm": ["communications.create"]}
    case = await order.case()
    assert [task.decision for task in case.tasks.values()] == [None]
    said = await order.approver("approve", as_="bob.tanaka")
    assert said.exit_code == ExitCode.DONE, said
    late = await order.approver("approve", as_="carol.singh")
    assert late.exit_code == ExitCode.CONFLICT, late
    assert (await order.released())["resolutions"][0]["decided_by"] == "bob.tanaka"


async def test_whoever_changed_an_order_since_decides_nothing_about_it(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, FAR_OVER))
    await order.asked("credit_manager")
    await company.systems.change_order(order.order_id, {"freight": "1.00", "by": "bob.tanaka"})
    await order.until(lambda case: case.order and case.order.changed_by == ("bob.tanaka",) and case.open_tasks)
    said = await order.approver("approve", as_="bob.tanaka")
    assert (said.exit_code, said.refusal) == (ExitCode.SEGREGATION, "SEGREGATION"), said
    said = await order.approver("approve", as_="maya.patel")
    assert said.exit_code == ExitCode.DONE, said
    assert (await order.released())["resolutions"][0]["decided_by"] == "maya.patel"


async def test_an_unclassified_hold_goes_to_a_person(company: Company) -> None:
    order = await company.enter(orders.clean(company.world, extra_holds=[orders.STRANGE]))
    task = await order.asked("customer_service_lead")
    assert "QA-77" in task.question
    assert (await order.case()).in_order[0].exception_type == "UNCLASSIFIED"
    said = await order.approver("approve", "--option", "RELEASE_AS_IS", "--reason", "QUALITY_OK", as_="kira.ahmed")
    assert said.exit_code == ExitCode.DONE, said
    assert (await order.released())["resolutions"][0]["decided_by"] == "kira.ahmed"


async def test_a_decision_signalled_with_the_temporal_cli_passes_the_same_gate(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, FAR_OVER))
    task = await order.asked("credit_manager")
    unsigned = {"task_id": task.task_id, "task_revision": task.revision, "action": "APPROVE"}
    await order.handle.signal("decision", unsigned | {"actor": "system:policy"})
    await order.handle.signal("decision", unsigned | {"actor": "bob.tanaka"})
    await order.handle.signal("decision", await order.approval(task, "jack.novak"))
    await order.handle.signal("approved", {"please": True})
    case = await order.until(lambda case: case.quarantined)
    await order.until(lambda case: sum(entry.action == "refused" for entry in case.audit) >= 3)
    assert [task.decision for task in case.tasks.values()] == [None]
    await order.handle.signal("decision", await order.approval(task, "bob.tanaka"))
    assert (await order.released())["resolutions"][0]["decided_by"] == "bob.tanaka"
    await eventually(order.mails_to_customer, lambda mails: len(mails) == 1)
