"""Special cases that one house takes and another one refuses, as `docs/connectors.md` says."""

from __future__ import annotations

from typing import Any

import pytest

from activities.connectors.errors import SystemCallFailed
from domain.exception_types import IntegrationErrorKind as Kind
from domain.order import Order
from tests.contract.house import House
from tests.contract.operations import step_call
from tests.contract.reading import contents, read
from tests.contract.test_other_orders import merging, two_orders
from tests.unit.activities.conftest import run


def by_carrier(house: House, order: Order, **more: Any) -> dict[str, Any]:
    """The arguments of `erp.set_carrier`."""
    words = house.words()
    usual = {"scac": words["scac"], "service": words["service"], "freight": words["freight"], "basis": "GUIDE"}
    return {"freight_terms": "PREPAY_ADD", "account": None, **usual, **more} if order.lines else {}


@pytest.mark.parametrize(
    ("case", "special"),
    [
        ("the carrier's account", {"freight_terms": "THIRD_PARTY", "account": "A-77", "freight": "0"}),
        ("another freight than the carrier's", {"freight": "17.50"}),
    ],
)
async def test_a_carrier_on_other_terms_is_taken_as_decided_or_refused(
    house: House, case: str, special: dict[str, Any]
) -> None:
    order = await read(house.ports(), house.held_order())
    call = step_call(order, f"hf-carrier-{order.order_id}", by_carrier(house, order, **special))

    async def decide(_: None) -> None:
        await house.ports().erp.amend("set_carrier", call)

    if case not in house.refuses:
        await run(decide, None)
        assert str((await read(house.ports(), order.order_id)).freight) == special["freight"]
        return
    with pytest.raises(SystemCallFailed) as caught:
        await run(decide, None)
    assert caught.value.kind is Kind.VALIDATION
    assert contents(await read(house.ports(), order.order_id)) == contents(order)


async def test_new_lines_on_a_released_order_are_added_or_refused(house: House) -> None:
    own, older = await two_orders(house, "released")
    line = {"line_id": "9", "item": house.words()["item"], "quantity": "3", "unit_price": "100"}
    call = merging(own, older, add_lines=[{**line, "need_by": own.need_by.isoformat()}])
    owed, erp = house.owed(older.order_id), house.ports().erp
    if "new lines on a released order" not in house.refuses:
        await run(erp.merge_into, call)
        assert house.owed(older.order_id) == owed + 3
        return
    with pytest.raises(SystemCallFailed) as caught:
        await run(erp.merge_into, call)
    assert caught.value.kind is Kind.VALIDATION
    assert house.owed(older.order_id) == owed
