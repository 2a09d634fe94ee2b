"""What the services behind the channels answer, as the channels' own problems."""

from __future__ import annotations

from http import HTTPStatus

import httpx

from sandbox.kernel import Document, Problem

_NOT_THE_CALLERS = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""Refusals that the caller can do nothing about: it is between us, or it passes."""
_PASSED_ON = ("errors", "existing_id")


def unavailable(system: str, why: str, retry_after: int | str) -> Problem:
    """The caller is to send the same again, later: nothing is lost by that, and nothing done twice."""
    said = f"{system} cannot be asked now: {why}; send the same again"
    return Problem(503, f"{system}_unavailable", said, headers={"Retry-After": str(retry_after)})


def problem_of(system: str, answer: httpx.Response, retry_after: int) -> Problem:
    """A refusal, passed on as it is."""
    if answer.is_server_error or answer.status_code in _NOT_THE_CALLERS:
        return unavailable(system, f"it answered {answer.status_code}", answer.headers.get("Retry-After", retry_after))
    problem = body_of(answer)
    more = {name: problem[name] for name in _PASSED_ON if name in problem}
    code, detail = problem.get("code", "refused"), problem.get("detail", "it was refused")
    return Problem(answer.status_code, code, f"{system}: {detail}", **more)


def body_of(answer: httpx.Response) -> Document:
    """A JSON object, or an empty one if it is none."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
