"""HTTP to one system of record: one shared client a system and process, and every failure told by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from temporalio import activity
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random

from activities.connectors import errors
from activities.connectors.errors import SystemCallFailed
from activities.connectors.settings import System
from domain.calls import CaseRef
from domain.exception_types import IntegrationErrorKind

Answer = TypeVar("Answer", bound=BaseModel)
Params = Mapping[str, str | None]

_BLIPS = (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError)
_LOOK_WITHIN = timedelta(seconds=2)
"""How long a look for an effect may take: short, so that look, write and read-back fit into one attempt."""


@dataclass(frozen=True)
class CallContext:
    """What a call is for: named in errors and metrics, and in the correlation id that the other system logs."""

    order_id: str
    operation: str
    correlation_id: str
    attempt: int = 1

    @classmethod
    def of(cls, case: CaseRef) -> CallContext:
        """The context of the activity that is running for a case."""
        return cls.about(f"{case.tenant}/{case.order_id}", case.order_id)

    @classmethod
    def about(cls, subject: str, order_id: str = "*") -> CallContext:
        """The context of the activity that is running; `subject` is what other systems' logs can be searched for."""
        info = activity.info()
        return cls(
            order_id=order_id,
            operation=info.activity_type,
            correlation_id=f"{subject}:{info.activity_id}:{info.attempt}",
            attempt=info.attempt,
        )


class Problem(BaseModel):
    """The parts of an RFC 9457 body that a person can be shown. `detail` is left out: it may name people."""

    model_config = ConfigDict(extra="ignore")

    code: str = ""
    title: str = ""


class SystemClient:
    """The way to one system. `transport` is for tests."""

    def __init__(self, name: str, system: System, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.name = name
        token = system.token.get_secret_value()
        self._answer_within = system.answer_within
        self._connect_within = system.connect_within
        self._http = httpx.AsyncClient(
            base_url=system.url,
            headers={"Accept": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})},
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30),
            transport=transport,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def read(self, context: CallContext, path: str, kind: type[Answer], params: Params | None = None) -> Answer:
        """GET `path` as a `kind`. Raises SystemCallFailed."""
        return await self._read(context, path, kind, params, self._answer_within)

    async def look(self, context: CallContext, path: str, kind: type[Answer], params: Params | None = None) -> Answer:
        """The same in a hurry, while a write waits for the answer."""
        return await self._read(context, path, kind, params, min(_LOOK_WITHIN, self._answer_within))

    async def ask(
        self, context: CallContext, path: str, kind: type[Answer], body: Mapping[str, JsonValue], key: str
    ) -> Answer:
        """POST a question that records nothing there, and so fails as a read does."""
        request = self._request(context, "POST", path, self._answer_within, json=dict(body), key=key)
        return self._parsed(context, await self._send(context, request, writing=False), kind, writing=False)

    async def write(
        self,
        context: CallContext,
        path: str,
        kind: type[Answer],
        body: Mapping[str, JsonValue],
        *,
        key: str,
        if_match: str | None = None,
    ) -> Answer:
        """POST a change under an idempotency key. Raises SystemCallFailed, UNKNOWN_OUTCOME if it may have happened."""
        request = self._request(context, "POST", path, self._answer_within, json=dict(body), key=key, if_match=if_match)
        return self._parsed(context, await self._send(context, request, writing=True), kind, writing=True)

    async def _read(
        self, context: CallContext, path: str, kind: type[Answer], params: Params | None, within: timedelta
    ) -> Answer:
        known = {name: value for name, value in (params or {}).items() if value is not None}
        request = self._request(context, "GET", path, within, params=known)
        return self._parsed(context, await self._send(context, request, writing=False), kind, writing=False)

    def _request(
        self,
        context: CallContext,
        method: str,
        path: str,
        within: timedelta,
        *,
        key: str | None = None,
        if_match: str | None = None,
        **content: Any,
    ) -> httpx.Request:
        headers = {"X-Correlation-Id": context.correlation_id}
        if key is not None:
            headers["Idempotency-Key"] = key
        if if_match is not None:
            headers["If-Match"] = if_match
        timeout = httpx.Timeout(within.total_seconds(), connect=self._connect_within.total_seconds())
        return self._http.build_request(method, path, headers=headers, timeout=timeout, **content)

    async def _send(self, context: CallContext, request: httpx.Request, *, writing: bool) -> httpx.Response:
        """The 2xx answer. A read whose connection blips is sent once more at once; a write never is."""
        tries = AsyncRetrying(
            stop=stop_after_attempt(2 if request.method == "GET" else 1),
            retry=retry_if_exception_type(_BLIPS),
            wait=wait_random(0.05, 0.2),
            reraise=True,
        )
        try:
            response: httpx.Response = await tries(self._http.send, request)
        except httpx.TransportError as error:
            kind = errors.kind_of_transport(error, writing=writing)
            raise self._failed(context, kind, f"did not answer ({type(error).__name__})") from None
        if not response.is_success:
            raise self._refused(context, response, writing=writing)
        return response

    def _refused(self, context: CallContext, response: httpx.Response, *, writing: bool) -> SystemCallFailed:
        problem = _problem(response)
        said = " ".join(part for part in (str(response.status_code), problem.code, _printable(problem.title)) if part)
        return self._failed(
            context,
            errors.kind_of_status(response.status_code, problem.code, writing=writing),
            f"answered {said}",
            status=response.status_code,
            retry_after=errors.retry_after(response.headers.get("retry-after"), datetime.now(UTC)),
            may_exist=writing and "location" in response.headers,
        )

    def _parsed(self, context: CallContext, response: httpx.Response, kind: type[Answer], *, writing: bool) -> Answer:
        """The body as a `kind`. A write whose answer is gibberish was accepted, but nobody knows as what."""
        try:
            answer = kind.model_validate_json(response.content)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            garbled = first["type"] == "json_invalid"
            where = ".".join(str(part) for part in first["loc"]) or "body"
            what = (
                "sent gibberish"
                if garbled
                else f"sent an answer that is not a {kind.__name__}: {where} {first['type']}"
            )
            passes = IntegrationErrorKind.TRANSIENT if garbled else IntegrationErrorKind.POISON
            outcome = IntegrationErrorKind.UNKNOWN_OUTCOME if writing else passes
            raise self._failed(context, outcome, what, status=response.status_code) from None
        self._count(context, "OK")
        return answer

    def _failed(
        self,
        context: CallContext,
        kind: IntegrationErrorKind,
        what: str,
        *,
        status: int | None = None,
        retry_after: timedelta | None = None,
        may_exist: bool = False,
    ) -> SystemCallFailed:
        self._count(context, kind.value)
        return SystemCallFailed(
            system=self.name,
            operation=context.operation,
            order_id=context.order_id,
            kind=kind,
            what=what,
            status=status,
            retry_after=retry_after,
            may_exist=may_exist,
        )

    def _count(self, context: CallContext, outcome: str) -> None:
        count_call(self.name, context.operation, outcome)


def count_call(system: str, operation: str, outcome: str) -> None:
    """Calls by system, operation and outcome, on the SDK's own metrics endpoint."""
    if activity.in_activity():
        calls = activity.metric_meter().create_counter("holdfast_system_calls", "Calls to systems of record")
        calls.add(1, {"system": system, "operation": operation, "outcome": outcome})


def _problem(response: httpx.Response) -> Problem:
    try:
        return Problem.model_validate_json(response.content)
    except ValidationError:
        return Problem()


def _printable(text: str) -> str:
    return "".join(character for character in text[:200] if character.isprintable())
