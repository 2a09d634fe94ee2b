"""A mail server on a real socket, with bad days on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.processes import free_ports

HANG_UP_OVER_TEXT = "hang up"
_READY_WITHIN = 60.0
"""Seconds, on a machine that has other things to do."""


class Mailbox:
    """What was delivered. `refuse` answers the next commands: `RCPT` or `DATA` to the reply, or HANG_UP_OVER_TEXT."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refuse: dict[str, str] = {}
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if "RCPT" in self.refuse:
            return f"{self.refuse['RCPT']} <{address}> is nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        reply = self.refuse.get("DATA", "250 OK")
        if reply.startswith("2") or reply == HANG_UP_OVER_TEXT:
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            self.messages.append(message_from_bytes(content, EmailMessage, policy=policy.default))
            self.recipients.append(list(envelope.rcpt_tos))
        if reply == HANG_UP_OVER_TEXT and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return reply


@contextmanager
def receiving(mailbox: Mailbox) -> Iterator[Mailbox]:
    """The mail server on a free port."""
    (mailbox.port,) = free_ports(1)
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port, ready_timeout=_READY_WITHIN)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
