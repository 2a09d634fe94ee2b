from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.assessment import Disposition
from domain.playbooks import InvalidAdjustment
from tests.unit.playbooks.scenario import (
    TODAY,
    chosen,
    day,
    inventory,
    lane,
    line,
    offered,
    order,
    receipt,
    step,
    steps,
    stocked,
)
from tests.unit.playbooks.shortfall import MASTER, OTHERS, everything, home


def test_waiting_reserves_the_receipt_and_promises_the_day() -> None:
    """Everything at once, when the planned warehouse has it."""
    option = chosen(everything(), "WAIT_FULL")
    assert steps(option) == ["wms.reserve", "erp.set_promise"]
    assert step(option, "wms.reserve").arguments == {
        "order_id": "SO-1",
        "line_id": "1",
        "item": "BOLT",
        "warehouse": "NYC",
        "quantity": "100",
        "kind": "HARD",
        "available_on": day(6).isoformat(),
    }
    assert step(option, "erp.set_promise").arguments == {"lines": {"1": day(7).isoformat()}}


def test_a_partial_ships_what_is_there_and_dates_the_rest() -> None:
    """The line is split, both parts are set aside, and the customer hears both dates."""
    option = chosen(everything(), "PARTIAL_BACKORDER")
    assert steps(option) == ["wms.reserve", "wms.reserve", "erp.split_line", "erp.set_promise"]
    assert step(option, "erp.split_line").arguments == {
        "line_id": "1",
        "now": "40",
        "later": "60",
        "later_on": day(7).isoformat(),
    }
    assert step(option, "erp.set_promise").arguments == {"lines": {"1": day(1).isoformat()}}
    assert option.customer_effect == f"line 1, BOLT: 40 EA on {day(1)}, 60 EA on {day(7)}"


@pytest.mark.parametrize(
    ("on_hand", "pack", "now"),
    [(25, 1, "25"), (24, 1, "24"), (24, 50, None), (25, 50, "25"), (12, 12, "12"), (30, 12, "24")],
)
def test_a_partial_is_worth_it_from_a_quarter_or_a_full_pack(on_hand: int, pack: int, now: str | None) -> None:
    """Whole packs as soon as there is one."""
    held = order(line(pack_quantity=Decimal(pack)))
    option = inventory(home(on_hand), the_order=held).option("PARTIAL_BACKORDER")
    assert (step(option, "erp.split_line").arguments["now"] if option else None) == now


def test_the_quantity_that_ships_now_can_be_adjusted() -> None:
    """Down, not up: what is not there cannot ship."""
    for asked, given in (("10", "10"), ("500", "40"), ("0", "1")):
        option = chosen(inventory(home(), adjustments={"PARTIAL_BACKORDER": {"quantity": asked}}), "PARTIAL_BACKORDER")
        assert step(option, "erp.split_line").arguments["now"] == given


def test_a_quantity_for_a_line_that_is_not_short_is_forgotten_and_a_strange_name_refused() -> None:
    """The shortage may have moved to another line since."""
    assert inventory(home(), adjustments={"PARTIAL_BACKORDER": {"quantity_1": "10"}})
    with pytest.raises(InvalidAdjustment, match="size"):
        inventory(home(), adjustments={"PARTIAL_BACKORDER": {"size": "10"}})


def test_no_partial_without_a_day_for_the_rest() -> None:
    """Nobody is promised goods that nobody has confirmed."""
    unconfirmed = receipt(6, 100, confirmed=False)
    assert not {"PARTIAL_BACKORDER", "WAIT_FULL"} & offered(inventory(stocked("NYC", 40, receipts=(unconfirmed,))))


def test_two_short_lines_are_adjusted_by_name() -> None:
    """One parameter a line; what the first takes is not there for the second."""
    held = order(line("1", quantity=30), line("2", quantity=40))
    option = chosen(inventory(home(50), the_order=held), "PARTIAL_BACKORDER")
    assert [(p.name, p.value) for p in option.parameters] == [("quantity", "20")]
    held = order(line("1", quantity=60), line("2", quantity=60))
    option = chosen(inventory(home(50, receipts=(receipt(6, 200),)), the_order=held), "PARTIAL_BACKORDER")
    assert [(p.name, p.value) for p in option.parameters] == [("quantity_1", "50")]


def test_splitting_takes_the_cheapest_of_all_subsets() -> None:
    """Chicago alone is cheaper than New York with anybody."""
    option = chosen(everything(), "SPLIT_DC")
    assert steps(option) == ["wms.reserve", "erp.assign_sources", "erp.set_promise"]
    assert step(option, "erp.assign_sources").arguments == {
        "line_id": "1",
        "sources": [{"warehouse": "CHI", "quantity": "100"}],
    }
    assert option.cost.amount == 5


def test_two_warehouses_share_a_line() -> None:
    """Each part is set aside where it is."""
    option = chosen(inventory(stocked("NYC", 40), stocked("CHI", 70)), "SPLIT_DC")
    assert [part.arguments.get("warehouse") for part in option.plan.steps[:2]] == ["NYC", "CHI"]
    assert step(option, "erp.assign_sources").arguments["sources"] == [
        {"warehouse": "NYC", "quantity": "40"},
        {"warehouse": "CHI", "quantity": "60"},
    ]


def test_the_best_three_are_explained() -> None:
    """With what each costs and why, in the findings and in the reason."""
    assessment = everything()
    best = [assessment.findings[f"sourcing {number}"] for number in (1, 2, 3)]
    assert best[0].startswith(f"CHI, ships {TODAY}, arrives {day(1)}: 25.00 USD (freight 25.00)")
    assert best[1].startswith("DAL")
    assert "cheapest of" in chosen(assessment, "SPLIT_DC").reason


def test_a_transfer_brings_what_is_missing_and_ships_at_once() -> None:
    """From the lane that is cheapest all in, lateness included."""
    option = chosen(everything(), "TRANSFER")
    assert steps(option) == ["wms.create_transfer", "wms.reserve", "erp.set_promise"]
    assert step(option, "wms.create_transfer").arguments == {
        "order_id": "SO-1",
        "item": "BOLT",
        "quantity": "60",
        "origin": "DAL",
        "destination": "NYC",
    }
    assert step(option, "wms.reserve").arguments["available_on"] == day(3).isoformat()


def test_a_transfer_may_need_two_origins() -> None:
    """Neither has enough alone."""
    assessment = inventory(
        stocked("NYC", 40), stocked("CHI", 30), stocked("DAL", 35), lanes=(lane("CHI"), lane("DAL", days=2))
    )
    moves = [
        part.arguments for part in chosen(assessment, "TRANSFER").plan.steps if part.operation == "create_transfer"
    ]
    assert [(move["origin"], move["quantity"]) for move in moves] == [("CHI", "30"), ("DAL", "30")]


def test_a_substitute_is_approved_and_never_dearer() -> None:
    """Stock, line and promise change together."""
    option = chosen(everything(), "SUBSTITUTE")
    assert steps(option) == ["wms.reserve", "erp.substitute_line", "erp.set_promise"]
    assert step(option, "wms.reserve").arguments["item"] == "BOLT2"
    assert step(option, "erp.substitute_line").arguments == {
        "line_id": "1",
        "item": "BOLT2",
        "unit_price": "9",
        "unit_cost": "5",
    }


@pytest.mark.parametrize("change", [{"approved": False}, {"unit_price": Decimal("10.01")}, {"item": "BOLT3"}])
def test_a_substitute_that_is_not_approved_dearer_or_missing_is_not_offered(change: dict[str, Any]) -> None:
    """Customers do not pay for our shortage."""
    item = MASTER.substitutes[0].model_copy(update=change)
    master = MASTER.model_copy(update={"substitutes": (item,)})
    assessment = inventory(
        home(), stocked("NYC", 100, "BOLT2"), items=(master,), the_order=order(allow_substitute=True)
    )
    assert "SUBSTITUTE" not in offered(assessment)


def test_drop_shipping_buys_the_whole_line_for_the_customer() -> None:
    """The buyer decides, whatever it costs."""
    option = chosen(everything(), "DROP_SHIP")
    assert option.role == "buyer"
    assert steps(option) == ["erp.create_purchase_order", "erp.set_promise"]
    assert step(option, "erp.create_purchase_order").arguments == {
        "order_id": "SO-1",
        "line_id": "1",
        "item": "BOLT",
        "quantity": "100",
        "supplier": "ACME",
        "unit_cost": "7",
        "drop_ship": True,
        "due_on": day(3).isoformat(),
    }


def test_a_supplier_with_a_larger_minimum_is_no_help() -> None:
    """Forty are fewer than the fifty he sends at least."""
    assert "DROP_SHIP" not in offered(inventory(home(0), items=(MASTER,), the_order=order(line(quantity=40))))


def test_expediting_moves_the_purchase_order_and_everything_after_it() -> None:
    """Sooner than waiting, for the supplier's price."""
    option = chosen(everything(), "EXPEDITE_PO")
    assert option.role == "buyer"
    assert steps(option) == ["erp.expedite_purchase_order", "wms.reserve", "erp.set_promise"]
    assert step(option, "erp.expedite_purchase_order").arguments == {
        "purchase_order": "PO-77",
        "due_on": day(2).isoformat(),
        "cost": "15.00",
    }
    assert step(option, "wms.reserve").arguments["available_on"] == day(6).isoformat()
    assert step(option, "erp.set_promise").arguments == {"lines": {"1": day(3).isoformat()}}
    assert option.cost.amount == 15


def test_a_receipt_that_is_not_confirmed_can_be_expedited_but_not_set_aside() -> None:
    """The warehouse does not know of it yet."""
    offer = receipt(6, 100, purchase_order="PO-1", expedite_eta=day(2), confirmed=False)
    option = chosen(inventory(home(40, receipts=(offer,))), "EXPEDITE_PO")
    assert steps(option) == ["erp.expedite_purchase_order", "erp.set_promise"]


def test_expediting_what_helps_nothing_is_not_offered() -> None:
    """Sooner is not soon enough if it is not all."""
    little = receipt(6, 10, purchase_order="PO-1", expedite_eta=day(1), expedite_cost=Decimal(1))
    assert "EXPEDITE_PO" not in offered(inventory(home(40, receipts=(little, receipt(6, 50)))))


def test_reallocating_takes_from_who_can_wait_and_is_a_persons_decision() -> None:
    """The stock is taken first and then set aside."""
    option = chosen(everything(), "REALLOCATE")
    assert steps(option) == ["wms.reallocate", "wms.reserve"]
    assert step(option, "wms.reallocate").arguments == {
        "order_id": "SO-1",
        "line_id": "1",
        "item": "BOLT",
        "warehouse": "NYC",
        "quantity": "60",
        "from_order_id": "SO-9",
    }
    assert everything().options[-1].code in {"REALLOCATE", "CANCEL_LINE"}


@pytest.mark.parametrize("change", [{"reallocatable": False}, {"priority": 4}, {"quantity": Decimal(59)}])
def test_what_is_not_to_be_taken_is_not_taken(change: dict[str, Any]) -> None:
    """Nobody's who said no, nobody's who comes first, and nothing if it is not enough."""
    allocation = OTHERS.model_copy(update=change)
    assert "REALLOCATE" not in offered(inventory(home(allocations=(allocation,))))


def test_reallocating_is_never_automatic_even_if_it_is_all_there_is() -> None:
    """Other than cancelling."""
    position = stocked("NYC", 110, hard_allocated=Decimal(70), allocations=(OTHERS,))
    assessment = inventory(position)
    assert (assessment.recommended, assessment.ask is not None) == ("REALLOCATE", True)


def test_cancelling_the_only_line_cancels_the_order() -> None:
    """The ERP keeps no order without lines."""
    option = chosen(everything(), "CANCEL_LINE")
    assert (option.disposition, option.plan.steps) == (Disposition.CANCEL_ORDER, ())
    assert option.cost.amount == 380


def test_cancelling_one_of_two_lines_ships_the_other() -> None:
    """What is there is set aside, what is not is taken off the order."""
    held = order(line("1"), line("2", "NUT", 10))
    option = chosen(inventory(stocked("NYC", 5), stocked("NYC", 10, "NUT"), the_order=held), "CANCEL_LINE")
    assert option.disposition is Disposition.RELEASE
    assert steps(option) == ["wms.reserve", "erp.cancel_line"]
    assert step(option, "erp.cancel_line").arguments == {"line_id": "1"}
    assert option.messages[0].template == "inventory_line_cancelled"
