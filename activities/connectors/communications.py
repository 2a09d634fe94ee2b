"""The CRM's register of communications: what makes a message go out at most once.

A message is REGISTERED, then SENDING, then SENT. Whoever finds it SENDING does not know whether it went out, says so,
and does not send it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote
from uuid import uuid4

from pydantic import BaseModel, JsonValue
from temporalio import activity

from activities.connectors.delivery import MaybeDelivered, NotDelivered
from activities.connectors.effects import Effect, Effects, Write
from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext, SystemClient
from domain.exception_types import IntegrationErrorKind

COMMUNICATIONS = "communications"
REGISTERED, SENDING, SENT, UNCERTAIN = "REGISTERED", "SENDING", "SENT", "UNCERTAIN"
ALREADY_SENT = "ALREADY_SENT"


class Contact(BaseModel):
    """Whom to write to about a customer's orders. Personal data: used at once, not kept, logged or put in errors."""

    email: str
    name: str = ""


class Communications:
    """Sends messages once, by the register."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
        self._effects = Effects(client)

    async def contact(self, context: CallContext, customer_id: str) -> Contact:
        """The customer's contact, as it is at this moment."""
        return await self._client.read(context, f"/v1/accounts/{quote(customer_id, safe='')}/contact", Contact)

    async def send_once(
        self,
        context: CallContext,
        message_id: str,
        description: Mapping[str, JsonValue],
        deliver: Callable[[], Awaitable[None]],
    ) -> str:
        """SENT, ALREADY_SENT or UNCERTAIN. Raises SystemCallFailed, with the message free to be sent again."""
        write = Write.into(COMMUNICATIONS, message_id, description)
        registered = (await self._effects.create(context, write, look_first=context.attempt > 1)).effect
        if registered.status in (SENT, UNCERTAIN):
            return ALREADY_SENT if registered.status == SENT else UNCERTAIN
        if registered.status == SENDING or not await self._claimed(context, registered):
            return await self._uncertain(context, registered)
        try:
            await deliver()
        except NotDelivered as failure:
            await self._note(context, registered, REGISTERED)
            raise _silent(context, str(failure)) from None
        except MaybeDelivered:
            return await self._uncertain(context, registered)
        await self._note(context, registered, SENT)
        return SENT

    async def _claimed(self, context: CallContext, message: Effect) -> bool:
        """Whether the message is ours to send: of two attempts at the same time one gets a CONFLICT."""
        try:
            await self._move(context, message, SENDING)
        except SystemCallFailed as failure:
            if failure.kind is IntegrationErrorKind.CONFLICT:
                return False
            if failure.kind is not IntegrationErrorKind.UNKNOWN_OUTCOME:
                raise
            now = await self._effects.find(context, COMMUNICATIONS, message.reference)
            if now is None or now.status != SENDING:
                raise failure.instead(IntegrationErrorKind.TRANSIENT, failure.what) from None
        return True

    async def _uncertain(self, context: CallContext, message: Effect) -> str:
        await self._note(context, message, UNCERTAIN)
        return UNCERTAIN

    async def _note(self, context: CallContext, message: Effect, status: str) -> None:
        """Write down what became of it. If the CRM fails now, what happened to the message is true all the same."""
        try:
            await self._move(context, message, status)
        except SystemCallFailed as failure:
            activity.logger.warning("message %s is %s, but %s", message.reference, status, failure.message)

    async def _move(self, context: CallContext, message: Effect, status: str) -> Effect:
        """A key of its own each time: that somebody else made the same move must not look like success."""
        path = f"/v1/{COMMUNICATIONS}/{quote(message.id, safe='')}/status"
        return await self._client.write(context, path, Effect, {"status": status}, key=f"{message.reference}-{uuid4()}")


def _silent(context: CallContext, what: str) -> SystemCallFailed:
    return SystemCallFailed(
        system="notifier",
        operation=context.operation,
        order_id=context.order_id,
        kind=IntegrationErrorKind.TRANSIENT,
        what=f"could not send: {what}",
    )
