from __future__ import annotations

from datetime import time
from decimal import Decimal

import pytest

from domain.facts.transport import Dock
from domain.order import FreightTerms, TemperatureClass
from domain.playbooks import InvalidAdjustment, playbook_for
from domain.recheck import compare, still_stands
from tests.unit.playbooks.scenario import (
    TODAY,
    chosen,
    day,
    hold,
    line,
    offered,
    order,
    policy_with,
    step,
)
from tests.unit.playbooks.shipping import (
    AIR,
    ALL,
    CARRIER,
    COLLECT,
    ENDED,
    GROUND,
    GUIDE,
    ONLY_AIR,
    PREPAY_ADD,
    SLOW,
    THIRD_PARTY,
    account_with,
    amounts,
    route,
    service,
    tendered,
    unrouted,
    unsent,
)


def test_the_facts_are_asked_for_by_the_order_alone() -> None:
    """Weight, volume and what the goods need are those of the open lines; the goods are ready at the cut-off."""
    held = order(
        line("1", quantity=10, unit_weight_kg=Decimal("2.5"), unit_volume_m3=Decimal("0.1"), hazmat=True),
        line("2", quantity=1, unit_weight_kg=Decimal(1), temperature=TemperatureClass.FROZEN),
    )
    requests = {request.name: request for request in playbook_for(CARRIER).facts_needed(held, hold("CARRIER"))}
    assert {name: request.activity for name, request in requests.items()} == {
        "account": "crm.account",
        "routing": "tms.routing",
        "rates": "tms.rates",
        "customer_answers": "crm.customer_answers",
    }
    assert requests["routing"].arguments == {
        "customer_id": "C-1",
        "site_id": "S-1",
        "region": "NY",
        "postal_code": "10001",
        "order_type": "STANDARD",
        "service_level": "STANDARD",
        "warehouse": "NYC",
    }
    assert requests["rates"].arguments == {
        "origin": "NYC",
        "region": "NY",
        "postal_code": "10001",
        "country": "US",
        "weight_kg": "26.0",
        "volume_m3": "1.0",
        "hazmat": "true",
        "temperature": ["AMBIENT", "FROZEN"],
        "ready_on": TODAY.isoformat(),
    }


def test_a_standing_instruction_is_tendered_and_written_on_the_order() -> None:
    """The tender first, because the carrier may refuse; both can be taken back."""
    option = chosen(unsent(**GUIDE, dock=Dock(lift_gate=False)), "APPLY_DEFAULT")
    assert [(one.activity, one.undo) for one in option.plan.steps] == [
        ("tms.tender", "cancel_tender"),
        ("erp.set_carrier", "reverse_amendment"),
    ]
    assert step(option, "tms.tender").arguments == {
        "order_id": "SO-1",
        "customer_id": "C-1",
        "scac": "FXFE",
        "service": "ECONOMY",
        "warehouse": "NYC",
        "site_id": "S-1",
        "region": "NY",
        "weight_kg": "100",
        "hazmat": False,
        "temperatures": ["AMBIENT"],
        "lift_gate": False,
        "pickup_on": TODAY.isoformat(),
        "freight_terms": "PREPAID",
        "account": None,
        "cost": "55.00",
    }
    assert step(option, "erp.set_carrier").arguments == {
        "scac": "FXFE",
        "service": "ECONOMY",
        "freight_terms": "PREPAID",
        "account": None,
        "incoterms": None,
        "freight": "40.00",
        "basis": "the routing guide",
    }
    assert amounts(option) == [15, 15]


@pytest.mark.parametrize(
    ("terms", "charged", "amount", "cost"),
    [("PREPAID", "40.00", 15, 15), ("PREPAY_ADD", "55.00", 15, 0), ("COLLECT", "0.00", 0, 0)],
)
def test_who_pays_decides_what_is_charged_and_what_we_bear(terms: str, charged: str, amount: int, cost: int) -> None:
    """Prepaid freight stays as agreed, added freight is what the carrier asks, and an account is billed elsewhere."""
    guide = route("FXFE:ECONOMY", FreightTerms(terms), "A-1" if terms == "COLLECT" else None)
    option = chosen(unsent(guide=guide, accounts=(account_with("FXFE"),)), "APPLY_DEFAULT")
    assert step(option, "erp.set_carrier").arguments["freight"] == charged
    assert amounts(option) == [amount, cost]


def test_an_account_that_ended_does_not_count_and_the_reason_says_so() -> None:
    """The next source is taken, and people read why."""
    assessment = unsent(ship_to=route("UPSN:GROUND"), **ENDED)
    option = assessment.recommended_option
    assert (option.code, tendered(option)) == ("APPLY_DEFAULT", "UPSN:GROUND")
    why = f"the routing guide does not count: the COLLECT account with FXFE ended on {day(-1)}"
    assert why in option.reason
    assert why in assessment.findings["passed over"]


@pytest.mark.parametrize(
    ("terms", "account_number"),
    [(PREPAY_ADD, None), (COLLECT, "A-1"), (THIRD_PARTY, "T-1")],
)
def test_terms_that_the_order_states_come_before_standing_ones(terms: FreightTerms, account_number: str | None) -> None:
    """Who pays was agreed with the order; an account that nobody named is the one on file."""
    accounts = (account_with("UPSN"), account_with("UPSN", THIRD_PARTY, "T-1"))
    held = unrouted(freight_terms=terms)
    option = unsent(the_order=held, ship_to=route("UPSN:GROUND"), accounts=accounts).recommended_option
    arguments = step(option, "erp.set_carrier").arguments
    assert (arguments["freight_terms"], arguments["account"]) == (terms, account_number)


def test_of_the_market_the_cheapest_in_time_is_taken() -> None:
    """Slower ones are cheaper, faster ones dearer; the lines say when the goods are needed."""
    assert tendered(chosen(unsent(), "RATE_SHOP")) == "UPSN:GROUND"
    urgent = unrouted(40, line(need_by=day(1)))
    assert tendered(chosen(unsent(the_order=urgent), "RATE_SHOP")) == "UPSN:AIR"


def test_a_lift_gate_is_paid_for() -> None:
    """It makes another service the cheaper one."""
    with_gate = (
        service("UPSN:GROUND", 40, lift_gate_cost=Decimal(90)),
        service("FXFE:LTL", 55, lift_gate_cost=Decimal(20)),
    )
    option = chosen(unsent(*with_gate, dock=Dock(lift_gate=True)), "RATE_SHOP")
    assert tendered(option) == "FXFE:LTL"
    assert step(option, "tms.tender").arguments["cost"] == "75.00"
    assert step(option, "tms.tender").arguments["lift_gate"] is True


def test_a_person_may_choose_another_service_of_those_that_can_carry_it() -> None:
    """Its cost becomes what authority is measured against."""
    option = chosen(unsent(adjustments={"RATE_SHOP": {"service": "UPSN:AIR"}}), "RATE_SHOP")
    assert tendered(option) == "UPSN:AIR"
    assert option.amount.amount == 100
    assert [(one.name, one.kind, one.value) for one in option.parameters] == [("service", "text", "UPSN:AIR")]
    assert option.parameters[0].meaning == "carrier and service, one of UPSN:GROUND, FXFE:ECONOMY, UPSN:AIR, SLOW:BOAT"


def test_what_a_person_chose_is_judged_as_what_it_costs() -> None:
    """A dear wish does not slip through because the best of the market is cheap."""
    assessment = unsent(adjustments={"RATE_SHOP": {"service": "UPSN:AIR"}})
    assert (assessment.rules[0].rule, assessment.ask is not None) == ("shopped_dear", True)
    held = unrouted(freight_terms=PREPAY_ADD)
    ours = unsent(*ONLY_AIR, SLOW, the_order=held, adjustments={"RATE_SHOP": {"service": "SLOW:BOAT"}})
    assert ours.rules[0].rule == "late"


@pytest.mark.parametrize(
    ("wish", "why"),
    [("UPSN:TRUCK", "nobody quotes it"), ("TINY:BIKE", "carries up to 5 kg")],
)
def test_a_service_that_cannot_be_had_leaves_the_choice_as_it_was(wish: str, why: str) -> None:
    """The person reads why, and approves what is there or chooses again."""
    bike = service("TINY:BIKE", 1, max_weight_kg=Decimal(5))
    option = chosen(unsent(*ALL, bike, adjustments={"RATE_SHOP": {"service": wish}}), "RATE_SHOP")
    assert tendered(option) == "UPSN:GROUND"
    assert option.reason.endswith(f"{wish} cannot be had: {why}")


@pytest.mark.parametrize("adjustments", [{"carrier": "UPSN"}, {"service": "a b"}])
def test_what_is_no_code_or_no_parameter_is_refused(adjustments: dict[str, str]) -> None:
    """By a message to whoever typed it."""
    with pytest.raises(InvalidAdjustment):
        unsent(adjustments={"RATE_SHOP": adjustments})


@pytest.mark.parametrize(
    ("freight", "cost", "rule"),
    [
        (100, "125", "shopped_small"),
        (100, "125.01", "shopped_dear"),
        (500, "550", "shopped_in_proportion"),
        (500, "550.01", "shopped_dear"),
        (0, "25", "shopped_small"),
        (0, "25.01", "shopped_dear"),
        (500, "1", "shopped_small"),
    ],
)
def test_freight_may_grow_by_25_or_a_tenth(freight: int, cost: str, rule: str) -> None:
    """Whichever is more; a tenth of the freight that the order has already."""
    assert unsent(service("UPSN:GROUND", cost), the_order=unrouted(freight)).rules[0].rule == rule


@pytest.mark.parametrize(
    ("cost", "role", "juniors"),
    [
        ("2540", "traffic_manager", ()),
        ("2540.01", "operations_manager", ("traffic_manager",)),
        ("25040.01", "controller", ("traffic_manager", "operations_manager")),
    ],
)
def test_added_freight_decides_who_is_asked(cost: str, role: str, juniors: tuple[str, ...]) -> None:
    """By the limits of the authority table."""
    assessment = unsent(service("UPSN:GROUND", cost))
    assert assessment.ask is not None
    assert assessment.ask.role == role
    assert assessment.recommended_option.juniors == juniors


def test_goods_that_nobody_can_carry_are_never_dropped() -> None:
    """What stands in the way of each service is told, and the customer can be asked."""
    assessment = unsent(
        service("UPSN:GROUND", 40, hazmat=False), the_order=unrouted(40, line(hazmat=True)), pickup=None
    )
    assert offered(assessment) == {"ASK_CUSTOMER"}
    assert assessment.ask is not None
    assert assessment.findings["not UPSN:GROUND"] == "carries no dangerous goods"
    assert step(chosen(assessment, "ASK_CUSTOMER"), "crm.ask_customer").arguments["choices"] == ["AMEND", "CALL"]


def test_a_carrier_that_the_order_names_comes_before_cheaper_ones() -> None:
    """A standing instruction for another one does not count."""
    assessment = unsent(the_order=unrouted(120, scac="UPSN", service="AIR"), **GUIDE)
    assert (assessment.rules[0].rule, tendered(assessment.recommended_option)) == ("default_small", "UPSN:AIR")
    half = unsent(the_order=unrouted(50, scac="FXFE"), guide=route("UPSN:GROUND"))
    assert tendered(half.recommended_option) == "FXFE:ECONOMY"
    assert "the order names another carrier or service" in half.findings["passed over"]


def test_who_approved_is_asked_again_when_freight_has_grown_beyond_the_terms() -> None:
    """Ten percent of the added freight for this customer; less is always fine."""
    before = chosen(unsent(service("UPSN:GROUND", 140)), "RATE_SHOP")
    for cost, stands in (("150", True), ("150.01", False), ("40", True)):
        after = unsent(service("UPSN:GROUND", cost))
        assert still_stands(compare(before, before.amount, after)) is stands


def test_what_policy_decided_is_void_once_a_larger_order_costs_more_to_send() -> None:
    """Facts are read again after another hold changed the order; a dearer load is judged anew."""
    before = unsent(service("UPSN:GROUND", 60)).recommended_option
    assert not still_stands(compare(before, before.amount, unsent(service("UPSN:GROUND", 90))))
    assert still_stands(compare(before, before.amount, unsent(service("UPSN:GROUND", 60), the_order=unrouted(44))))


def test_an_approval_of_one_carrier_is_none_of_another() -> None:
    """A service that is gone by the time of execution is not replaced behind the approver's back."""
    adjusted = {"RATE_SHOP": {"service": "FXFE:ECONOMY"}}
    free = unrouted(0)
    before = chosen(unsent(the_order=free, adjustments=adjusted), "RATE_SHOP")
    after = unsent(GROUND, AIR, the_order=free, adjustments=adjusted)
    assert tendered(chosen(after, "RATE_SHOP")) == "UPSN:GROUND"
    assert not still_stands(compare(before, before.amount, after))


def test_the_terms_are_the_business_own() -> None:
    """Two choices instead of four."""
    by = policy_with("carrier_terms.csv", "<=25000,2d,4,true", "<=25000,2d,2,true")
    ask = step(chosen(unsent(by=by), "ASK_CUSTOMER"), "crm.ask_customer")
    assert ask.arguments["about"] == "UPSN:GROUND:40.00/FXFE:ECONOMY:55.00"


def test_nothing_personal_is_in_what_people_and_systems_read() -> None:
    """Accounts are named by carrier; the number goes to the TMS and the ERP alone."""
    held = unrouted(freight_terms=COLLECT)
    assessment = unsent(the_order=held, accounts=(account_with("FXFE", number="SECRET-7"),), dock=Dock(opens=time(7)))
    told = [assessment.reason, *assessment.findings.values()]
    for option in assessment.options:
        told += [option.reason, option.customer_effect, *(one.summary for one in option.plan.steps)]
        told += [value for message in option.messages for value in message.values.values()]
    assert not any("SECRET-7" in text for text in told)
