"""Letters as JSON, to a webhook of the company: a chat, a pager, a message gateway."""

from __future__ import annotations

import httpx

from activities.connectors import errors
from activities.connectors.delivery import Letter, MaybeDelivered, NotDelivered
from domain.exception_types import IntegrationErrorKind

_TIMEOUT = httpx.Timeout(5, connect=2)


class Webhook:
    """One address that takes letters: `{message_id, subject, text, to: [{address, name}], about: {...}}`."""

    name = "WEBHOOK"

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._http = httpx.AsyncClient(timeout=_TIMEOUT, headers={"Authorization": f"Bearer {token}"} if token else {})

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def deliver(self, letter: Letter) -> None:
        """POST a letter, under its id as Idempotency-Key."""
        body = {
            "message_id": letter.message_id,
            "subject": letter.subject,
            "text": letter.text,
            "to": [{"address": recipient.address, "name": recipient.name} for recipient in letter.to],
            "about": dict(letter.about),
        }
        try:
            response = await self._http.post(self._url, json=body, headers={"Idempotency-Key": letter.message_id})
        except httpx.TransportError as error:
            kind = errors.kind_of_transport(error, writing=True)
            raise _failed(kind, f"the webhook did not answer ({type(error).__name__})") from None
        if not response.is_success:
            kind = errors.kind_of_status(response.status_code, "", writing=True)
            raise _failed(kind, f"the webhook answered {response.status_code}")


def _failed(kind: IntegrationErrorKind, what: str) -> NotDelivered | MaybeDelivered:
    return MaybeDelivered(what) if kind is IntegrationErrorKind.UNKNOWN_OUTCOME else NotDelivered(what)
