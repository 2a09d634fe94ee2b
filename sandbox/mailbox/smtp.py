"""The mail server: takes every mail, and fails on demand as the HTTP services do."""

from __future__ import annotations

import asyncio
import socket

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.kernel import Fault, FaultKind, Service
from sandbox.mailbox.messages import Messages

OPERATION = "SMTP DATA"
"""What a fault names to concern mails."""

_TAKEN = "250 OK"
_LARGEST = 5_000_000
_KEEP_THEN_FAIL = frozenset({FaultKind.COMMIT_THEN_TIMEOUT, FaultKind.GARBAGE})


class MailServer:
    """SMTP on a socket that listens from the start, so that its port is known at once."""

    def __init__(self, service: Service, messages: Messages, port: int) -> None:
        self._service = service
        self._messages = messages
        self._listener = socket.create_server(("127.0.0.1", port))
        host, number = self._listener.getsockname()[:2]
        self.address = f"{host}:{number}"

    async def work(self) -> None:
        """Serve for ever."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(self, hostname="mailbox.sandbox", data_size_limit=_LARGEST, loop=loop), sock=self._listener
        )
        try:
            await asyncio.Event().wait()
        finally:
            server.close()

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a mail, or fail to."""
        fault = self._service.faults.take(OPERATION)
        if fault is None or fault.kind is FaultKind.DELAY:
            await asyncio.sleep(0 if fault is None else fault.delay_ms / 1000)
            return self._keep(envelope)
        if fault.kind in _KEEP_THEN_FAIL:
            self._keep(envelope)
        return await _fail(server, fault)

    def _keep(self, envelope: Envelope) -> str:
        content = envelope.content or b""
        body = content if isinstance(content, bytes) else content.encode()
        mail_id = self._messages.keep(envelope.mail_from or "", envelope.rcpt_tos, body)
        return f"{_TAKEN}, kept as {mail_id}"


async def _fail(server: SMTP, fault: Fault) -> str:
    if fault.kind is FaultKind.DROP and server.transport is not None:
        server.transport.close()
    if fault.kind in (FaultKind.HANG, FaultKind.COMMIT_THEN_TIMEOUT):
        await asyncio.Event().wait()
    return "451 try again later" if fault.kind is not FaultKind.GARBAGE else "999 ?"
