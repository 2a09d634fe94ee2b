"""Asking the customer: the plan that asks and waits, and what has come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from domain.assessment import Circumstances, Plan, Step, Wait
from domain.events import EventType
from domain.facts.consent import CustomerAnswer, CustomerAnswers
from domain.facts.fact import FactRequest, Facts
from domain.order import Order
from domain.playbooks.figures import rfc3339

ANSWERS = "customer_answers"


class Consent(StrEnum):
    """How the customer stands to something that needs consent."""

    NOT_ASKED = "NOT_ASKED"
    AWAITED = "AWAITED"
    GIVEN = "GIVEN"
    DECLINED = "DECLINED"
    SILENT = "SILENT"


def answers_request(order: Order) -> FactRequest:
    """The fact that every playbook needs which asks the customer."""
    return FactRequest(name=ANSWERS, system="crm", operation="customer_answers", arguments={"order_id": order.order_id})


def ask_customer(
    circumstances: Circumstances,
    question: str,
    choices: Sequence[str],
    until: datetime,
    reason: str,
    *,
    values: Mapping[str, str] | None = None,
    about: str = "",
) -> Plan:
    """Ask and wait; the option's disposition is REASSESS. A question that is open already is not asked twice.

    `question` names the wording, `templates/customer_questions/{question}.txt`, which has a label for each of
    `choices` and is filled with `values`, the PO number and the end of the time to answer. Nothing personal belongs
    into `values`, and nothing into `about` that moves with every look: another `about` is another question.
    """
    wait = Wait(
        name=_name(question, about),
        until=until,
        events=(EventType.CUSTOMER_ANSWERED,),
        reason=reason,
        on_customer=True,
    )
    if _open(circumstances, question, about):
        return Plan(wait=wait)
    order = circumstances.order
    step = Step(
        step_id=f"ask-{question}",
        system="crm",
        operation="ask_customer",
        arguments={
            "order_id": order.order_id,
            "customer_id": order.customer_id,
            "question": question,
            "about": about,
            "choices": [*choices],
            "answer_by": rfc3339(until),
            "values": {"po_number": order.po_number, **(values or {})},
        },
        undo="withdraw_question",
        summary=f"Ask {order.customer_id} until {until:%Y-%m-%d %H:%M}Z: {question}",
    )
    return Plan(steps=(step,), wait=wait)


def answer_to(facts: Facts, question: str, about: str = "") -> str | None:
    """What the customer chose, the last time if it was asked several times; None if there is no answer."""
    answered = [answer for answer in _asked(facts, question, about) if answer.choice is not None]
    return answered[-1].choice if answered else None


def consent(circumstances: Circumstances, question: str, agree: str, about: str = "") -> Consent:
    """How the customer stands to it; `agree` is the choice that gives consent."""
    choice = answer_to(circumstances.facts, question, about)
    if choice is not None:
        return Consent.GIVEN if choice == agree else Consent.DECLINED
    if _name(question, about) in circumstances.waited_for:
        return Consent.SILENT
    return Consent.AWAITED if _open(circumstances, question, about) else Consent.NOT_ASKED


def _name(question: str, about: str) -> str:
    return f"{question} {about}".rstrip()


def _open(circumstances: Circumstances, question: str, about: str) -> bool:
    return any(
        answer.choice is None and answer.answer_by > circumstances.now
        for answer in _asked(circumstances.facts, question, about)
    )


def _asked(facts: Facts, question: str, about: str) -> list[CustomerAnswer]:
    known = facts.get(ANSWERS, CustomerAnswers).answers
    return [answer for answer in known if (answer.question, answer.about) == (question, about)]
