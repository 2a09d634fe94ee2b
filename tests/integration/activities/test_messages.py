"""Messages through the real register of communications and a real mail server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from temporalio.exceptions import ApplicationError

from activities.connectors.communications import Communications
from activities.connectors.mail import Mail
from activities.connectors.settings import NotificationSettings
from activities.notification import Desk, NotificationActivities
from domain.calls import CustomerNotice, Sent
from tests.integration.activities.enterprise import ADDRESS, CUSTOMER, Enterprise, case_of
from tests.unit.activities.conftest import run
from tests.unit.activities.mailbox import HANG_UP_OVER_TEXT, Mailbox, receiving
from tests.unit.activities.policies import company_policies

MOVE = "POST /v1/communications/{id}/status"
REGISTER = "POST /v1/communications"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with receiving(Mailbox()) as box:
        yield box


class Post:
    """What the customer of one order is told."""

    def __init__(self, world: Enterprise, mailbox: Mailbox, order_id: str) -> None:
        self.world, self.mailbox = world, mailbox
        self.notice = CustomerNotice(
            case=case_of(order_id),
            message_id=f"hf-{order_id}",
            customer_id=CUSTOMER,
            po_number="PO-9",
            outcome="RELEASED",
            messages=(),
        )

    async def tell(self, attempt: int = 1) -> str:
        settings = NotificationSettings(smtp_host="127.0.0.1", smtp_port=self.mailbox.port)
        activities = NotificationActivities(
            Communications(self.world.client("crm")),
            [Mail("127.0.0.1", settings)],
            company_policies,
            Desk(settings.cli_command, settings.ui_url),
        )
        sent: Sent = await run(activities.tell_customer, self.notice, attempt=attempt)
        return sent.status

    @property
    def status(self) -> str:
        items = self.world.desk("crm").seen("/v1/communications", reference=self.notice.message_id)["items"]
        (message,) = items
        return str(message["status"])


async def test_a_customer_hears_once(world: Enterprise, mailbox: Mailbox) -> None:
    post = Post(world, mailbox, "SO-M1")
    assert await post.tell() == "SENT"
    assert await post.tell(attempt=2) == "ALREADY_SENT"
    assert mailbox.recipients == [[ADDRESS]]
    assert post.status == "SENT"


@pytest.mark.parametrize("operation", [REGISTER, MOVE])
@pytest.mark.parametrize("kind", ["COMMIT_THEN_TIMEOUT", "ERROR", "DROP", "GARBAGE"])
async def test_a_bad_day_of_the_crm_sends_nothing_twice(
    world: Enterprise, mailbox: Mailbox, operation: str, kind: str
) -> None:
    post = Post(world, mailbox, f"SO-{kind}-{len(operation)}")
    world.misbehave("crm", kind, operation)
    statuses = []
    for attempt in (1, 2, 3):
        try:
            statuses.append(await post.tell(attempt))
        except ApplicationError as error:
            assert not error.non_retryable  # noqa: PT017 - which attempt fails depends on the fault
    assert len(mailbox.messages) == 1
    assert statuses[0] == "SENT"
    assert set(statuses[1:]) <= {"ALREADY_SENT"}


async def test_a_crm_that_forgets_keys_registers_a_message_once(world: Enterprise, mailbox: Mailbox) -> None:
    post = Post(world, mailbox, "SO-M2")
    world.misbehave("crm", "NO_IDEMPOTENCY", REGISTER, count=None)
    world.misbehave("crm", "COMMIT_THEN_TIMEOUT", REGISTER)
    assert await post.tell() == "SENT"
    assert await post.tell(attempt=2) == "ALREADY_SENT"
    assert len(mailbox.messages) == 1


async def test_a_message_of_which_nobody_knows_is_left_alone(world: Enterprise, mailbox: Mailbox) -> None:
    post = Post(world, mailbox, "SO-M3")
    mailbox.refuse["DATA"] = HANG_UP_OVER_TEXT
    assert await post.tell() == "UNCERTAIN"
    mailbox.refuse.clear()
    assert await post.tell(attempt=2) == "UNCERTAIN"
    assert len(mailbox.messages) == 1
    assert post.status == "UNCERTAIN"


async def test_what_the_mail_server_refused_is_sent_when_it_takes_it(world: Enterprise, mailbox: Mailbox) -> None:
    post = Post(world, mailbox, "SO-M4")
    mailbox.refuse["RCPT"] = "451"
    with pytest.raises(ApplicationError):
        await post.tell()
    assert post.status == "REGISTERED"
    mailbox.refuse.clear()
    assert await post.tell(attempt=2) == "SENT"
    assert len(mailbox.messages) == 1
