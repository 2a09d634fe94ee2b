"""One order that is held for five reasons, from its receipt to its invoice."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest

from runtime.approvals.refusals import ExitCode
from sandbox.day.mixed import everything
from sandbox.demo.enterprise import Document
from tests.integration.end_to_end.company import Company

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE = ["CARRIER", "CREDIT", "PRICE", "STOCK", "TAX"]
ONE_AFTER_THE_OTHER = ["HONOR_PO", "SPLIT_DC", "RATE_SHOP", "USE_ENGINE", "RELEASE_ONCE"]
"""Each sees the amounts that the ones before it leave: price, goods, carrier, tax, credit."""
EFFECTS = {
    "wms": ["reservations.create"],
    "erp": ["amendments.create"] * 5 + ["orders.release"],
    "tms": ["tenders.create"],
    "credit": ["releases.create"],
    "crm": ["communications.create"] * 2,
}
"""One release, and one message to the customer besides the one to the credit manager."""


def billed(order: Document) -> Decimal:
    goods = sum(Decimal(line["quantity"]) * Decimal(line["unit_price"]) for line in order["lines"])
    tax = sum(Decimal(line["tax_in_erp"]) for line in order["lines"])
    return goods + tax + Decimal(order["freight"]) + Decimal(order["freight_tax"])


async def test_five_holds_are_one_piece_of_business(company: Company) -> None:
    bought = everything(company.world)
    company.world.credit[bought["customer_id"]]["open_receivables"] = "60000"
    order = await company.enter(bought)
    assert sorted(hold["code"] for hold in (await order.erp())["holds"]) == FIVE
    await order.asked("credit_manager")
    assert (await order.effects()).keys() <= {"wms", "crm"}, "more than the goods was secured while a person is asked"
    said = await order.approver("approve", as_="bob.tanaka")
    assert said.exit_code == ExitCode.DONE, said
    summary = await order.closed()
    assert [ended.option for ended in summary.exceptions] == ONE_AFTER_THE_OTHER
    assert [ended.decided_by for ended in summary.exceptions] == ["system:policy"] * 4 + ["bob.tanaka"]
    assert await order.effects() == EFFECTS
    assert len(await order.mails_to_customer()) == 1
    total = f"{billed(await order.erp()):,.2f}"
    timeline = (await order.approver("show", "--timeline")).document
    said_by_stage = defaultdict(list)
    for entry in timeline["entries"]:
        said_by_stage[entry["stage"]].append(entry["what"])
    assert len(said_by_stage["HOLD"]) == len(FIVE)
    assert f"up to {total} USD" in said_by_stage["STEP"][-1], "credit was released for another amount than was billed"
    assert said_by_stage["SHIPMENT"] == [f"shipped {total} USD"]
    assert said_by_stage["INVOICE"] == [f"invoiced {total} USD"]
    stages = [entry["stage"] for entry in timeline["entries"]]
    assert stages[0] == "ORDER"
    assert stages[-5:] == ["RELEASE", "CUSTOMER", "SHIPMENT", "INVOICE", "CASE"]
    assert summary.invoice_delay is not None
    assert timeline["invoice_delay_seconds"] == summary.invoice_delay.total_seconds()
