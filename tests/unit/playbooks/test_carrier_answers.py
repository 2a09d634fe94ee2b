from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.assessment import Assessment, Disposition
from domain.facts.consent import CustomerAnswer
from domain.facts.transport import PickupSite
from domain.order import CarrierInstructions
from domain.policy.wording import customer_question, fill
from tests.unit.playbooks.scenario import (
    NOW,
    TODAY,
    chosen,
    day,
    line,
    offered,
    policy,
    step,
    steps,
)
from tests.unit.playbooks.shipping import (
    ABOUT_AIR,
    COLLECT,
    COLLECTION,
    GUIDE,
    ONLY_AIR,
    PREPAY_ADD,
    SILENCE,
    SLOW,
    account_with,
    amounts,
    answered,
    route,
    service,
    tendered,
    unrouted,
    unsent,
)


def consenting(choice: str | None, about: str = ABOUT_AIR, *quotes: Any, **more: Any) -> Assessment:
    """Only the expedited service is in time, the customer would pay for it, and answered."""
    held = unrouted(freight_terms=PREPAY_ADD)
    said = () if choice is None else (answered(choice, about),)
    return unsent(*(quotes or ONLY_AIR), the_order=held, said=said, **more)


def test_expedited_freight_that_the_customer_pays_is_asked_about_first() -> None:
    """The question says what each service costs and when it arrives, and the wait is on the customer's time."""
    option = consenting(None).recommended_option
    ask = step(option, "crm.ask_customer")
    assert (option.code, option.disposition, option.automatic) == ("ASK_CUSTOMER", Disposition.REASSESS, True)
    assert (ask.undo, ask.arguments["question"], ask.arguments["about"]) == (
        "withdraw_question",
        "carrier_instructions",
        ABOUT_AIR,
    )
    assert ask.arguments["choices"] == ["SERVICE_1", "SERVICE_2", "PICKUP", "AMEND", "CALL"]
    assert ask.arguments["values"] == {
        "po_number": "PO-1",
        "service_1": f"Carrier UPSN, AIR: arrives on {day(1)}, freight is 140.00 USD",
        "service_2": f"Carrier SLOW, BOAT: arrives on {day(9)}, freight is 10.00 USD",
    }
    wait = option.plan.wait
    assert wait is not None
    assert (wait.on_customer, wait.name) == (True, f"carrier_instructions {ABOUT_AIR}")
    assert NOW + timedelta(days=2) <= wait.until <= NOW + timedelta(days=3)


def test_what_the_customer_agreed_to_pay_is_charged() -> None:
    """The answer makes it automatic, however dear it is."""
    option = consenting("SERVICE_1").recommended_option
    assert (option.code, option.automatic, tendered(option)) == ("RATE_SHOP", True, "UPSN:AIR")
    assert step(option, "erp.set_carrier").arguments["freight"] == "140.00"
    assert amounts(option) == [100, 0]


def test_a_customer_who_chooses_a_late_service_gets_it() -> None:
    """The date stood in the question."""
    option = consenting("SERVICE_2").recommended_option
    assert (option.automatic, tendered(option)) == (True, "SLOW:BOAT")


@pytest.mark.parametrize(
    "quotes",
    [
        (service("UPSN:AIR", "140.01", 1, expedited=True), SLOW),
        (service("UPSN:AIR", 140, 1, expedited=True, accepting=False), service("DHLX:AIR", 90, 1, expedited=True)),
    ],
    ids=["dearer now", "gone"],
)
def test_an_agreement_holds_for_what_was_agreed_only(quotes: tuple[Any, ...]) -> None:
    """At a higher price, or with another carrier, it is a new question; a lower price is welcome."""
    again = consenting("SERVICE_1", ABOUT_AIR, *quotes).recommended_option
    assert again.code == "ASK_CUSTOMER"
    assert step(again, "crm.ask_customer").arguments["about"] != ABOUT_AIR
    cheaper = consenting("SERVICE_1", ABOUT_AIR, service("UPSN:AIR", 139, 1, expedited=True)).recommended_option
    assert step(cheaper, "erp.set_carrier").arguments["freight"] == "139.00"


def test_without_an_answer_expedited_freight_is_ours() -> None:
    """Nobody is charged what he has not agreed to: the traffic manager decides whether we pay."""
    assessment = consenting(None, waited_for=SILENCE)
    option = assessment.recommended_option
    arguments = step(option, "erp.set_carrier").arguments
    assert (arguments["freight_terms"], arguments["freight"]) == ("PREPAID", "40.00")
    assert option.cost == option.amount
    assert assessment.ask is not None
    assert assessment.findings["customer"] == "silent"


def test_an_expedited_service_by_the_customers_own_guide_needs_no_question() -> None:
    """A default of ours for the order type does not count in its place."""
    held = unrouted(120, freight_terms=PREPAY_ADD)
    guided = unsent(*ONLY_AIR, the_order=held, guide=route("UPSN:AIR"))
    assert (guided.recommended, guided.rules[0].rule) == ("APPLY_DEFAULT", "default_small")
    ours = unsent(*ONLY_AIR, the_order=held, order_type=route("UPSN:AIR"))
    assert (ours.recommended, ours.rules[0].rule) == ("ASK_CUSTOMER", "consent_missing")


def test_an_account_to_be_billed_that_nobody_knows_is_asked_about() -> None:
    """If the customer chooses a service then, its freight goes onto the invoice."""
    held = unrouted(0, freight_terms=COLLECT)
    asked = unsent(the_order=held).recommended_option
    about = str(step(asked, "crm.ask_customer").arguments["about"])
    option = unsent(the_order=held, said=(answered("SERVICE_2", about),)).recommended_option
    arguments = step(option, "erp.set_carrier").arguments
    assert (arguments["scac"], arguments["freight_terms"], arguments["freight"]) == ("FXFE", "PREPAY_ADD", "55.00")


def test_among_carriers_those_with_a_valid_account_come_first() -> None:
    """Even if they ask more: the customer pays them."""
    held = unrouted(0, freight_terms=COLLECT)
    option = unsent(the_order=held, accounts=(account_with("FXFE"),)).recommended_option
    assert (option.code, tendered(option)) == ("RATE_SHOP", "FXFE:ECONOMY")
    assert amounts(option) == [0, 0]


def test_a_question_that_is_open_is_waited_for_and_one_that_is_over_is_put_anew() -> None:
    """With another name: the deadline of the first does not count for the second."""
    assert steps(chosen(consenting(None), "ASK_CUSTOMER")) == ["crm.ask_customer"]
    is_open = unsent(*ONLY_AIR, the_order=unrouted(freight_terms=PREPAY_ADD), said=(answered(None, ABOUT_AIR),))
    assert steps(chosen(is_open, "ASK_CUSTOMER")) == []
    over = unsent(
        *ONLY_AIR,
        the_order=unrouted(freight_terms=PREPAY_ADD),
        said=(answered(None, ABOUT_AIR),),
        waited_for=(f"carrier_instructions {ABOUT_AIR}",),
    )
    again = chosen(over, "ASK_CUSTOMER")
    assert again.plan.wait is not None
    assert again.plan.wait.name == f"carrier_instructions 2/{ABOUT_AIR}"
    choice = unsent(
        *ONLY_AIR,
        the_order=unrouted(freight_terms=PREPAY_ADD),
        said=(answered(None, ABOUT_AIR), answered("SERVICE_2", f"2/{ABOUT_AIR}")),
    )
    assert tendered(choice.recommended_option) == "SLOW:BOAT"


def test_a_collection_is_confirmed_before_it_is_booked() -> None:
    """Unless the customer agreed to it already."""
    asking = chosen(unsent(), "PICKUP")
    assert (steps(asking), asking.disposition) == (["crm.ask_customer"], Disposition.REASSESS)
    assert step(asking, "crm.ask_customer").arguments["choices"] == ["CONFIRM", "DECLINE"]
    option = unsent(said=(answered("CONFIRM", question="carrier_pickup"),)).recommended_option
    assert [(one.activity, one.undo) for one in option.plan.steps] == [
        ("tms.book_pickup", "cancel_pickup"),
        ("erp.set_carrier", "reverse_amendment"),
    ]
    assert step(option, "tms.book_pickup").arguments == {
        "order_id": "SO-1",
        "customer_id": "C-1",
        "warehouse": "NYC",
        "ready_on": TODAY.isoformat(),
        "weight_kg": "100",
        "hazmat": False,
    }
    arguments = step(option, "erp.set_carrier").arguments
    assert (arguments["scac"], arguments["freight"], arguments["incoterms"]) == ("CPU", "0.00", "FCA NYC")
    assert CarrierInstructions.model_validate(arguments).is_complete


def test_who_collects_by_contract_is_not_asked() -> None:
    """The rule of Incoterms stays on the order."""
    option = unsent(the_order=unrouted(incoterms="EXW New York")).recommended_option
    assert (option.code, steps(option)) == ("PICKUP", ["tms.book_pickup", "erp.set_carrier"])
    assert step(option, "erp.set_carrier").arguments["incoterms"] == "EXW New York"


def test_a_refusal_to_collect_is_a_persons_business() -> None:
    """The market is recommended."""
    assessment = unsent(said=(answered("DECLINE", question="carrier_pickup"),))
    assert (assessment.rules[0].rule, assessment.recommended) == ("declined", "RATE_SHOP")


@pytest.mark.parametrize(
    ("site", "lines"),
    [
        (None, ()),
        (COLLECTION, (line(hazmat=True),)),
        (PickupSite(warehouse="NYC", days=()), ()),
    ],
    ids=["no site", "dangerous goods", "never open"],
)
def test_a_collection_that_is_impossible_is_not_offered(site: PickupSite | None, lines: tuple[Any, ...]) -> None:
    """Nor to the customer, in a question."""
    assessment = unsent(the_order=unrouted(40, *lines), pickup=site)
    assert "PICKUP" not in offered(assessment)
    assert "PICKUP" not in step(chosen(assessment, "ASK_CUSTOMER"), "crm.ask_customer").arguments["choices"]  # type: ignore[operator]


def test_an_agreement_to_collect_that_cannot_be_kept_goes_to_a_person() -> None:
    """The warehouse no longer takes customers in."""
    assessment = unsent(said=(answered("PICKUP"),), pickup=None)
    assert assessment.ask is not None
    assert "PICKUP cannot be done" in assessment.reason


def test_questions_and_messages_can_be_written() -> None:
    """Every template has the values that the options give."""
    for assessment in (unsent(**GUIDE), consenting(None), unsent(said=(answered("PICKUP"),))):
        for option in assessment.options:
            for message in option.messages:
                assert fill(policy(), f"templates/customer/{message.template}.txt", message.values)
            for asked in (one.arguments for one in option.plan.steps if one.operation == "ask_customer"):
                choices, values = asked["choices"], asked["values"]
                assert isinstance(choices, list)
                assert isinstance(values, dict)
                words = {name: str(value) for name, value in values.items()}
                question = customer_question(policy(), str(asked["question"]), [str(one) for one in choices], words)
                assert list(question.labels) == choices


def test_an_answer_by_a_choice_is_the_last_one() -> None:
    """Whoever changes his mind is heard."""
    earlier = answered("CALL")
    later = CustomerAnswer(**(earlier.model_dump() | {"choice": "PICKUP", "answered_at": NOW}))
    assert unsent(said=(later, earlier)).recommended == "PICKUP"
