"""Questions to customers through the real CRM and a real mail server."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from pydantic import JsonValue
from temporalio.exceptions import ApplicationError

from activities.connectors.errors import SystemCallFailed
from activities.connectors.links import CustomerLinks
from activities.connectors.mail import Mail
from activities.connectors.settings import NotificationSettings
from activities.crm import CrmActivities
from activities.customer_questions import CustomerQuestionActivities
from domain.calls import StepResult
from domain.exception_types import IntegrationErrorKind as Kind
from domain.facts.consent import CustomerAnswers
from domain.facts.fact import Facts
from tests.integration.activities.enterprise import (
    ADDRESS,
    CUSTOMER,
    Enterprise,
    fact_call,
    step_call,
    undo_call,
)
from tests.unit.activities.conftest import run
from tests.unit.activities.mailbox import HANG_UP_OVER_TEXT, Mailbox, receiving
from tests.unit.activities.policies import company_policies

LINKS = CustomerLinks("https://orders.example", ("a secret of these tests alone",))
REGISTER = "POST /v1/consent-requests"
MAIL = "POST /v1/communications"

_numbers = itertools.count(1)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with receiving(Mailbox()) as box:
        yield box


class Inquiry:
    """One question about one order."""

    def __init__(self, world: Enterprise, mailbox: Mailbox, **more: JsonValue) -> None:
        self.world, self.mailbox = world, mailbox
        self.order_id = f"SO-Q{next(_numbers)}"
        self.until = datetime.now(UTC) + timedelta(hours=4)
        arguments: dict[str, JsonValue] = {
            "order_id": self.order_id,
            "customer_id": CUSTOMER,
            "question": "inventory_split",
            "choices": ["AGREE", "DECLINE"],
            "answer_by": self.until.isoformat(),
            "values": {"po_number": "PO-7", "shipments": "2", "lines": "line 1: 6 EA on 2026-03-04"},
        }
        self.call = step_call({"order_id": self.order_id, "version": 3}, arguments | more)

    def activities(self, links: CustomerLinks | None = LINKS) -> CustomerQuestionActivities:
        mail = Mail("127.0.0.1", NotificationSettings(smtp_host="127.0.0.1", smtp_port=self.mailbox.port))
        return CustomerQuestionActivities(self.world.client("crm"), mail, company_policies, links)

    async def ask(self, attempt: int = 1) -> StepResult:
        return await run(self.activities().ask_customer, self.call, attempt=attempt)

    async def refused(self, links: CustomerLinks | None = LINKS) -> SystemCallFailed:
        with pytest.raises(SystemCallFailed) as caught:
            await run(self.activities(links=links).ask_customer, self.call, operation="crm.ask_customer")
        assert not self.requests
        assert not self.mailbox.messages
        return caught.value

    async def answers(self) -> CustomerAnswers:
        activity = CrmActivities(self.world.client("crm")).customer_answers
        fact = await run(activity, fact_call(self.order_id, "crm.customer_answers", order_id=self.order_id))
        return Facts(items=(fact,)).get("customer_answers", CustomerAnswers)

    @property
    def requests(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.world.desk("crm").seen("/v1/consent-requests", order_id=self.order_id)[
            "items"
        ]
        return items

    @property
    def mail(self) -> EmailMessage:
        (message,) = self.mailbox.messages
        return message


def text_of(mail: EmailMessage) -> str:
    content = mail.get_content()
    assert isinstance(content, str)
    return content


async def test_the_customer_is_asked_by_mail_once_and_the_link_is_for_that_question(
    world: Enterprise, mailbox: Mailbox
) -> None:
    inquiry = Inquiry(world, mailbox)
    first = await inquiry.ask()
    again = await inquiry.ask(attempt=2)

    (request,) = inquiry.requests
    assert (first.resource_id, again.resource_id) == (request["id"], request["id"])
    assert (first.detail["mail"], again.detail["mail"]) == ("SENT", "ALREADY_SENT")
    assert mailbox.recipients == [[ADDRESS]]
    assert inquiry.mail["Subject"] == "May your order PO-7 come in 2 deliveries?"
    text = text_of(inquiry.mail)
    assert "line 1: 6 EA on 2026-03-04" in text
    assert "- No, keep it together" in text
    (token,) = re.findall(r"https://orders\.example/c/(\S+)", text)
    target = LINKS.read(token, datetime.now(UTC))
    assert (target.order_id, target.request_id) == (inquiry.order_id, request["id"])
    assert target.expires_at == inquiry.until


async def test_the_crm_has_the_question_as_the_customer_reads_it_and_no_person(
    world: Enterprise, mailbox: Mailbox
) -> None:
    inquiry = Inquiry(world, mailbox)
    await inquiry.ask()
    (request,) = inquiry.requests
    assert request["subject"] == inquiry.mail["Subject"]
    assert request["choices"][0] == {"choice": "AGREE", "label": "Yes, send it in 2 deliveries"}
    ledger = str(world.desk("crm").seen("/v1/ledger", order_id=inquiry.order_id))
    assert ADDRESS not in ledger
    assert "Jane" not in ledger
    assert "/c/" not in ledger


async def test_the_answer_is_a_fact(world: Enterprise, mailbox: Mailbox) -> None:
    inquiry = Inquiry(world, mailbox)
    assert (await inquiry.answers()).answers == ()
    asked = await inquiry.ask()
    assert [answer.choice for answer in (await inquiry.answers()).answers] == [None]
    world.desk("crm").made(f"/v1/consent-requests/{asked.resource_id}/answer", {"choice": "AGREE"})
    (answer,) = (await inquiry.answers()).answers
    assert (answer.question, answer.choice, answer.answer_by) == ("inventory_split", "AGREE", inquiry.until)


async def test_a_withdrawn_question_is_no_question_any_more_and_nobody_is_written_to(
    world: Enterprise, mailbox: Mailbox
) -> None:
    inquiry = Inquiry(world, mailbox)
    await inquiry.ask()
    for _ in range(2):
        await run(inquiry.activities().withdraw_question, undo_call(inquiry.call))
    assert [request["state"] for request in inquiry.requests] == ["WITHDRAWN"]
    assert (await inquiry.answers()).answers == ()
    assert len(mailbox.messages) == 1


async def test_to_withdraw_what_was_never_asked_is_success(world: Enterprise, mailbox: Mailbox) -> None:
    inquiry = Inquiry(world, mailbox)
    undone = await run(inquiry.activities().withdraw_question, undo_call(inquiry.call))
    assert undone.detail == {"found": False}


@pytest.mark.parametrize("operation", [REGISTER, MAIL, f"{MAIL}/{{id}}/status"])
@pytest.mark.parametrize("kind", ["COMMIT_THEN_TIMEOUT", "ERROR", "DROP", "GARBAGE"])
async def test_on_a_bad_day_of_the_crm_one_question_is_asked_once(
    world: Enterprise, mailbox: Mailbox, operation: str, kind: str
) -> None:
    inquiry = Inquiry(world, mailbox)
    world.misbehave("crm", kind, operation)
    for attempt in (1, 2, 3):
        try:
            await inquiry.ask(attempt)
        except ApplicationError as error:
            assert not error.non_retryable  # noqa: PT017 - which attempt fails depends on the fault
    assert len(inquiry.requests) == 1
    assert len(mailbox.messages) == 1


async def test_a_mail_of_which_nobody_knows_is_said_and_not_sent_again(world: Enterprise, mailbox: Mailbox) -> None:
    inquiry = Inquiry(world, mailbox)
    mailbox.refuse["DATA"] = HANG_UP_OVER_TEXT
    assert (await inquiry.ask()).detail["mail"] == "UNCERTAIN"
    mailbox.refuse.clear()
    assert (await inquiry.ask(attempt=2)).detail["mail"] == "UNCERTAIN"
    assert len(mailbox.messages) == 1


async def test_without_pages_nobody_is_asked_and_the_step_says_what_is_missing(
    world: Enterprise, mailbox: Mailbox
) -> None:
    failure = await Inquiry(world, mailbox).refused(links=None)
    assert failure.kind is Kind.VALIDATION
    assert "set door.public_url and door.link_secret" in failure.message


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        ({"question": "made_up"}, Kind.VALIDATION, r"there is no templates/customer_questions/made_up\.txt"),
        ({"choices": ["AGREE", "MAYBE"]}, Kind.VALIDATION, "has no label for the choice MAYBE"),
        ({"values": {"po_number": "PO-7"}}, Kind.VALIDATION, r"wants \$\{shipments\}"),
        ({"answer_by": "tomorrow"}, Kind.VALIDATION, r"arguments do not fit \(answer_by\)"),
        ({"answer_by": "2026-03-02T10:00:00Z"}, Kind.CONFLICT, "the time to answer is over already"),
    ],
)
async def test_a_question_that_cannot_be_put_is_refused_before_anything_is_written(
    world: Enterprise, mailbox: Mailbox, wrong: dict[str, JsonValue], kind: Kind, words: str
) -> None:
    failure = await Inquiry(world, mailbox, **wrong).refused()
    assert failure.kind is kind
    assert re.search(words, failure.message)
