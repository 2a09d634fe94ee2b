from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import httpx
import pytest

from sandbox.kernel import in_thread
from sandbox.mailbox.service import MailboxSettings, build
from tests.integration.sandbox.desk import ANYBODY, PATIENCE, TOKENS, Desk, eventually

TASK = '{"subject": "task"}'


class Post:
    """A mailbox that listens, and a writer of mails."""

    def __init__(self, url: str, smtp: str) -> None:
        self.url = url
        self.smtp_port = int(smtp.rpartition(":")[2])
        self.desk = Desk(url, "admin")

    def send(self, subject: str = "Order SO-1", to: str = "ana@c-1.example", text: str = "It ships — today.") -> None:
        message = EmailMessage()
        message["Message-ID"] = "<m-1@holdfast.example>"
        message["From"], message["To"], message["Subject"] = "orders@holdfast.example", to, subject
        message.set_content(text)
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=PATIENCE) as server:
            server.send_message(message)

    def hook(
        self, hook_id: str | None, body: str = '{"subject": "task"}', header: str = "webhook-id"
    ) -> httpx.Response:
        return ANYBODY.post(f"{self.url}/hooks", content=body, headers={header: hook_id} if hook_id else {})


@pytest.fixture
def post() -> Iterator[Post]:
    service = build(MailboxSettings(tokens=TOKENS))
    with in_thread(service) as url:
        yield Post(url, service.addresses["smtp"])


def test_a_mail_is_kept_and_found_by_recipient_and_message_id(post: Post) -> None:
    post.send()
    post.send(to="maya@holdfast.example")
    (mail,) = post.desk.seen("/messages", to="ana@c-1.example")["items"]
    assert (mail["subject"], mail["text"].strip(), mail["message_id"]) == (
        "Order SO-1",
        "It ships — today.",
        "m-1@holdfast.example",
    )
    assert len(post.desk.seen("/messages", message_id="m-1@holdfast.example")["items"]) == 2
    assert post.desk.seen(f"/messages/{mail['id']}") == mail


def test_the_page_shows_mails_and_nothing_in_them_runs(post: Post) -> None:
    post.send(subject="<script>alert(1)</script>", text="<b>bold</b>")
    post.hook("h-1", '{"subject": "<i>task</i>"}')
    page = ANYBODY.get(post.url).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;bold" in page
    assert "webhook: &lt;i&gt;task" in page
    assert "<script>" not in page


def test_the_mailbox_is_read_without_a_token(post: Post) -> None:
    assert ANYBODY.get(f"{post.url}/messages").status_code == 200
    assert ANYBODY.get(f"{post.url}/healthz").json()["service"] == "mailbox"


def test_a_mail_server_can_be_told_to_refuse(post: Post) -> None:
    post.desk.fault("ERROR", "SMTP DATA", count=1)
    with pytest.raises(smtplib.SMTPDataError):
        post.send()
    assert not post.desk.seen("/messages")["items"]
    post.send()
    assert len(post.desk.seen("/messages")["items"]) == 1


def test_a_mail_server_can_hang_up(post: Post) -> None:
    post.desk.fault("DROP", "SMTP DATA", count=1)
    with pytest.raises((smtplib.SMTPException, OSError)):
        post.send()
    assert not post.desk.seen("/messages")["items"]


def test_a_mail_can_be_kept_while_the_sender_hears_nothing(post: Post) -> None:
    post.desk.fault("COMMIT_THEN_TIMEOUT", "SMTP DATA", count=1)
    server = smtplib.SMTP("127.0.0.1", post.smtp_port, timeout=PATIENCE)
    server.ehlo()
    server.mail("a@example.org")
    server.rcpt("b@example.org")
    server.docmd("DATA")
    server.send(b"Subject: late\r\n\r\nx\r\n.\r\n")
    assert eventually(lambda: post.desk.seen("/messages", subject="late")["items"])
    assert server.sock is not None
    server.sock.settimeout(0.2)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        server.getreply()


@pytest.mark.parametrize("header", ["webhook-id", "Idempotency-Key"])
def test_a_webhook_that_is_repeated_is_listed_once(post: Post, header: str) -> None:
    answers = [post.hook("h-1", header=header) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    (listed,) = post.desk.seen("/hooks")["items"]
    assert (listed["id"], listed["deliveries"], listed["body"]) == ("h-1", 3, {"subject": "task"})


def test_a_webhook_id_with_another_body_is_refused(post: Post) -> None:
    post.hook("h-1")
    assert post.hook("h-1", '{"subject": "other"}').status_code == 409


@pytest.mark.parametrize(("hook_id", "body"), [(None, "{}"), ("h-1", "{not json")])
def test_a_webhook_without_an_id_or_without_json_is_refused(post: Post, hook_id: str | None, body: str) -> None:
    assert post.hook(hook_id, body).status_code == 400
    assert not post.desk.seen("/hooks")["items"]


def test_the_webhook_receiver_fails_on_demand(post: Post) -> None:
    post.desk.fault("ERROR", "POST /hooks", status=503, count=1)
    assert [post.hook("h-1").status_code for _ in range(2)] == [503, 201]
