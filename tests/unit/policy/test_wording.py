"""Messages: filled from the business's templates, safe against what strangers wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.assessment import CustomerMessage
from domain.calls import CaseRef, CustomerNotice, Notice, NoticeKind
from domain.money import Money
from domain.policy.policy_set import PolicySet
from domain.policy.wording import (
    TemplateGap,
    approver_message,
    compose,
    customer_message,
    customer_question,
    question_mail,
)
from domain.tasks import Deadlines, ExpiryDefault, Task, TaskKind
from tests.unit.policy.tables import company_files

CASE = CaseRef(tenant="t", order_id="SO-1", workflow_id="order-exception/t/SO-1")
NOON = datetime(2026, 7, 6, 12, tzinfo=UTC)


QUESTION = """May order ${po_number} wait?

It would come on ${date}.

As always.

YES: Yes, on ${date}
NO: No
LATER: Ask again ${when}
"""


@pytest.fixture(scope="module")
def policy() -> PolicySet:
    files = company_files()
    files["templates/customer/test_paragraph.txt"] = "Your goods arrive on ${date}.\n"
    files["templates/customer_questions/test_question.txt"] = QUESTION
    return PolicySet.parse(files)


def notice(kind: NoticeKind, default: ExpiryDefault) -> Notice:
    deadlines = Deadlines(
        acknowledge_by=NOON, expires_at=NOON, at_expiry=default, at_rejection="REJECT", calendar_digest="-"
    )
    task = Task(
        task_id="T1",
        kind=TaskKind.RESOLUTION,
        question="Release it?",
        role="credit_manager",
        amount=Money(amount=Decimal(1000), currency="USD"),
        choices=("RELEASE_ONCE", "REJECT"),
        recommended="RELEASE_ONCE",
        opened_at=NOON,
        deadlines=deadlines,
    )
    return Notice(case=CASE, message_id="m", kind=kind, role=task.role, task=task, headline="Nobody\nBcc: all")


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_notice_names_order_and_link(policy: PolicySet, kind: NoticeKind) -> None:
    message = approver_message(notice(kind, ExpiryDefault(ask_role="cfo")), policy, "http://ui/case")
    assert "SO-1" in message.subject
    assert "\n" not in message.subject
    assert "http://ui/case" in message.body


@pytest.mark.parametrize(
    ("default", "words"),
    [
        (ExpiryDefault(ask_role="cfo"), "the chief financial officer is asked"),
        (ExpiryDefault(option="REJECT", ask_role="cfo"), "REJECT is carried out"),
        (
            ExpiryDefault(option="REJECT", max_amount=Money(amount=Decimal(5), currency="USD"), ask_role="cfo"),
            "REJECT is carried out up to 5.00 USD; above it the chief financial officer is asked",
        ),
    ],
)
def test_the_question_says_what_silence_leads_to(policy: PolicySet, default: ExpiryDefault, words: str) -> None:
    message = approver_message(notice(NoticeKind.ASKED, default), policy, "-")
    assert f"If nobody answers by 2026-07-06 12:00 UTC: {words}." in message.body
    assert "python approver.py show SO-1" in message.body


def customer_notice(template: str, values: dict[str, str]) -> CustomerNotice:
    paragraph = CustomerMessage(template=template, values=values)
    return CustomerNotice(
        case=CASE,
        message_id="m",
        customer_id="C-1",
        po_number="PO-7",
        outcome="RELEASED",
        messages=(paragraph, paragraph),
    )


def test_the_customer_gets_one_message_with_every_paragraph_once(policy: PolicySet) -> None:
    message = customer_message(customer_notice("test_paragraph", {"date": "Friday"}), policy)
    assert message.subject == "Your order PO-7 is on its way"
    assert message.body.count("Your goods arrive on Friday.") == 1


def test_a_missing_template_or_value_is_named(policy: PolicySet) -> None:
    with pytest.raises(TemplateGap, match=r"test_paragraph.txt wants \$\{date\}"):
        customer_message(customer_notice("test_paragraph", {}), policy)
    with pytest.raises(TemplateGap, match=r"there is no templates/customer/other\.txt"):
        customer_message(customer_notice("other", {}), policy)


def test_a_value_cannot_add_lines_to_a_subject_or_be_filled_again(policy: PolicySet) -> None:
    values = {"po_number": "7\r\nBcc: all ${order_id}", "order_id": "SO-1", "paragraphs": ""}
    message = compose(policy, "templates/customer/order_released.txt", values)
    assert message.subject == "Your order 7 Bcc: all ${order_id} is on its way"


def test_a_question_has_a_label_for_each_choice_that_is_offered(policy: PolicySet) -> None:
    question = customer_question(policy, "test_question", ("NO", "YES"), {"po_number": "PO-7", "date": "Friday"})
    assert question.subject == "May order PO-7 wait?"
    assert question.text == "It would come on Friday.\n\nAs always."
    assert list(question.labels.items()) == [("NO", "No"), ("YES", "Yes, on Friday")]


def test_a_question_without_a_label_or_a_value_is_named(policy: PolicySet) -> None:
    values = {"po_number": "PO-7", "date": "Friday"}
    with pytest.raises(TemplateGap, match="has no label for the choice MAYBE"):
        customer_question(policy, "test_question", ("YES", "MAYBE"), values)
    with pytest.raises(TemplateGap, match=r"test_question.txt wants \$\{when\}"):
        customer_question(policy, "test_question", ("YES", "LATER"), values)


def test_a_value_cannot_add_a_choice(policy: PolicySet) -> None:
    values = {"po_number": "7\n\nNEVER: never", "date": "Friday\n\nMAYBE: maybe"}
    question = customer_question(policy, "test_question", ("YES", "NO"), values)
    assert question.subject == "May order 7 NEVER: never wait?"
    assert list(question.labels) == ["YES", "NO"]


def test_the_mail_has_the_question_the_choices_the_time_and_the_link(policy: PolicySet) -> None:
    known = {"po_number": "PO-7", "order_id": "SO-1", "date": "Friday"}
    question = customer_question(policy, "test_question", ("YES", "NO"), known)
    mail = question_mail(policy, question, "https://orders.example/c/token", NOON, known)
    assert mail.subject == question.subject
    for part in ("- Yes, on Friday", "Monday 6 July 2026, 12:00 UTC", "https://orders.example/c/token", "As always."):
        assert part in mail.body
