"""Errors as RFC 9457 problem bodies: what went wrong, whether trying again can help, and how to find it in the logs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"
CORRELATION_HEADER = "X-Correlation-ID"

DESCRIBED: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, description in (
        ("422", "What was sent is not what the operation takes"),
        ("4XX", "The request is refused: `code` says why"),
        ("5XX", "A fault, here or in another service: try again"),
    )
}
"""What the description of every operation says about errors."""
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code", "retryable", "correlation_id"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "instance", "code", "correlation_id")},
        "status": {"type": "integer"},
        "retryable": {"type": "boolean"},
    },
}

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Problem(Exception):
    """A refusal, raised anywhere inside a request. `code` is for programs, `detail` for people; `extra` goes along."""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    """The answer that a problem becomes."""
    body = {
        "type": f"urn:sandbox:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.url.path,
        "code": problem.code,
        "retryable": problem.status in _PASSING,
        "correlation_id": request.state.correlation_id,
        **problem.extra,
    }
    return JSONResponse(body, problem.status, problem.headers, MEDIA_TYPE)


def install_problems(app: FastAPI) -> None:
    """Answer every error with a problem body, and every request with a correlation id."""

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        return problem_response(request, _as_problem(error))

    for kind in (Problem, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, on_problem)
    app.add_middleware(Correlation)


def describe_problems(app: FastAPI) -> None:
    """Add the schema of problems, which no route returns and FastAPI therefore does not know."""
    generated = app.openapi

    def openapi() -> dict[str, Any]:
        document: dict[str, Any] = _with_local_times(generated())
        document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = SCHEMA
        return document

    app.openapi = openapi  # type: ignore[method-assign] # the documented way to extend it


def _with_local_times(part: Any) -> Any:
    """Opening hours are local; FastAPI says that they are of the format `time`, which has an offset from UTC."""
    if isinstance(part, list):
        return [_with_local_times(each) for each in part]
    if not isinstance(part, dict):
        return part
    shown = {name: _with_local_times(value) for name, value in part.items()}
    if shown.get("format") == "time":
        del shown["format"]
        shown["pattern"] = r"^\d\d:\d\d(:\d\d(\.\d+)?)?$"
    return shown


def _as_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        errors = [{"at": ".".join(map(str, item["loc"])), "message": item["msg"]} for item in error.errors()]
        return Problem(422, "invalid_request", "the request is not what the operation takes; see errors", errors=errors)
    if isinstance(error, HTTPException):
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
        return Problem(error.status_code, code, str(error.detail), headers=error.headers)
    return Problem(500, "internal_error", "the service failed; its log has the correlation id")


class Correlation:
    """ASGI middleware: takes over the caller's correlation id, or makes one, and sends it back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(CORRELATION_HEADER.lower().encode(), b"").decode("ascii", "replace")
        correlation_id = given[:100] or str(uuid.uuid4())
        scope.setdefault("state", {})["correlation_id"] = correlation_id

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append(
                    (CORRELATION_HEADER.lower().encode(), correlation_id.encode("ascii", "replace"))
                )
            await send(message)

        await self._app(scope, receive, answer)
