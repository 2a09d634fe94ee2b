"""Systems that fail in every way: seen at once, borne with, and never written to twice."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from domain.case import CaseState
from domain.tasks import TaskState
from runtime.approvals.refusals import ExitCode
from sandbox.demo.enterprise import Document
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, Order, eventually
from tests.integration.end_to_end.history import scheduled, timers
from workflows import search_attributes as keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUOTES = "POST /v1/quotes"
CREDIT_RELEASES = "/v1/releases"
POSITION = "GET /v1/customers/{customer_id}/position"
RELEASE = "POST /v1/orders/{order_id}/release"


async def spoil(company: Company, service: str, operation: str, kind: str, count: int | None = 1, **more: Any) -> None:
    """Have a service fail at an operation."""
    fault: Document = {"operation": operation, "kind": kind, "count": count, **more}
    await company.systems.break_down(service, fault)


async def spare(company: Company, service: str, operation: str) -> None:
    """Let the next request through: the ERP's own, when it validates an order."""
    await spoil(company, service, operation, "DELAY", delay_ms=1)


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        pytest.param("credit", f"POST {CREDIT_RELEASES}", id="write"),
        pytest.param("erp", RELEASE, id="release"),
    ],
)
async def test_a_write_that_is_done_but_never_answered_is_read_back(
    company: Company, service: str, operation: str
) -> None:
    await spoil(company, service, operation, "NO_IDEMPOTENCY", count=None)
    await spoil(company, service, operation, "COMMIT_THEN_TIMEOUT", delay_ms=100)
    order = await company.enter(orders.over_limit(company.world))
    await order.released()
    await order.closed()
    effects = await order.effects()
    assert (effects["credit"], effects["erp"]) == (["releases.create"], ["orders.release"])
    assert len(await order.mails_to_customer()) == 1


async def test_a_write_of_unknown_outcome_is_looked_for_before_it_is_tried_again(company: Company) -> None:
    await spoil(company, "credit", f"POST {CREDIT_RELEASES}", "NO_IDEMPOTENCY", count=None)
    await spoil(company, "credit", f"POST {CREDIT_RELEASES}", "COMMIT_THEN_TIMEOUT", delay_ms=100)
    await spoil(company, "credit", f"GET {CREDIT_RELEASES}", "ERROR", status=503)
    order = await company.enter(orders.over_limit(company.world))
    await order.released()
    case = await order.case()
    assert any(entry.action == "unreachable" and "UNKNOWN_OUTCOME" in entry.detail for entry in case.audit)
    assert (await order.effects())["credit"] == ["releases.create"]
    assert len(scheduled(await order.history(), "credit.release")) == 2


async def test_an_order_that_is_newer_than_the_decision_is_looked_at_again(company: Company) -> None:
    await spoil(company, "erp", RELEASE, "STALE_ETAG")
    order = await company.enter(orders.over_limit(company.world))
    await order.released()
    effects = await order.effects()
    assert effects["credit"] == ["releases.create", "releases.cancel", "releases.create"]
    assert effects["erp"] == ["orders.release"]
    assert len(await eventually(order.mails_to_customer, bool)) == 1


async def test_retry_after_is_obeyed(company: Company) -> None:
    await spare(company, "credit", POSITION)
    await spoil(company, "credit", POSITION, "RETRY_AFTER", retry_after=3)
    order = await company.enter(orders.over_limit(company.world))
    await order.released()
    history = await order.history()
    first, again = scheduled(history, "credit.position")
    assert (again.event_time.ToDatetime(UTC) - first.event_time.ToDatetime(UTC)).total_seconds() >= 3
    (pause, *_) = timers(history)
    assert pause.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta().total_seconds() > 2.5


async def tax_down(company: Company) -> Order:
    """An order with a tax discrepancy, of which nobody can be asked."""
    await spare(company, "tax", QUOTES)
    await spoil(company, "tax", QUOTES, "ERROR", count=None, status=503)
    return await company.enter(orders.mistaxed(company.world))


async def test_an_outage_is_seen_by_everybody_and_ends_by_itself(company: Company) -> None:
    order = await tax_down(company)
    seen = await eventually(
        order.show, lambda shown: any(outage["attempt"] >= 2 and outage["next_try_at"] for outage in shown["outages"])
    )
    assert seen["state"] == "RETRYING"
    (outage,) = seen["outages"]
    assert (outage["system"], outage["activity"]) == ("tax", "tax.quote")
    assert outage["since"] < outage["next_try_at"]
    assert "503" in outage["message"]
    task = await order.asked("integration_oncall")
    listed = (await order.describe()).typed_search_attributes
    assert (listed.get(keys.CASE_STATE), listed.get(keys.RETRYING_SYSTEM)) == ("RETRYING", ["tax"])
    await company.systems.repair("tax")
    (resolution,) = (await order.released())["resolutions"]
    assert resolution["decided_by"] == "system:policy"
    case = await order.case()
    assert case.tasks[task.task_id].state is TaskState.WITHDRAWN
    assert case.outages == {}
    await order.closed()
    assert not (await order.describe()).typed_search_attributes.get(keys.RETRYING_SYSTEM)


async def test_who_is_on_call_may_choose_to_do_without_a_silent_system(company: Company) -> None:
    order = await tax_down(company)
    await order.asked("integration_oncall")
    said = await order.approver("approve", "--option", "FALL_BACK", as_="liam.byrne")
    assert said.exit_code == ExitCode.DONE, said
    (resolution,) = (await order.released())["resolutions"]
    assert resolution["resolution"] == "FALLBACK_TRUE_UP"
    assert (await order.erp())["tax_true_up"]


async def test_a_refusal_for_good_goes_to_a_person_and_never_round_in_circles(company: Company) -> None:
    await spoil(company, "credit", f"POST {CREDIT_RELEASES}", "ERROR", status=422)
    order = await company.enter(orders.over_limit(company.world))
    task = await order.asked("integration_oncall")
    assert "422" in task.question
    assert (await order.case()).state is CaseState.AWAITING_DECISION
    assert len(scheduled(await order.history(), "credit.release")) == 1
    said = await order.approver("approve", "--option", "RETRY", as_="omar.haddad")
    assert said.exit_code == ExitCode.DONE, said
    await order.released()
    assert (await order.effects())["credit"] == ["releases.create"]
