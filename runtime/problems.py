"""Problem bodies of RFC 9457: what went wrong, whether trying again helps, and a number to ask about."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
_PASSING = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)

log = logging.getLogger(__name__)


class ProblemFault(BaseModel):
    """One thing wrong in what was sent: where, as a JSON pointer, and what."""

    pointer: str
    message: str


class ProblemBody(BaseModel):
    """The body of every error."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    correlation_id: str
    errors: list[ProblemFault] = []


class Problem(Exception):
    """An answer that is an error."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        errors: Sequence[ProblemFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.errors = errors
        self.headers = headers

    @property
    def retryable(self) -> bool:
        """Whether the same request can succeed later."""
        return self.status in _PASSING

    def answer(self) -> JSONResponse:
        """The response, which is logged under the same number."""
        body = ProblemBody(
            title=self.status.phrase,
            status=self.status,
            detail=str(self),
            code=self.code,
            retryable=self.retryable,
            correlation_id=uuid.uuid4().hex,
            errors=list(self.errors),
        )
        log.warning("refused with %d %s (%s)", body.status, body.code, body.correlation_id)
        return JSONResponse(body.model_dump(mode="json"), self.status, dict(self.headers or {}), MEDIA_TYPE)


def install_problems(app: FastAPI) -> None:
    """Have every error of `app` answered with a problem body."""

    async def problem(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - Starlette's shape
        return (error if isinstance(error, Problem) else _unexpected(error)).answer()

    for kind in (Problem, HTTPException, Exception):
        app.add_exception_handler(kind, problem)


def _unexpected(error: Exception) -> Problem:
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        return Problem(status, status.name.lower(), str(error.detail), headers=error.headers)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "an error of ours; the log has it under this number")
