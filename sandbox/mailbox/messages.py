"""What was received, kept until somebody empties it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from sandbox.kernel import Document, Documents, Problem, Service


class Messages:
    """Mails, in the order they came. One that comes twice is there twice: that is what tests look for."""

    def __init__(self, service: Service) -> None:
        self.documents = Documents(service.store, "mails", ("message_id", "subject"))

    def keep(self, sender: str, recipients: Sequence[str], content: bytes) -> str:
        """Keep a mail as it came. Returns its id here."""
        mail: EmailMessage = message_from_bytes(content, policy=default)
        body = mail.get_body(("plain", "html"))
        mail_id = f"mail-{uuid.uuid4().hex[:12]}"
        self.documents.put(
            mail_id,
            {
                "id": mail_id,
                "received_at": datetime.now(UTC).isoformat(),
                "message_id": str(mail["Message-ID"] or "").strip("<> "),
                "sender": sender,
                "recipients": list(recipients),
                "subject": str(mail["Subject"] or ""),
                "text": "" if body is None else str(body.get_content()),
                "headers": {name: str(value) for name, value in mail.items()},
            },
        )
        return mail_id

    def get(self, mail_id: str) -> Document:
        """The mail of that id. Raises Problem 404."""
        mail = self.documents.get(mail_id)
        if mail is None:
            raise Problem(404, "not_found", f"there is no mail {mail_id}")
        return mail

    def to(self, address: str | None) -> list[Document]:
        """All mails, or those to an address."""
        return [mail for mail in self.documents.all() if address is None or address in mail["recipients"]]


class Hooks:
    """Webhook deliveries, each once however often it is repeated."""

    def __init__(self, service: Service) -> None:
        self._store = service.store
        self.documents = Documents(service.store, "hooks")

    def keep(self, hook_id: str, headers: dict[str, str], body: bytes, value: object) -> bool:
        """Keep a delivery. False if it is a repetition. Raises Problem 409 if its id came with another body before."""
        fingerprint = hashlib.sha256(body).hexdigest()
        with self._store.transaction():
            before = self.documents.get(hook_id)
            if before is None:
                self.documents.put(hook_id, _delivery(hook_id, headers, fingerprint, value))
                return True
            if before["fingerprint"] != fingerprint:
                raise Problem(409, "webhook_id_reused", f"{hook_id} came with another body before")
            self.documents.put(hook_id, before | {"deliveries": before["deliveries"] + 1})
            return False


def _delivery(hook_id: str, headers: dict[str, str], fingerprint: str, value: object) -> Document:
    return {
        "id": hook_id,
        "received_at": datetime.now(UTC).isoformat(),
        "deliveries": 1,
        "fingerprint": fingerprint,
        "headers": headers,
        "body": value,
    }
