"""The HTTP door: `POST /v1/events` takes one CloudEvent and answers when Temporal has it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel
from temporalio.client import Client

from domain.events import CloudEvent
from runtime.admission import Admission, Replays
from runtime.customer_door import CustomerDoor, add_customer_pages
from runtime.envelope import Malformed, read_event
from runtime.health import Check, Health, temporal_check
from runtime.intake import Accepted, Disposition, EventIdReused, Intake, Undeliverable
from runtime.key_door import KeyDoor, add_keys
from runtime.problems import MEDIA_TYPE, Problem, ProblemBody, ProblemFault, install_problems
from runtime.request_body import BodyIncomplete, BodyTooLarge, read_body
from runtime.settings import DoorSettings
from runtime.signatures import SIGNATURE_HEADER
from runtime.temporal import TemporalUnavailable

_RETRY_AFTER = "5"
_CONTENT_TYPES = {"application/cloudevents+json", "application/json"}
_BEARER = HTTPBearer(auto_error=False, description="A token of the settings' [door], for those who cannot sign.")
_SIGNATURE = APIKeyHeader(
    name=SIGNATURE_HEADER,
    auto_error=False,
    description="A signature of Standard Webhooks, by a secret of [door.senders].",
)
_SCHEMAS = "#/components/schemas/{model}"


class Receipt(BaseModel):
    """What became of the event, and the cases that have it."""

    disposition: Disposition
    cases: tuple[str, ...]


def build_door(
    intake: Intake,
    client: Client,
    settings: DoorSettings,
    customers: CustomerDoor | None = None,
    keys: KeyDoor | None = None,
    *,
    systems: Mapping[str, Check] | None = None,
) -> FastAPI:
    """The application. `client` only tells whether Temporal answers, `systems` what else the door depends on. Without
    `customers` they get no pages; without `keys` nobody enrols one.
    """
    # the page must work where nothing of the outside world can be reached
    app = FastAPIOffline(
        title="Holdfast door",
        summary="Events of the systems of record become cases.",
        version="1",
        openapi_url="/openapi.json",
    )
    install_problems(app)
    _add_events(app, intake, settings)
    _add_health(app, Health({"temporal": temporal_check(client)}, systems))
    if customers is not None:
        add_customer_pages(app, customers)
    if keys is not None:
        add_keys(app, keys)
    _describe_body(app)
    return app


def _add_events(app: FastAPI, intake: Intake, settings: DoorSettings) -> None:
    admission, replays = Admission(settings), Replays()

    @app.post(
        "/v1/events",
        status_code=HTTPStatus.ACCEPTED,
        response_model=Receipt,
        responses=_responses(),
        dependencies=[Depends(_BEARER), Depends(_SIGNATURE)],
        openapi_extra=_request_body(),
    )
    async def receive(request: Request) -> Response:
        """Hand one CloudEvent 1.0 (structured mode) to its case. 202 means that Temporal has recorded it.

        Sign it as Standard Webhooks says: `webhook-id`, `webhook-timestamp`, `webhook-signature`. An event may be sent
        again and again under its id: copies have no effect. 429 and 503 ask for exactly that.
        """
        admission.check_token(request.headers)
        body = await _body(request, settings.body_limit)
        message = admission.admit(request.headers, body)
        cases = replays.known(message, body)
        if cases is not None:
            return _receipt(Accepted(disposition=Disposition.DUPLICATE, cases=cases))
        taken: Accepted | None = None
        try:
            taken = await _handed_over(intake, _parsed(body))
        finally:
            keep = taken is not None and taken.disposition is not Disposition.NO_CASE
            replays.settle(message, taken.cases if taken is not None and keep else None)
        return _receipt(taken)


async def _handed_over(intake: Intake, event: CloudEvent) -> Accepted:
    try:
        return await intake.accept(event)
    except Undeliverable as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "undeliverable", str(error)) from error
    except EventIdReused as error:
        raise Problem(HTTPStatus.CONFLICT, "event_id_reused", str(error)) from error
    except TemporalUnavailable as error:
        raise _come_back(str(error)) from error


def _receipt(accepted: Accepted) -> Response:
    status = HTTPStatus.OK if accepted.disposition is Disposition.DUPLICATE else HTTPStatus.ACCEPTED
    receipt = Receipt(disposition=accepted.disposition, cases=accepted.cases)
    return JSONResponse(receipt.model_dump(mode="json"), status)


async def _body(request: Request, limit: int) -> bytes:
    """The body, never more of it than `limit` bytes."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in _CONTENT_TYPES or request.headers.get("content-encoding", "identity") != "identity":
        wanted = " or ".join(sorted(_CONTENT_TYPES))
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", f"send {wanted}, not compressed")
    try:
        return await read_body(request, limit)
    except BodyTooLarge as error:
        detail = f"an event may have {limit} bytes"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", detail) from error
    except BodyIncomplete as error:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "incomplete", "the body did not arrive") from error


def _parsed(body: bytes) -> CloudEvent:
    try:
        return read_event(body)
    except Malformed as error:
        faults = [ProblemFault(pointer=fault.pointer, message=fault.message) for fault in error.faults]
        if error.is_json:
            detail = "the body is not an event that we understand"
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_event", detail, errors=faults) from error
        raise Problem(HTTPStatus.BAD_REQUEST, "not_json", "the body is not JSON", errors=faults) from error


def _come_back(detail: str) -> Problem:
    headers = {"Retry-After": _RETRY_AFTER}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "temporal_unavailable", detail, headers=headers)


def _add_health(app: FastAPI, health: Health) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def alive() -> Response:
        status, body = health.alive()
        return JSONResponse(dict(body), status)

    @app.get("/readyz", include_in_schema=False)
    async def ready() -> Response:
        status, body = await health.ready()
        return JSONResponse(dict(body), status)


def _responses() -> dict[int | str, dict[str, Any]]:
    described = {
        400: "Not JSON",
        401: "Neither signed by a sender of this door nor with a token of it, or not from now",
        408: "The body did not arrive",
        409: "Another event or message had this id",
        413: "Too large",
        415: "Not JSON by its content type",
        422: "Not an event, or one that concerns nobody",
        429: "Too many from this sender: send it again after `Retry-After` seconds",
        503: "Temporal does not answer: send it again after `Retry-After` seconds",
    }
    return {
        200: {"model": Receipt, "description": "Had been taken before"},
        **{
            status: {"model": ProblemBody, "description": text, "content": {MEDIA_TYPE: {}}}
            for status, text in described.items()
        },
    }


def _request_body() -> dict[str, Any]:
    content = {"schema": {"$ref": _SCHEMAS.format(model="CloudEvent")}}
    return {"requestBody": {"required": True, "content": dict.fromkeys(sorted(_CONTENT_TYPES), content)}}


def _describe_body(app: FastAPI) -> None:
    """Add the event's schema, which FastAPI does not see because the body is read only after its size is known."""
    generated = app.openapi
    schema = CloudEvent.model_json_schema(ref_template=_SCHEMAS)
    parts = {**schema.pop("$defs"), "CloudEvent": schema}

    def openapi() -> dict[str, Any]:
        document = generated()
        document["components"]["schemas"].update(parts)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # the documented way to extend it
