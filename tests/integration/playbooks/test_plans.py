"""Every option of every playbook, judged on facts of the real services, carried out there, and undone."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from domain.assessment import Assessment, Option
from domain.exception_types import ExceptionType
from domain.order import Order
from tests.integration.playbooks.stage import Stage, day, without_version


def line(line_id: str = "1", item: str = "BOLT", quantity: int = 100, **more: Any) -> dict[str, Any]:
    fields = {"unit_price": "10", "unit_cost": "6", "need_by": day(5), "tax_in_erp": "80", "tax_as_ordered": "80"}
    return {"line_id": line_id, "item": item, "quantity": str(quantity), **fields, **more}


class Case(NamedTuple):
    """An order for which the option is open."""

    kind: ExceptionType
    option: str
    customer: str = "C-1"
    lines: tuple[dict[str, Any], ...] = (line(),)
    silent: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}-{self.option}-{self.customer}-{len(self.lines)}"


CREDIT, STOCK, TAX = ExceptionType.CREDIT_HOLD, ExceptionType.INVENTORY_SHORTFALL, ExceptionType.TAX_DISCREPANCY
TWO_LINES = (line("1"), line("2", "NUT", 10))
IN_STOCK = (line("1", "BOLT", 40),)
WRONG = (line(tax_in_erp="60"),)
CLOSE = (line(tax_in_erp="79.98"),)

CASES = [
    *(Case(CREDIT, code) for code in ("RELEASE_ONCE", "TEMP_LIMIT", "PARTIAL_WITHIN_LIMIT", "PREPAY", "PAY_LINK_WAIT")),
    Case(STOCK, "FULL_FROM_STOCK", "C-4", lines=IN_STOCK),
    *(
        Case(STOCK, code, "C-4")
        for code in (
            "WAIT_FULL",
            "PARTIAL_BACKORDER",
            "SPLIT_DC",
            "TRANSFER",
            "SUBSTITUTE",
            "DROP_SHIP",
            "EXPEDITE_PO",
            "REALLOCATE",
        )
    ),
    *(
        Case(STOCK, code, customer, lines=TWO_LINES)
        for code in ("CANCEL_LINE", "PARTIAL_BACKORDER", "SPLIT_DC", "SUBSTITUTE")
        for customer in ("C-1", "C-4")
    ),
    Case(TAX, "USE_ENGINE", "C-4", lines=WRONG),
    Case(TAX, "ACCEPT_VARIANCE", "C-4", lines=CLOSE),
    Case(TAX, "APPLY_CERTIFICATE", "C-2"),
    Case(TAX, "APPLY_CERTIFICATE", "C-3"),
    Case(TAX, "USE_ENGINE", "C-3"),
    Case(TAX, "FALLBACK_TRUE_UP", silent=("tax",)),
]


async def judged(world: Stage, case: Case) -> tuple[Order, Assessment, Option]:
    order = world.held(str(case.kind), case.customer, *case.lines)
    return order, *(await world.judged(case.kind, order, case.option, *case.silent))


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_every_option_is_carried_out_and_undone(world: Stage, case: Case) -> None:
    """Each step leaves one effect under its own key; undone, order and facts are as they were."""
    order, before, option = await judged(world, case)
    results = await world.carry_out(order, option)
    assert len({result.reference for result in results}) == len(option.plan.steps) > 0
    await world.undo(order, option)
    assert without_version(world.order(order.order_id)) == without_version(order)
    again = await world.assess(case.kind, order, *case.silent)
    assert again.digest == before.digest


async def test_a_temporary_limit_makes_room(world: Stage) -> None:
    """Judged again afterwards, the order fits."""
    order, _, option = await judged(world, Case(CREDIT, "TEMP_LIMIT"))
    await world.carry_out(order, option)
    assert (await world.assess(CREDIT, order)).rules[0].rule == "within_limit"
    await world.undo(order, option)


async def test_what_is_paid_by_link_is_released_by_itself(world: Stage) -> None:
    """The payment is booked for the order, and the next look releases it."""
    order, _, option = await judged(world, Case(CREDIT, "PAY_LINK_WAIT"))
    await world.carry_out(order, option)
    payment = {"customer_id": "C-1", "order_id": order.order_id, "amount": str(order.total.amount), "currency": "USD"}
    world.credit_office.made("/admin/payments", payment)
    assessment = await world.assess(CREDIT, order)
    assert (assessment.rules[0].rule, assessment.ask) == ("prepaid", None)


async def test_a_certificate_that_is_applied_leaves_no_tax(world: Stage) -> None:
    """Neither in the ERP nor at the engine."""
    order, _, option = await judged(world, Case(TAX, "APPLY_CERTIFICATE", "C-2"))
    await world.carry_out(order, option)
    now = world.order(order.order_id)
    assert [line.tax_in_erp for line in now.lines] == [0]
    await world.undo(order, option)
