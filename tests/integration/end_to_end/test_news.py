"""What happens to an order elsewhere while it is in question here."""

from __future__ import annotations

import pytest

from domain.case import CaseOutcome, CaseState
from domain.tasks import TaskState
from runtime.approvals.refusals import ExitCode
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAR_OVER = "1.40"


async def test_a_cancelled_order_is_let_go_and_who_was_asked_is_told(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, FAR_OVER))
    await order.asked("credit_manager")
    await company.systems.cancel_order(order.order_id)
    summary = await order.closed()
    assert summary.outcome is CaseOutcome.WITHDRAWN
    assert await order.effects() == {"crm": ["communications.create"] * 2}
    assert len(await order.mails_to("bob.tanaka")) == 2
    assert await order.mails_to_customer() == []


async def test_a_hold_cleared_by_hand_closes_the_case_without_an_effect(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, FAR_OVER))
    await order.asked("credit_manager")
    (hold,) = order.entered["holds"]
    await company.systems.clear_hold(order.order_id, hold["hold_id"])
    summary = await order.closed()
    assert summary.outcome is CaseOutcome.NO_LONGER_HELD
    assert (await order.case()).tasks["T1"].state is TaskState.WITHDRAWN
    assert await company.systems.releases_of(order.order_id) == []


async def test_a_changed_order_makes_the_question_a_new_revision(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, FAR_OVER))
    before = await order.asked("credit_manager")
    more = {"lines": [{"line_id": "1", "quantity": "60"}], "reason": "the customer wants more"}
    changed = await company.systems.change_order(order.order_id, more)
    case = await order.until(lambda case: case.tasks["T1"].revision > before.revision)
    task = case.tasks["T1"]
    assert task.amount.amount > before.amount.amount
    old = await order.approver("approve", "--revision", str(before.revision), as_="bob.tanaka")
    assert old.exit_code == ExitCode.STALE, old
    said = await order.approver("approve", "--revision", str(task.revision), as_="bob.tanaka")
    assert said.exit_code == ExitCode.DONE, said
    release = await order.released()
    assert release["order_version"] == changed["version"] + 1
    (approval,) = await company.systems.entries("credit", order.order_id)
    assert float(approval["detail"]["amount"]) > 60 * 120


async def test_cash_that_is_applied_ends_the_wait_for_it(company: Company) -> None:
    credit = {"unapplied_cash": "12500"}
    order = await company.enter(orders.over_limit(company.world, "1.20", credit=credit))
    await order.until(lambda case: case.state is CaseState.WAITING)
    await company.systems.apply_cash({"customer_id": order.customer_id, "amount": "12500"})
    (resolution,) = (await order.released())["resolutions"]
    assert resolution["decided_by"] == "system:policy"
    assert (await order.closed()).touchless


async def test_a_payment_by_the_link_that_was_sent_ends_the_wait_for_it(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, FAR_OVER))
    await order.asked("credit_manager")
    said = await order.approver("approve", "--option", "PAY_LINK_WAIT", "--reason", "WILL_PAY", as_="bob.tanaka")
    assert said.exit_code == ExitCode.DONE, said
    await order.until(lambda case: case.state is CaseState.WAITING)
    (link,) = [link for link in await company.systems.open_payment_links() if link["order_id"] == order.order_id]
    await company.systems.pay_link(link["id"])
    (resolution,) = (await order.released())["resolutions"]
    assert resolution["decided_by"] == "system:policy"
    assert "paid" in (await order.until(lambda case: case.settled)).settled[0].assessment.reason  # type: ignore[union-attr]
    effects = await order.effects()
    assert effects["credit"].count("payment-links.create") == 1
    assert effects["erp"] == ["orders.release"]


async def test_stock_that_comes_in_answers_the_question(company: Company) -> None:
    order = await company.enter(orders.nowhere(company.world))
    await order.until(lambda case: case.open_tasks)
    line = order.entered["lines"][0]
    await company.systems.receive_stock({"item": line["item"], "warehouse": "EAST", "quantity": "100"})
    (resolution,) = (await order.released())["resolutions"]
    assert (resolution["resolution"], resolution["decided_by"]) == ("FULL_FROM_STOCK", "system:policy")
    assert (await order.case()).tasks["T1"].state is TaskState.WITHDRAWN
    assert len(await eventually(order.mails_to_customer, bool)) == 1


async def test_stock_of_other_goods_is_of_no_concern(company: Company) -> None:
    order = await company.enter(orders.nowhere(company.world))
    await order.until(lambda case: case.open_tasks)
    other = company.world.item(price=10)
    await company.systems.receive_stock({"item": other, "warehouse": "EAST", "quantity": "100"})
    case = await order.until(lambda case: any(entry.action == "of no concern" for entry in case.audit))
    assert case.tasks["T1"].state.is_open
    assert case.tasks["T1"].revision == 1
    await company.systems.cancel_order(order.order_id)
    await order.closed()


async def test_two_holds_are_decided_each_and_released_together_in_the_order_of_dependency(company: Company) -> None:
    order = await company.enter(orders.elsewhere_and_over_limit(company.world))
    assert {hold["code"] for hold in order.entered["holds"]} == {"CREDIT", "STOCK"}
    await order.asked("credit_manager")
    assert set(await order.effects()) <= {"crm", "wms"}  # what is decided about the goods is kept meanwhile
    said = await order.approver("approve", as_="bob.tanaka")
    assert said.exit_code == ExitCode.DONE, said
    release = await order.released()
    assert {entry["decided_by"] for entry in release["resolutions"]} == {"system:policy", "bob.tanaka"}
    written = [await company.systems.entries(service, order.order_id) for service in ("wms", "erp", "credit")]
    in_time = sorted((entry for entries in written for entry in entries), key=lambda entry: str(entry["at"]))
    assert [entry["operation"] for entry in in_time] == [
        "reservations.create",
        "amendments.create",
        "amendments.create",
        "releases.create",
        "orders.release",
    ]
    await order.closed()
    (mail,) = await order.mails_to_customer()
    assert "review of your account" in mail["text"]
    assert len(await order.runs()) == 1
