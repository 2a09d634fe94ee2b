from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from domain.assessment import Assessment, Disposition, Option
from domain.exception_types import ExceptionType
from domain.facts.consent import CustomerAnswer
from domain.order import ServiceLevel
from domain.playbooks import playbook_for
from domain.policy.wording import customer_question, instant_in_words
from tests.unit.playbooks.scenario import HARD, NOW, hold, inventory, order, policy, policy_with, receipt, stocked

STOCK = ExceptionType.INVENTORY_SHORTFALL
TWO_SITES = (stocked("NYC", 40), stocked("CHI", 60))
LATER = (stocked("NYC", 40, receipts=(receipt(3, 60),)),)
SPLIT, PARTIAL = "inventory_split", "inventory_partial"


def said(choice: str | None, question: str = SPLIT, about: str = "2") -> CustomerAnswer:
    return CustomerAnswer(
        question=question,
        about=about,
        choice=choice,
        asked_at=NOW - timedelta(hours=2),
        answer_by=NOW + timedelta(hours=4),
        answered_at=NOW if choice else None,
    )


def complete(
    *answers: CustomerAnswer, waited_for: Iterable[str] = (), stock: Any = TWO_SITES, segment: str = "B", **terms: Any
) -> Assessment:
    """An order that is to ship complete, and what its customer said so far."""
    fields = {"ship_complete": True} | terms
    return inventory(
        *stock,
        the_order=order(**fields),
        customer={"segment": segment},
        said=answers,
        waited_for=tuple(waited_for),
    )


def offered(assessment: Assessment, code: str) -> Option:
    option = assessment.option(code)
    assert option is not None, [option.code for option in assessment.options]
    return option


def test_the_customer_is_asked_without_asking_a_person_first() -> None:
    assessment = complete()
    option = assessment.recommended_option
    assert (assessment.recommended, assessment.ask, assessment.rules[0].rule) == ("SPLIT_DC", None, "ask")
    assert option.disposition is Disposition.REASSESS
    assert [step.activity for step in option.plan.steps] == ["crm.ask_customer"]
    assert option.plan.wait is not None
    assert option.plan.wait.on_customer
    assert "needs the customer's consent: the order is to ship complete" in option.reason
    assert option.messages == ()


def test_while_the_answer_is_awaited_nobody_asks_again() -> None:
    assessment = complete(said(None))
    assert assessment.ask is None
    assert assessment.recommended_option.plan.steps == ()
    assert assessment.recommended_option.plan.wait is not None


def test_what_the_customer_agreed_to_is_judged_like_any_other_way() -> None:
    assessment = complete(said("AGREE"))
    option = assessment.recommended_option
    assert (option.code, assessment.ask, assessment.rules[0].rule) == ("SPLIT_DC", None, "in_time")
    assert option.disposition is Disposition.RELEASE
    assert {step.system for step in option.plan.steps} == {"wms", "erp"}
    assert "the customer has agreed" in option.reason
    assert "needs" not in option.reason
    assert assessment.findings["needs the customer's consent"] == "nothing"


def test_agreeing_to_two_shipments_is_no_consent_to_three() -> None:
    stock = (stocked("NYC", 40), stocked("CHI", 40), stocked("DAL", 20))
    assessment = complete(said("AGREE"), stock=stock)
    assert assessment.recommended_option.disposition is Disposition.REASSESS
    assert assessment.recommended_option.plan.steps[0].arguments["about"] == "3"


def test_what_the_customer_declined_is_not_offered_and_they_are_not_asked_about_the_next() -> None:
    stock = (stocked("NYC", 40, receipts=(receipt(3, 60),)), stocked("CHI", 60))
    before = complete(stock=stock)
    assert {"SPLIT_DC", "PARTIAL_BACKORDER"} <= {option.code for option in before.options}
    after = complete(said("DECLINE"), stock=stock)
    assert not {"SPLIT_DC", "PARTIAL_BACKORDER"} & {option.code for option in after.options}
    assert after.recommended == "WAIT_FULL"


@pytest.mark.parametrize(("segment", "left"), [("A", {"SPLIT_DC"}), ("B", set()), ("C", set())])
def test_silence_is_no_consent_but_the_account_manager_may_call_the_best_customers(
    segment: str, left: set[str]
) -> None:
    stock = (stocked("NYC", 40, receipts=(receipt(9, 60),)), stocked("CHI", 60))
    assessment = complete(said(None), waited_for=(f"{SPLIT} 2",), stock=stock, segment=segment)
    found = {option.code: option for option in assessment.options if option.code in ("SPLIT_DC", "PARTIAL_BACKORDER")}
    assert found.keys() == left
    assert all(option.role == "account_manager" and not option.automatic for option in found.values())
    assert all(option.disposition is Disposition.RELEASE for option in found.values())


@pytest.mark.parametrize(
    ("level", "hours"), [(ServiceLevel.SAME_DAY, 1), (ServiceLevel.PRIORITY, 4), (ServiceLevel.STANDARD, 24)]
)
def test_the_time_to_answer_depends_on_the_service_level(level: ServiceLevel, hours: int) -> None:
    wait = complete(service_level=level).recommended_option.plan.wait
    assert wait is not None
    assert timedelta(hours=hours) <= wait.until - NOW <= timedelta(hours=hours * 1.25)


@pytest.mark.parametrize(
    ("code", "question", "stock", "terms"),
    [
        ("SPLIT_DC", SPLIT, TWO_SITES, {}),
        ("PARTIAL_BACKORDER", PARTIAL, LATER, {}),
        ("PARTIAL_BACKORDER", PARTIAL, LATER, {"ship_complete": False, "allow_partial": False}),
        ("PARTIAL_BACKORDER", PARTIAL, LATER, {"ship_complete": False, "allow_backorder": False}),
    ],
)
def test_each_question_has_a_wording_for_what_it_asks(code: str, question: str, stock: Any, terms: Any) -> None:
    (step,) = offered(complete(stock=stock, **terms), code).plan.steps
    arguments = step.arguments
    assert arguments["question"] == question
    values: Any = arguments["values"]
    choices: Any = arguments["choices"]
    known = {**values, "order_id": "SO-1", "answer_by": instant_in_words(NOW)}
    wording = customer_question(policy(), question, choices, known)
    assert list(wording.labels) == ["AGREE", "DECLINE"]
    assert "line 1, BOLT: " in wording.text


def test_the_answers_are_read_only_for_orders_that_may_need_them() -> None:
    def named(**terms: Any) -> bool:
        requests = playbook_for(STOCK).facts_needed(order(**terms), hold())
        return "customer_answers" in {request.name for request in requests}

    assert not named()
    assert named(ship_complete=True)
    assert named(allow_partial=False)
    assert named(allow_backorder=False)
    assert named(max_shipments=1)


def test_a_case_that_was_opened_before_answers_were_facts_goes_to_the_account_manager() -> None:
    assessment = inventory(*TWO_SITES, the_order=order(ship_complete=True))
    assert (assessment.recommended, assessment.ask and assessment.ask.role) == ("SPLIT_DC", "account_manager")


def test_a_hard_hold_asks_a_person_before_the_customer() -> None:
    assessment = inventory(*TWO_SITES, the_order=order(ship_complete=True), the_hold=HARD, said=())
    assert assessment.ask is not None


@pytest.mark.parametrize(
    ("rule", "inputs"),
    [
        ("agreed", {"consent": "GIVEN"}),
        ("declined", {"consent": "DECLINED"}),
        ("ask_same_day", {"consent": "NOT_ASKED", "service_level": "SAME_DAY"}),
        ("ask_priority", {"consent": "AWAITED", "service_level": "PRIORITY"}),
        ("ask", {"consent": "NOT_ASKED"}),
        ("silent_best", {"consent": "SILENT", "option": "SPLIT_DC", "segment": "A"}),
        ("silent", {"consent": "SILENT"}),
    ],
)
def test_every_row_is_found_by_what_it_is_for(rule: str, inputs: dict[str, str]) -> None:
    usual = {"option": "PARTIAL_BACKORDER", "segment": "A", "service_level": "STANDARD"}
    match = policy().decide("inventory_consent", **(usual | inputs))
    assert match is not None
    assert match.rule == rule


def test_a_company_may_want_a_person_before_the_customer_is_asked() -> None:
    careful = policy_with("inventory_consent.csv", "STANDARD,ASK_CUSTOMER,24h", "STANDARD,PERSON,")
    assessment = inventory(*TWO_SITES, the_order=order(ship_complete=True), said=(), by=careful)
    assert (assessment.recommended, assessment.ask and assessment.ask.role) == ("SPLIT_DC", "account_manager")
