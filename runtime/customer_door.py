"""Where customers answer: a page for each signed link. Opening it decides nothing; a button's answer goes to the CRM,
which keeps it, and then the case is told.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qs, quote

from fastapi import FastAPI, Request, Response

from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.links import PATH, CustomerLinks, LinkExpired, LinkUnusable, Target
from domain.events import CloudEvent, EventData, EventType
from domain.exception_types import IntegrationErrorKind
from domain.facts.consent import ConsentState
from runtime.customer_page import (
    ConsentRequest,
    answered_page,
    contradiction_page,
    notice_page,
    question_page,
)
from runtime.intake import EventIdReused, Intake, Undeliverable
from runtime.request_body import BodyIncomplete, BodyTooLarge, read_body
from runtime.temporal import TemporalUnavailable

_SOURCE = "/holdfast/door"
_FORM_LIMIT = 4096
_COME_BACK = 30
_TELL_AGAIN = 5.0

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class CustomerDoor:
    """Reads questions from the CRM, brings it the answers, and tells the cases. `clock` says what time it is (UTC)."""

    def __init__(
        self, crm: SystemClient, links: CustomerLinks, intake: Intake, clock: Callable[[], datetime] = _now
    ) -> None:
        self._crm = crm
        self._links = links
        self._intake = intake
        self._clock = clock
        self._telling: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Stop telling. A case that was not told finds the answer in the CRM when its wait is over."""
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    async def show(self, token: str) -> Response:
        """The question as it stands. Nothing is decided by looking."""
        target = self._links.read(token, self._clock())
        return _as_it_stands(await self._request(target))

    async def answer(self, token: str, choice: str) -> Response:
        """Thanks, once the CRM has the answer; the same answer again is no contradiction."""
        target = self._links.read(token, self._clock())
        request = await self._request(target)
        if choice not in {offered.choice for offered in request.choices}:
            return question_page(request, HTTPStatus.BAD_REQUEST)
        if request.state is ConsentState.OPEN:
            request = await self._kept(target, choice)
        if request.state is not ConsentState.ANSWERED:
            return _as_it_stands(request)
        self._tell(target, request)
        return answered_page(request) if request.choice == choice else contradiction_page(request)

    async def _request(self, target: Target) -> ConsentRequest:
        path = f"/v1/consent-requests/{quote(target.request_id, safe='')}"
        request = await self._crm.read(_context(target), path, ConsentRequest)
        if request.order_id != target.order_id:
            raise LinkUnusable
        return request

    async def _kept(self, target: Target, choice: str) -> ConsentRequest:
        """The question with the answer that the CRM keeps: ours, or one that came before it."""
        path = f"/v1/consent-requests/{quote(target.request_id, safe='')}/answer"
        key = f"{target.request_id}-{choice}"
        try:
            return await self._crm.write(_context(target), path, ConsentRequest, {"choice": choice}, key=key)
        except SystemCallFailed as failure:
            if failure.kind not in (IntegrationErrorKind.CONFLICT, IntegrationErrorKind.UNKNOWN_OUTCOME):
                raise
            request = await self._request(target)
            if request.state is ConsentState.OPEN:
                raise
            return request

    def _tell(self, target: Target, request: ConsentRequest) -> None:
        """Tell the case in the background: the customer has done their part and need not wait for Temporal."""
        event = CloudEvent(
            specversion="1.0",
            id=f"customer-answer-{request.id}",
            source=_SOURCE,
            type=EventType.CUSTOMER_ANSWERED,
            time=request.answered_at or request.answer_by,
            data=EventData(
                tenant=target.tenant, order_id=target.order_id, detail=f"{request.question}: {request.choice}"[:500]
            ),
        )
        task = asyncio.create_task(self._keep_telling(event, target))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _keep_telling(self, event: CloudEvent, target: Target) -> None:
        """Until Temporal has it, or the wait is over: then the case reads the answer by itself."""
        while True:
            try:
                await self._intake.accept(event)
            except TemporalUnavailable as error:
                if self._clock() >= target.expires_at:
                    log.warning("order %s was not told of its customer's answer: %s", target.order_id, error)
                    return
                await asyncio.sleep(_TELL_AGAIN)
            except (Undeliverable, EventIdReused) as error:
                log.warning("order %s could not be told of its customer's answer: %s", target.order_id, error)
                return
            else:
                return


def add_customer_pages(app: FastAPI, customers: CustomerDoor) -> None:
    """Add the pages. None of them is in the description of the door: programs have no business there."""
    page = f"{PATH}/{{token}}"

    @app.api_route(page, methods=["GET", "HEAD"], include_in_schema=False)
    async def show(token: str) -> Response:
        return await _in_plain_words(lambda: customers.show(token))

    @app.post(page, include_in_schema=False)
    async def answer(token: str, request: Request) -> Response:
        try:
            form = parse_qs((await read_body(request, _FORM_LIMIT)).decode("ascii", "replace"), max_num_fields=10)
        except (BodyTooLarge, BodyIncomplete, ValueError):
            return notice_page(
                "That did not work", "Please go back and press one of the buttons.", HTTPStatus.BAD_REQUEST
            )
        choice = form.get("choice", [""])[0]
        return await _in_plain_words(lambda: customers.answer(token, choice))


async def _in_plain_words(page: Callable[[], Awaitable[Response]]) -> Response:
    """The page, or one that says what a customer can do about what went wrong. Nothing of ours is on it."""
    try:
        return await page()
    except LinkUnusable:
        return _unusable()
    except LinkExpired:
        return _too_late()
    except SystemCallFailed as failure:
        if failure.kind is IntegrationErrorKind.NOT_FOUND:
            return _unusable()
        log.warning("a customer could not be served: %s", failure.message)
        text = "We cannot take your answer just now. Please try again in a minute: nothing is lost."
        return notice_page("Please try again shortly", text, HTTPStatus.SERVICE_UNAVAILABLE, retry_after=_COME_BACK)


def _as_it_stands(request: ConsentRequest) -> Response:
    if request.state is ConsentState.OPEN:
        return question_page(request)
    if request.state is ConsentState.ANSWERED:
        return answered_page(request)
    return _too_late() if request.state is ConsentState.EXPIRED else _settled()


def _unusable() -> Response:
    text = "Please open the link from our mail once more, all of it. If it still does not work, reply to the mail."
    return notice_page("This link does not work", text, HTTPStatus.NOT_FOUND)


def _too_late() -> Response:
    text = "The time to answer is over, and we have gone on without it. If you have a question, reply to our mail."
    return notice_page("This can no longer be answered", text, HTTPStatus.GONE)


def _settled() -> Response:
    text = "What we asked you has been settled meanwhile. You need not do anything."
    return notice_page("This question is settled", text, HTTPStatus.GONE)


def _context(target: Target) -> CallContext:
    correlation_id = f"{target.tenant}/{target.order_id}:customer-page:{uuid.uuid4().hex[:12]}"
    return CallContext(order_id=target.order_id, operation="door.customer_page", correlation_id=correlation_id)
