from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.assessment import Assessment, Circumstances, Wait
from domain.events import EventType
from domain.facts.consent import CustomerAnswer, CustomerAnswers
from domain.facts.fact import Fact, Facts
from domain.playbooks.consent import ANSWERS, Consent, answer_to, answers_request, ask_customer, consent
from tests.unit.playbooks.scenario import NOW, certificate, credit, engine, hold, order, tax, taxed

QUESTION = "ship_in_parts"
UNTIL = NOW + timedelta(hours=4)


def asked(choice: str | None = None, about: str = "", question: str = QUESTION, hours: int = 4) -> CustomerAnswer:
    return CustomerAnswer(
        question=question,
        about=about,
        choice=choice,
        asked_at=NOW - timedelta(hours=1),
        answer_by=NOW + timedelta(hours=hours),
        answered_at=NOW if choice else None,
    )


def circumstances(*answers: CustomerAnswer, **more: Any) -> Circumstances:
    value = CustomerAnswers(answers=answers).model_dump(mode="json")
    fact = Fact(name=ANSWERS, system="crm", operation=ANSWERS, version="1", read_at=NOW, value=value)
    fields: dict[str, Any] = {"order": order(), "hold": hold(), "facts": Facts(items=(fact,)), "now": NOW}
    return Circumstances(**(fields | more))


def test_the_plan_asks_by_an_undoable_step_and_waits_for_the_answer_on_the_customers_time() -> None:
    plan = ask_customer(
        circumstances(), QUESTION, ("AGREE", "DECLINE"), UNTIL, "the customer was asked", values={"lines": "6 BOLT"}
    )

    (step,) = plan.steps
    assert (step.activity, step.undo_activity) == ("crm.ask_customer", "crm.withdraw_question")
    assert step.arguments == {
        "order_id": "SO-1",
        "customer_id": "C-1",
        "question": QUESTION,
        "about": "",
        "choices": ["AGREE", "DECLINE"],
        "answer_by": "2026-03-02T18:00:00Z",
        "values": {"po_number": "PO-1", "lines": "6 BOLT"},
    }
    assert plan.wait is not None
    assert (plan.wait.name, plan.wait.until, plan.wait.on_customer) == (QUESTION, UNTIL, True)
    assert plan.wait.events == (EventType.CUSTOMER_ANSWERED,)


def test_a_question_that_is_open_is_waited_for_and_not_asked_twice() -> None:
    plan = ask_customer(circumstances(asked()), QUESTION, ("AGREE", "DECLINE"), UNTIL, "asked")
    assert plan.steps == ()
    assert plan.wait is not None
    assert plan.wait.name == QUESTION


@pytest.mark.parametrize(
    ("found", "waited_for", "expected"),
    [
        ((), (), Consent.NOT_ASKED),
        ((asked(),), (), Consent.AWAITED),
        ((asked("AGREE"),), (), Consent.GIVEN),
        ((asked("AGREE"),), (QUESTION,), Consent.GIVEN),
        ((asked("DECLINE"),), (QUESTION,), Consent.DECLINED),
        ((asked("AGREE"), asked("DECLINE")), (), Consent.DECLINED),
        ((asked("AGREE"), asked()), (), Consent.GIVEN),
        ((asked(),), (QUESTION,), Consent.SILENT),
        ((asked(hours=-1),), (), Consent.NOT_ASKED),
        ((asked("AGREE", question="another"),), (), Consent.NOT_ASKED),
        ((asked("AGREE", about="other-dates"),), (), Consent.NOT_ASKED),
    ],
)
def test_consent_is_what_was_answered_to_this_very_question(
    found: tuple[CustomerAnswer, ...], waited_for: tuple[str, ...], expected: Consent
) -> None:
    assert consent(circumstances(*found, waited_for=waited_for), QUESTION, "AGREE") is expected


def test_a_question_about_other_things_is_another_question() -> None:
    about = circumstances(asked("AGREE", "a"), asked(None, "b"), waited_for=(f"{QUESTION} c",))

    assert [consent(about, QUESTION, "AGREE", key) for key in "abcd"] == [
        Consent.GIVEN,
        Consent.AWAITED,
        Consent.SILENT,
        Consent.NOT_ASKED,
    ]
    assert answer_to(about.facts, QUESTION, "a") == "AGREE"
    assert answer_to(about.facts, QUESTION) is None
    asking = ask_customer(about, QUESTION, ("AGREE", "DECLINE"), UNTIL, "asked", about="d")
    assert asking.wait is not None
    assert asking.wait.name == f"{QUESTION} d"


def test_the_fact_is_asked_for_by_the_order_alone() -> None:
    request = answers_request(order())
    assert (request.activity, request.arguments) == ("crm.customer_answers", {"order_id": "SO-1"})


@pytest.mark.parametrize(
    ("wait", "on_customer"),
    [
        (lambda: offered(credit({"oldest_overdue_days": 61}), "PAY_LINK_WAIT"), True),
        (lambda: offered(tax(engine(80), taxed(80), certificate(-10)), "APPLY_CERTIFICATE"), True),
        (lambda: credit({"open_receivables": 9500, "unapplied_cash": 600}).wait_first, False),
    ],
    ids=["payment link", "certificate", "application of cash"],
)
def test_our_clock_stands_still_only_where_the_next_move_is_the_customers(
    wait: Callable[[], Wait | None], *, on_customer: bool
) -> None:
    found = wait()
    assert found is not None
    assert found.on_customer is on_customer


def offered(assessment: Assessment, code: str) -> Wait | None:
    option = assessment.option(code)
    assert option is not None
    return option.plan.wait
