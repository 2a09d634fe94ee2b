"""The mailbox's HTTP side: the messages as JSON and as a page, and `/hooks`. It is open: it is nobody's real mail."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import Field

from sandbox.kernel import Document, Page, Paging, Problem, Service, Settings
from sandbox.kernel.faults import FaultyRoute
from sandbox.mailbox.messages import Hooks, Messages
from sandbox.mailbox.page import page
from sandbox.mailbox.smtp import MailServer

_ON_PAGE = 200
_KEPT_HEADERS = ("content-type", "webhook-id", "webhook-timestamp", "webhook-signature", "idempotency-key")
DeliveryId = Annotated[str | None, Header(max_length=200)]


class MailboxSettings(Settings):
    """Settings of the mailbox. Without tokens nobody can have it fail."""

    tokens: dict[str, str] = Field(default_factory=dict)
    smtp_port: int = Field(default=0, description="0 takes a free one")


def build(settings: MailboxSettings) -> Service:
    """The service, which listens for mail at `addresses["smtp"]`."""
    service = Service("mailbox", settings, title="Mailbox")
    messages, hooks = Messages(service), Hooks(service)
    server = MailServer(service, messages, settings.smtp_port)
    service.addresses["smtp"] = server.address
    service.background(server.work)
    for router in (_front_page(messages, hooks), _mails(messages), _hooks(hooks)):
        service.app.include_router(router)
    return service


def _front_page(messages: Messages, hooks: Hooks) -> APIRouter:
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/", include_in_schema=False)
    async def show() -> HTMLResponse:
        mails, deliveries = messages.to(None), hooks.documents.all()
        return HTMLResponse(page(mails[-_ON_PAGE:], deliveries[-_ON_PAGE:], len(mails) + len(deliveries)))

    return router


def _mails(messages: Messages) -> APIRouter:
    router = APIRouter(prefix="/messages", tags=["mails"])

    @router.get("", summary="Mails, the oldest first")
    async def find(
        paging: Paging,
        to: Annotated[str | None, Query(description="a recipient's address")] = None,
        message_id: str | None = None,
        subject: str | None = None,
    ) -> Page:
        if to is not None:
            return Page(items=messages.to(to))
        return paging.read(messages.documents, message_id=message_id, subject=subject)

    @router.get("/{mail_id}", summary="One mail")
    async def read(mail_id: str) -> Document:
        return messages.get(mail_id)

    return router


def _hooks(hooks: Hooks) -> APIRouter:
    router = APIRouter(prefix="/hooks", tags=["webhooks"], route_class=FaultyRoute)

    @router.post("", status_code=201, summary="Take a webhook; a repetition is answered with 200")
    async def take(request: Request, webhook_id: DeliveryId = None, idempotency_key: DeliveryId = None) -> Response:
        delivery_id = webhook_id or idempotency_key
        if not delivery_id:
            raise Problem(400, "webhook_id_required", "send a webhook-id that is the same for every repetition")
        body = await request.body()
        headers = {name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers}
        is_new = hooks.keep(delivery_id, headers, body, _parsed(body))
        return JSONResponse({"id": delivery_id, "duplicate": not is_new}, 201 if is_new else 200)

    @router.get("", summary="Webhooks, each once, the oldest first")
    async def find(paging: Paging) -> Page:
        return paging.read(hooks.documents)

    return router


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise Problem(400, "invalid_json", "a webhook's body is JSON") from None
