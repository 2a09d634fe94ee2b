from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.facts.inventory import Demand, ItemSourcing, StockPosition
from domain.order import LineStatus
from domain.playbooks import playbook_for
from domain.policy.wording import fill
from tests.unit.playbooks.scenario import (
    HARD,
    NOW,
    TODAY,
    chosen,
    day,
    hold,
    inventory,
    line,
    offered,
    order,
    policy,
    policy_with,
    quote,
    step,
    steps,
    stocked,
)
from tests.unit.playbooks.shortfall import MASTER, OTHERS, everything, home

CODES = {
    "WAIT_FULL",
    "PARTIAL_BACKORDER",
    "SPLIT_DC",
    "TRANSFER",
    "SUBSTITUTE",
    "DROP_SHIP",
    "EXPEDITE_PO",
    "REALLOCATE",
    "CANCEL_LINE",
}


def test_every_option_is_offered_when_it_is_feasible() -> None:
    """All nine ways are open at once."""
    assert offered(everything()) == CODES


def test_every_write_can_be_undone_and_has_its_own_name() -> None:
    """In an option no two steps share an id, and none leaves something behind for good."""
    for option in everything().options:
        ids = [part.step_id for part in option.plan.steps]
        assert len(ids) == len(set(ids))
        assert all(part.undo for part in option.plan.steps)


def test_the_same_facts_give_the_same_answer() -> None:
    """Also a minute later: plans carry no moment of looking."""
    assert everything(now=NOW + timedelta(minutes=1)).digest == everything().digest


def test_every_message_can_be_written() -> None:
    """The templates have the values that the options give."""
    for option in everything().options:
        for message in option.messages:
            assert fill(policy(), f"templates/customer/{message.template}.txt", message.values)


def test_facts_are_asked_for_by_items_and_goods() -> None:
    """Stock and sourcing of all items, freight for the lines concerned."""
    two = order(line("1"), line("2", "NUT", 10))
    requests = {r.name: r for r in playbook_for(everything().exception_type).facts_needed(two, hold("STOCK"))}
    assert {name: request.activity for name, request in requests.items()} == {
        "account": "crm.account",
        "stock": "wms.positions",
        "freight": "wms.freight_quotes",
        "sourcing": "erp.sourcing",
    }
    assert requests["stock"].arguments == {"items": ["BOLT", "NUT"], "order_id": "SO-1"}
    assert requests["freight"].arguments == {
        "order_id": "SO-1",
        "postal_code": "10001",
        "region": "NY",
        "country": "US",
        "value": "1100",
        "quantity": "110",
    }


def test_stock_that_turned_up_ships_as_planned_by_itself() -> None:
    """There is nothing to promise anew: only the stock is set aside."""
    assessment = inventory(stocked("NYC", 100))
    option = chosen(assessment, "FULL_FROM_STOCK")
    assert (assessment.recommended, assessment.ask) == ("FULL_FROM_STOCK", None)
    assert steps(option) == ["wms.reserve"]
    assert option.cost.amount == 0


@pytest.mark.parametrize(("holds", "kind"), [((hold(),), "HARD"), ((hold(), hold("TAX", hold_id="H2")), "SOFT")])
def test_stock_is_held_softly_while_another_hold_is_open(holds: tuple[Any, ...], kind: str) -> None:
    """So that it is neither lost nor picked."""
    assessment = inventory(stocked("NYC", 100), the_order=order(holds=holds))
    assert step(chosen(assessment, "FULL_FROM_STOCK"), "wms.reserve").arguments["kind"] == kind


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"ship_complete": True}, "PARTIAL_BACKORDER"),
        ({"allow_partial": False}, "PARTIAL_BACKORDER"),
        ({"allow_backorder": False}, "PARTIAL_BACKORDER"),
        ({"max_shipments": 1}, "PARTIAL_BACKORDER"),
        ({"ship_complete": True}, "SPLIT_DC"),
        ({"max_shipments": 1}, "SPLIT_DC"),
        ({"allow_substitute": False}, "SUBSTITUTE"),
    ],
)
def test_what_the_customer_has_not_agreed_to_needs_consent(terms: dict[str, Any], code: str) -> None:
    """The account manager talks to the customer, and the reason says about what."""
    assessment = inventory(
        home(),
        stocked("CHI", 60),
        stocked("NYC", 100, "BOLT2"),
        items=(MASTER,),
        the_order=order(**({"allow_substitute": True} | terms)),
    )
    option = chosen(assessment, code)
    assert option.role == "account_manager"
    assert "needs the customer's consent" in option.reason
    assert not option.automatic
    assert code in assessment.findings["needs the customer's consent"]


@pytest.mark.parametrize(
    ("words", "positions", "terms"),
    [
        ("ASK,the customer has to agree", (stocked("NYC", 40), stocked("CHI", 60)), {"ship_complete": True}),
        ("ASK,nothing is left", (stocked("NYC", 110, hard_allocated=Decimal(70), allocations=(OTHERS,)),), {}),
        ("ASK,nothing is left", (stocked("NYC", 40),), {}),
        ("ASK,the hold is HARD", (stocked("NYC", 100),), {"holds": (HARD,)}),
    ],
    ids=["consent", "reallocate", "cancel", "hard"],
)
def test_what_is_always_a_persons_decision_no_table_makes_automatic(
    words: str, positions: tuple[StockPosition, ...], terms: dict[str, Any]
) -> None:
    """A row that was changed to release it still asks."""
    held = order(**terms)
    lenient = policy_with("inventory_rules.csv", words, words.replace("ASK", "RELEASE"))
    assessment = inventory(*positions, the_order=held, the_hold=held.holds[0], by=lenient)
    assert assessment.ask is not None
    assert not any(option.automatic for option in assessment.options)


def test_a_single_other_warehouse_may_serve_an_order_that_ships_complete() -> None:
    """One shipment is complete, wherever it comes from."""
    assessment = inventory(stocked("NYC", 40), stocked("CHI", 100), the_order=order(ship_complete=True))
    assert (assessment.recommended, assessment.ask) == ("SPLIT_DC", None)


@pytest.mark.parametrize(
    ("freight", "rule"), [("30", "in_time"), ("30.01", "dear_freight")], ids=["at 3 %", "above 3 %"]
)
def test_three_percent_of_the_value_is_the_last_that_goes_by_itself(freight: str, rule: str) -> None:
    """1,000 USD of goods bear 30 USD of added freight."""
    quotes = (quote("NYC", 20), quote("CHI", freight))
    assessment = inventory(stocked("NYC", 40), stocked("CHI", 60), quotes=quotes)
    assert assessment.rules[0].rule == rule


@pytest.mark.parametrize(("freight", "rule"), [("20", "in_time"), ("20.01", "freight_eats_margin")])
def test_a_fifth_of_the_margin_is_the_last_that_goes_by_itself(freight: str, rule: str) -> None:
    """100 USD of margin bear 20 USD of added freight."""
    quotes = (quote("NYC", 20), quote("CHI", freight))
    held = order(line(unit_cost=Decimal(9)))
    assessment = inventory(stocked("NYC", 40), stocked("CHI", 60), quotes=quotes, the_order=held)
    assert assessment.rules[0].rule == rule


def test_a_hold_on_a_line_leaves_the_others_alone() -> None:
    """Their stock is theirs, and their shipment costs nothing more."""
    held = order(line("1", quantity=50), line("2", quantity=30))
    named = hold("STOCK", lines=("1",))
    assessment = inventory(stocked("NYC", 70), stocked("CHI", 100), the_order=held, the_hold=named)
    assert assessment.findings["line 1"].endswith("40 can be promised in NYC today")
    assert "line 2" not in assessment.findings
    option = chosen(assessment, "SPLIT_DC")
    assert "2 shipment(s)" in option.reason
    assert option.cost.amount == 25


def test_what_is_backordered_already_has_its_answer() -> None:
    """After our own split the rest is not short again."""
    held = order(line("1", quantity=40), line("1-2", quantity=60, status=LineStatus.BACKORDERED))
    assert inventory(stocked("NYC", 40), the_order=held).recommended == "FULL_FROM_STOCK"


def test_nothing_leaves_after_the_carrier_has_gone() -> None:
    """Everything arrives a day later."""
    gone = order(carrier_cutoff=NOW + timedelta(minutes=59))
    effect = chosen(inventory(stocked("NYC", 100), the_order=gone), "FULL_FROM_STOCK").customer_effect
    assert effect == f"line 1, BOLT: 100 EA on {day(2)}"


def test_stock_that_a_lesser_order_wants_costs_by_criticality() -> None:
    """Taking it is possible, and dearer for an item that hurts when it is out."""
    wanted = stocked("NYC", 100, demand=(Demand(order_id="SO-9", needed_on=TODAY, quantity=Decimal(50), priority=9),))
    costs = {
        criticality: chosen(
            inventory(wanted, items=(ItemSourcing(item="BOLT", criticality=criticality),)), "FULL_FROM_STOCK"
        ).cost.amount
        for criticality in ("NORMAL", "HIGH", "CRITICAL", "UNHEARD OF")
    }
    assert costs == {"NORMAL": 24, "HIGH": 45, "CRITICAL": 180, "UNHEARD OF": 180}


def test_a_planned_warehouse_without_a_quote_still_ships() -> None:
    """At what the customer pays for freight."""
    assessment = inventory(stocked("NYC", 100), quotes=(), the_order=order(freight=Decimal(12)))
    assert assessment.findings["shipping as planned"] == "12.00 USD"
    assert assessment.recommended == "FULL_FROM_STOCK"


def test_what_the_item_master_does_not_know_can_still_be_cancelled() -> None:
    """There is always something to recommend."""
    assert offered(inventory()) == {"CANCEL_LINE"}


def test_a_hard_hold_is_asked_about_even_with_stock() -> None:
    """Automation never releases it."""
    assessment = inventory(stocked("NYC", 100), the_hold=HARD)
    assert assessment.ask is not None
    assert not any(option.automatic for option in assessment.options)
