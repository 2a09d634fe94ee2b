"""Holds that policy clears without asking anybody, and what that costs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.case import CaseOutcome, ClosingSummary
from sandbox.day.world import Document, World
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company
from tests.integration.end_to_end.history import actions, scheduled, until_release

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST_ACTIONS, MOST_EVENTS = 14, 60
Held = Callable[[World], Document]

EFFECTS = {
    "CREDIT": {"credit": ["releases.create"], "erp": ["orders.release"]},
    "STOCK": {"wms": ["reservations.create"], "erp": ["amendments.create", "amendments.create", "orders.release"]},
    "TAX": {"erp": ["amendments.create", "orders.release"]},
    "CARRIER": {"tms": ["tenders.create"], "erp": ["amendments.create", "orders.release"]},
    "PRICE": {"erp": ["amendments.create", "orders.release"]},
}
"""By hold: all that is written, besides the customer's message."""
FACTS = {
    "CREDIT": {"crm.account", "credit.position"},
    "STOCK": {"crm.account", "wms.positions", "wms.freight_quotes", "erp.sourcing"},
    "TAX": {"crm.account", "tax.quote", "tax.certificates"},
    "CARRIER": {"crm.account", "tms.routing", "tms.rates", "crm.customer_answers"},
    "PRICE": {"crm.account", "pricing.prices", "crm.customer_answers"},
}
TYPES = pytest.mark.parametrize(
    ("held", "code", "option"),
    [
        pytest.param(orders.over_limit, "CREDIT", "RELEASE_ONCE", id="credit"),
        pytest.param(orders.elsewhere, "STOCK", "SPLIT_DC", id="inventory"),
        pytest.param(orders.mistaxed, "TAX", "USE_ENGINE", id="tax"),
        pytest.param(orders.unrouted, "CARRIER", "RATE_SHOP", id="carrier"),
        pytest.param(orders.mispriced, "PRICE", "HONOR_PO", id="price"),
    ],
)


@TYPES
async def test_policy_releases_it_and_everybody_is_told_once(
    company: Company, held: Held, code: str, option: str
) -> None:
    order = await company.enter(held(company.world))
    assert [hold["code"] for hold in order.entered["holds"]] == [code]
    (resolution,) = (await order.released())["resolutions"]
    assert (resolution["resolution"], resolution["decided_by"]) == (option, "system:policy")
    assert resolution["reason"]
    assert resolution["policy_version"].startswith("2026.1")
    summary = await order.closed()
    assert await order.effects() == EFFECTS[code] | {"crm": ["communications.create"]}
    (mail,) = await order.mails_to_customer()
    assert mail["subject"] == f"Your order {order.entered['po_number']} is on its way"
    assert (await order.erp())["status"] == "INVOICED"
    assert summary.touchless
    assert summary.outcome is CaseOutcome.RELEASED
    assert [exception.option for exception in summary.exceptions] == [option]
    assert await (await order.describe()).memo_value("closing", type_hint=ClosingSummary) == summary


@TYPES
async def test_it_costs_what_the_architecture_says(company: Company, held: Held, code: str, option: str) -> None:
    order = await company.enter(held(company.world))
    await order.closed()
    history = await order.history()
    until = until_release(history)
    spent = actions(until)
    detail = "\n".join(spent)
    assert len(spent) <= MOST_ACTIONS, f"{option} took {len(spent)} actions until the release:\n{detail}"
    assert len(until) <= MOST_EVENTS, f"{option} took {len(until)} events until the release:\n{detail}"
    reads = scheduled(history, *FACTS[code])
    tasks = {event.activity_task_scheduled_event_attributes.workflow_task_completed_event_id for event in reads}
    assert len(reads) == len(FACTS[code]), detail
    assert len(tasks) == 1, f"the facts were asked for one after the other:\n{detail}"


async def test_an_order_that_nothing_is_wrong_with_has_no_case(company: Company) -> None:
    order = await company.enter(orders.clean(company.world))
    assert order.entered["status"] == "RELEASED"
    behind = await company.enter(orders.mistaxed(company.world))
    await behind.closed()
    assert await order.runs() == []
