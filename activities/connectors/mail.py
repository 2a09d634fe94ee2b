"""Letters by SMTP."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from activities.connectors.delivery import Letter, MaybeDelivered, NotDelivered, Recipient
from activities.connectors.settings import NotificationSettings

_ANSWER_WITHIN = 5.0
_ACCEPTED = frozenset({250, 251})


class Mail:
    """The company's mail server."""

    name = "EMAIL"

    def __init__(self, host: str, settings: NotificationSettings) -> None:
        self._host = host
        self._settings = settings

    async def deliver(self, letter: Letter) -> None:
        """Hand a letter to the mail server, in a thread: smtplib waits."""
        message = self._message(letter)
        await asyncio.to_thread(self._hand_over, message, [recipient.address for recipient in letter.to])

    def _message(self, letter: Letter) -> EmailMessage:
        """The letter with its headers. A repetition would have the same Message-ID, by which mailboxes know it."""
        message = EmailMessage(policy=SMTP)
        message["Message-ID"] = f"<{letter.message_id}@{self._settings.sender.rpartition('@')[2]}>"
        message["Date"] = formatdate()
        message["From"] = self._settings.sender
        message["To"] = [_address(recipient) for recipient in letter.to]
        message["Subject"] = one_line(letter.subject)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message

    def _hand_over(self, message: EmailMessage, addresses: list[str]) -> None:
        try:
            server = self._ready_to_take(addresses)
        except (OSError, smtplib.SMTPException) as error:
            raise NotDelivered(f"the mail server did not take it: {_harmless(error)}") from None
        try:
            code, _ = server.data(message.as_bytes())
        except smtplib.SMTPDataError as error:
            raise NotDelivered(f"the mail server did not take the text: {_harmless(error)}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise MaybeDelivered(f"the mail server fell silent over the text: {_harmless(error)}") from None
        finally:
            server.close()
        if code not in _ACCEPTED:
            raise NotDelivered(f"the mail server refused the text: code {code}")

    def _ready_to_take(self, addresses: list[str]) -> smtplib.SMTP:
        """A connection that waits for the text: everything up to here can fail and nothing was sent."""
        server = smtplib.SMTP(self._host, self._settings.smtp_port, timeout=_ANSWER_WITHIN)
        try:
            self._introduce(server)
            _expect(server.mail(self._settings.sender)[0])
            codes = [server.rcpt(address)[0] for address in addresses]
            if not _ACCEPTED.intersection(codes):
                _expect(codes[0])
        except BaseException:
            server.close()
            raise
        return server

    def _introduce(self, server: smtplib.SMTP) -> None:
        if self._settings.smtp_starttls:
            _expect(server.starttls(context=ssl.create_default_context())[0], 220)
        if self._settings.smtp_user:
            server.login(self._settings.smtp_user, self._settings.smtp_password.get_secret_value())
        server.ehlo_or_helo_if_needed()


def one_line(text: str) -> str:
    """Text that cannot end a header or a line: control characters and line breaks become spaces."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _expect(code: int, *wanted: int) -> None:
    if code not in (wanted or _ACCEPTED):
        raise smtplib.SMTPResponseException(code, "")


def _harmless(error: Exception) -> str:
    """What failed, without the server's words: it repeats addresses."""
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ if code is None else f"code {code}"


def _address(recipient: Recipient) -> Address:
    try:
        recipient.address.encode("ascii")
        return Address(display_name=one_line(recipient.name), addr_spec=recipient.address)
    except (ValueError, IndexError, MessageError):
        raise NotDelivered("a recipient's address is not one that mail can be sent to: correct it") from None
