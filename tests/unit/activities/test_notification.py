from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from temporalio.exceptions import ApplicationError

from activities.business_answer import BusinessAnswers
from activities.connectors.communications import Communications
from activities.connectors.delivery import Channel
from activities.connectors.erp import HttpErp
from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext
from activities.connectors.mail import Mail
from activities.connectors.settings import NotificationSettings
from activities.connectors.webhook import Webhook
from activities.notification import Desk, NotificationActivities
from domain.calls import CustomerNotice, Notice, NoticeKind, Sent
from domain.exception_types import IntegrationErrorKind as Kind
from domain.money import Money
from domain.tasks import Deadlines, ExpiryDefault, Task, TaskKind
from tests.unit.activities.conftest import CASE, run
from tests.unit.activities.mailbox import HANG_UP_OVER_TEXT, Mailbox, receiving
from tests.unit.activities.policies import company_policies
from tests.unit.activities.system import SmallSystem

AT = datetime(2026, 3, 2, 14, tzinfo=UTC)
DESK = Desk(cli_command="holdfast", ui_url="https://temporal.example/ui/")
ADDRESS = "jane.doe@private.example"


def notice(role: str = "credit_manager", question: str = "Release order SO-1?") -> Notice:
    task = Task(
        task_id="T1",
        kind=TaskKind.RESOLUTION,
        question=question,
        role=role,
        amount=Money(amount=1200, currency="USD"),
        choices=("RELEASE_ONCE", "REJECT"),
        recommended="RELEASE_ONCE",
        opened_at=AT,
        deadlines=Deadlines(
            acknowledge_by=AT,
            expires_at=AT,
            at_expiry=ExpiryDefault(ask_role="controller"),
            at_rejection="REJECT",
            calendar_digest="",
        ),
    )
    return Notice(case=CASE, message_id="hf-m1", kind=NoticeKind.ASKED, role=role, task=task, headline=question)


CUSTOMER = CustomerNotice(
    case=CASE, message_id="hf-m2", customer_id="C-1", po_number="PO-9", outcome="RELEASED", messages=()
)


class Post:
    """The notification activities between a small CRM and a mailbox."""

    def __init__(self, crm: SmallSystem, mailbox: Mailbox) -> None:
        self.crm, self.mailbox = crm, mailbox
        self.partners: BusinessAnswers | None = None
        self.settings = NotificationSettings(
            smtp_host="127.0.0.1", smtp_port=mailbox.port, sender="orders@meridian.example"
        )
        crm.documents["accounts/C-1/contact"] = {"email": ADDRESS, "name": "Jane Doe", "language": "en"}

    def activities(self, *channels: Channel) -> NotificationActivities:
        ways = channels or (Mail("127.0.0.1", self.settings),)
        return NotificationActivities(
            Communications(self.crm.client("crm")), ways, company_policies, DESK, self.partners
        )

    async def notify(self, one: Notice | None = None, attempt: int = 1) -> Sent:
        activity = self.activities().notify_role
        return await run(activity, one or notice(), attempt=attempt, operation="notification.notify_role")

    async def tell(self, attempt: int = 1) -> Sent:
        return await run(
            self.activities().tell_customer, CUSTOMER, attempt=attempt, operation="notification.tell_customer"
        )

    @property
    def statuses(self) -> list[str]:
        return [one["status"] for one in self.crm.of("communications")]

    @property
    def mail(self) -> EmailMessage:
        (message,) = self.mailbox.messages
        return message


class Answers(BusinessAnswers):
    """A gateway that is silent until it is not."""

    def __init__(self, crm: SmallSystem) -> None:
        super().__init__(HttpErp(crm.client("erp")), crm.client("edi"))
        self.silent, self.given = True, list[str]()

    async def give(self, context: CallContext, notice: CustomerNotice) -> None:
        if self.silent:
            raise SystemCallFailed(
                system="edi",
                operation=context.operation,
                order_id=context.order_id,
                kind=Kind.TRANSIENT,
                what="does not answer",
            )
        self.given.append(notice.message_id)


@pytest.fixture
def post(system: SmallSystem) -> Iterator[Post]:
    with receiving(Mailbox()) as mailbox:
        yield Post(system, mailbox)


async def test_people_who_are_named_are_told_instead_of_the_role(post: Post) -> None:
    named = notice().model_copy(update={"people": ("edi-gateway", "frank.rossi"), "kind": NoticeKind.ENQUIRY})
    assert (await post.notify(named)).status == "SENT"
    assert post.mailbox.recipients == [["frank.rossi@meridian.example"]]
    assert post.mail["Subject"] == "Order SO-1: information is wanted"


async def test_a_gateway_that_entered_the_order_is_not_written_to(post: Post) -> None:
    named = notice().model_copy(update={"people": ("edi-gateway",)})
    assert (await post.notify(named)).status == "NOBODY"
    assert post.mailbox.messages == []


async def test_everybody_in_the_role_reads_the_command_and_the_link(post: Post) -> None:
    assert (await post.notify()).status == "SENT"
    assert post.mailbox.recipients == [["bob.tanaka@meridian.example", "maya.patel@meridian.example"]]
    text = post.mail.get_content()
    assert "holdfast show SO-1" in text
    assert "https://temporal.example/ui/namespaces/default/workflows/order-exception%2Facme%2FSO-1" in text
    assert post.mail["Message-ID"] == "<hf-m1@meridian.example>"
    assert post.statuses == ["SENT"]
    assert post.crm.of("communications")[0] | {"id": ""} == {
        "id": "",
        "reference": "hf-m1",
        "audience": "APPROVER",
        "channel": "EMAIL",
        "order_id": "SO-1",
        "template": "asked",
        "status": "SENT",
    }


async def test_nothing_in_a_message_can_forge_its_headers(post: Post) -> None:
    await post.notify(notice(question="Release?\r\nBcc: thief@evil.example\r\n\r\nHello"))
    assert post.mail["Bcc"] is None
    assert len(post.mailbox.recipients[0]) == 2


async def test_the_customer_hears_once(post: Post) -> None:
    assert (await post.tell()).status == "SENT"
    assert (await post.tell(attempt=2)).status == "ALREADY_SENT"
    assert post.mailbox.recipients == [[ADDRESS]]
    assert "PO-9" in post.mail["Subject"]


async def test_a_message_that_was_under_way_when_the_worker_died_is_not_sent_again(post: Post) -> None:
    post.crm.of("communications").append({"id": "communications-1", "reference": "hf-m2", "status": "SENDING"})
    assert (await post.tell(attempt=2)).status == "UNCERTAIN"
    assert post.statuses == ["UNCERTAIN"]
    assert not post.mailbox.messages
    assert (await post.tell(attempt=3)).status == "UNCERTAIN"


@pytest.mark.parametrize(("command", "reply"), [("RCPT", "550"), ("RCPT", "451"), ("DATA", "554 no")])
async def test_what_the_mail_server_refused_can_be_sent_later(post: Post, command: str, reply: str) -> None:
    post.mailbox.refuse[command] = reply
    with pytest.raises(ApplicationError) as caught:
        await post.tell()
    assert caught.value.type == Kind.TRANSIENT
    assert not caught.value.non_retryable
    assert post.statuses == ["REGISTERED"]
    post.mailbox.refuse.clear()
    assert (await post.tell(attempt=2)).status == "SENT"
    assert len(post.mailbox.messages) == 1


async def test_a_mail_server_that_is_away_is_tried_again(post: Post) -> None:
    gone = post.settings.model_copy(update={"smtp_port": 1})
    activities = post.activities(Mail("127.0.0.1", gone))
    with pytest.raises(ApplicationError) as caught:
        await run(activities.tell_customer, CUSTOMER)
    assert not caught.value.non_retryable
    assert tuple(caught.value.details) == ("notifier", None)
    assert post.statuses == ["REGISTERED"]


async def test_a_message_over_which_the_server_fell_silent_is_not_sent_again(post: Post) -> None:
    post.mailbox.refuse["DATA"] = HANG_UP_OVER_TEXT
    assert (await post.tell()).status == "UNCERTAIN"
    post.mailbox.refuse.clear()
    assert (await post.tell(attempt=2)).status == "UNCERTAIN"
    assert len(post.mailbox.messages) == 1


async def test_a_message_is_sent_only_if_the_crm_knows_that_it_is_being_sent(post: Post) -> None:
    post.crm.bad_days["POST"] = ["", "503"]
    with pytest.raises(ApplicationError):
        await post.tell()
    assert not post.mailbox.messages
    assert (await post.tell(attempt=2)).status == "SENT"


async def test_a_message_that_went_out_counts_as_sent_though_the_crm_did_not_hear_of_it(post: Post) -> None:
    post.crm.bad_days["POST"] = ["", "", "503"]
    assert (await post.tell()).status == "SENT"
    assert post.statuses == ["SENDING"]


async def test_no_error_names_the_customer(post: Post) -> None:
    post.mailbox.refuse["RCPT"] = "550"
    with pytest.raises(ApplicationError) as caught:
        await post.tell()
    assert "private.example" not in f"{caught.value} {caught.value.details} {caught.value.__cause__!r}"
    assert "code 550" in caught.value.message
    post.crm.documents["accounts/C-1/contact"] = {"email": [ADDRESS], "name": "Jane Doe"}
    with pytest.raises(ApplicationError) as caught:
        await post.tell(attempt=2)
    assert caught.value.type == Kind.POISON
    assert "private.example" not in f"{caught.value} {caught.value.__cause__!r}"


@pytest.mark.parametrize(
    "address", ["jane", "jane@a.example, joe@b.example", "jäne@a.example", "a@b.example\r\nBcc: c@d.example"]
)
async def test_an_address_that_is_none_is_not_written_to(post: Post, address: str) -> None:
    post.crm.documents["accounts/C-1/contact"] = {"email": address}
    with pytest.raises(ApplicationError, match="recipient's address"):
        await post.tell()
    assert not post.mailbox.messages


async def test_a_role_that_nobody_holds_is_a_mistake_in_the_policies(post: Post) -> None:
    with pytest.raises(ApplicationError, match=r"nobody holds the role astronaut: add a person to people\.csv"):
        await post.notify(notice(role="astronaut"))


async def test_each_is_written_to_by_their_own_channel(post: Post) -> None:
    activities = post.activities(Mail("127.0.0.1", post.settings), Webhook(f"{post.crm.url}/v1/letters", "t"))
    sent = await run(activities.notify_role, notice(role="integration_oncall"))
    assert sent == Sent(message_id="hf-m1", status="SENT")
    assert post.mailbox.recipients == [["liam.byrne@meridian.example"]]
    ((headers, letter),) = [(headers, body) for _, path, headers, body in post.crm.requests if path == "letters"]
    assert headers["idempotency-key"] == letter["message_id"] == "hf-m1.WEBHOOK"
    assert headers["authorization"] == "Bearer t"
    assert letter["to"] == [{"address": "omar.haddad@meridian.example", "name": ""}]
    assert letter["about"]["task_id"] == "T1"
    assert post.statuses == ["SENT", "SENT"]


async def test_a_webhook_that_refuses_is_asked_again(post: Post) -> None:
    post.crm.bad_days["POST"] = ["", "", "500"]
    activities = post.activities(Webhook(f"{post.crm.url}/v1/letters", ""))
    with pytest.raises(ApplicationError, match="the webhook answered 500"):
        await run(activities.tell_customer, CUSTOMER)
    assert post.statuses == ["REGISTERED"]


async def test_a_gateway_that_gave_up_may_have_passed_the_message_on(post: Post) -> None:
    post.crm.bad_days["POST"] = ["", "", "504"]
    activities = post.activities(Webhook(f"{post.crm.url}/v1/letters", ""))
    assert (await run(activities.tell_customer, CUSTOMER)).status == "UNCERTAIN"
    assert post.statuses == ["UNCERTAIN"]


async def test_a_mail_and_an_855_do_not_wait_for_each_other(post: Post) -> None:
    """The gateway is silent: the mail has gone all the same, once, and the answer follows with the next attempt."""
    answers = Answers(post.crm)
    post.partners = answers
    with pytest.raises(SystemCallFailed):
        await post.tell()
    assert post.statuses == ["SENT"]
    answers.silent = False
    assert (await post.tell(attempt=2)).status == "ALREADY_SENT"
    assert (answers.given, len(post.mailbox.messages)) == (["hf-m2"], 1)
