"""Calls to one Tryton database: the session, and every failure told by its kind."""

from __future__ import annotations

import asyncio
import base64
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from activities.connectors import errors
from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext, count_call
from activities.connectors.settings import System, TrytonTerms
from activities.connectors.tryton import wire
from domain.exception_types import IntegrationErrorKind as Kind

Row = dict[str, Any]
_UNAUTHORISED = 401
_BUSY = 503
"""Tryton's answer if it could not lock what somebody else is writing, after five tries of its own. It rolled back."""
_BUSY_FOR = 3.0
_BUSY_PAUSE = (0.3, 1.2)
"""Seconds, by chance: those who were refused together must not come back together."""
_TURN_WITHIN = 3.0
"""Seconds. An attempt has ten in all."""
_PASSES = ("serialize", "deadlock", "locked", "timeout")
"""Words in what a database says about a transaction that it rolled back and would take another time."""


class AnswerWanted(SystemCallFailed):
    """Tryton wants a warning to be answered first. The transaction was rolled back. `warning` is its name."""

    def __init__(self, warning: str, *, order_id: str, operation: str) -> None:
        super().__init__(
            system="erp",
            operation=operation,
            order_id=order_id,
            kind=Kind.CONFLICT,
            what=f"warns of something nobody has decided on ({warning})",
        )
        self.warning = warning


class TrytonClient:
    """One user of one database. A call is one transaction there. `transport` is for tests."""

    def __init__(self, system: System, terms: TrytonTerms, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.terms = terms
        self._password = system.token.get_secret_value()
        self._path = f"/{self.terms.database}/rpc/"
        self._login = asyncio.Lock()
        self._turn = asyncio.Lock()
        self._session: str | None = None
        self._user_id = 0
        self._company = 0
        self._http = httpx.AsyncClient(
            base_url=system.url,
            timeout=httpx.Timeout(system.answer_within.total_seconds(), connect=system.connect_within.total_seconds()),
            limits=httpx.Limits(max_connections=50, max_keepalive_connections=20, keepalive_expiry=30),
            transport=transport,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def user_id(self, context: CallContext) -> int:
        """The id of our user: it stands on every row that we wrote last."""
        await self._logged_in(context, stale=None)
        return self._user_id

    async def company(self, context: CallContext) -> int:
        """The company that our user works for."""
        await self._logged_in(context, stale=None)
        return self._company

    @asynccontextmanager
    async def turn(self, context: CallContext) -> AsyncIterator[None]:
        """One at a time: whoever confirms a sale locks whole tables, and Tryton waits for no lock but refuses. Raises
        SystemCallFailed TRANSIENT if it does not come to us soon.
        """
        try:
            await asyncio.wait_for(self._turn.acquire(), _TURN_WITHIN)
        except TimeoutError:
            raise self.failed(context, Kind.TRANSIENT, "is busy with other orders of ours") from None
        try:
            yield
        finally:
            self._turn.release()

    async def read(self, context: CallContext, model: str, method: str, *arguments: Any, **more: Any) -> Any:
        """The result of a method that changes nothing. Raises SystemCallFailed."""
        return await self._call(context, f"model.{model}.{method}", arguments, more, writing=False)

    async def rows(self, context: CallContext, model: str, domain: list[Any], names: list[str]) -> list[Row]:
        """Fields of the records that fit, the oldest first."""
        found: list[Row] = await self.read(context, model, "search_read", domain, 0, None, [["id", "ASC"]], names)
        return found

    async def write(self, context: CallContext, model: str, method: str, *arguments: Any, **more: Any) -> Any:
        """The result of a method that changes something, all of it or nothing.

        Refused because others are writing, it is asked again for some seconds: nothing has happened, and the
        `_timestamp` of what it changes still guards it.

        Raises SystemCallFailed: UNKNOWN_OUTCOME if it may have happened, AnswerWanted for a warning.
        """
        return await self._call(context, f"model.{model}.{method}", arguments, more, writing=True)

    async def _call(
        self, context: CallContext, method: str, arguments: tuple[Any, ...], more: Row, *, writing: bool
    ) -> Any:
        session = await self._logged_in(context, stale=None)
        params = [*arguments, {"company": self._company, **more}]
        answer = await self._send(context, method, params, session, writing=writing)
        if answer.status_code == _UNAUTHORISED:
            # refused before anything was done: our session has ended
            session = await self._logged_in(context, stale=session)
            answer = await self._send(context, method, params, session, writing=writing)
        until = time.monotonic() + _BUSY_FOR
        while answer.status_code == _BUSY and time.monotonic() < until:
            await asyncio.sleep(random.uniform(*_BUSY_PAUSE))  # noqa: S311 - no secret
            answer = await self._send(context, method, params, session, writing=writing)
        return self._result(context, answer, writing=writing)

    async def _logged_in(self, context: CallContext, *, stale: str | None) -> str:
        async with self._login:
            if self._session is None or self._session == stale:
                await self._log_in(context)
            return self._session or ""

    async def _log_in(self, context: CallContext) -> None:
        params = [self.terms.user, {"password": self._password}]
        answer = await self._send(context, "common.db.login", params, None, writing=False)
        user_id, token, *_ = self._result(context, answer, writing=False)
        session = base64.b64encode(f"{self.terms.user}:{user_id}:{token}".encode()).decode()
        answer = await self._send(context, "model.res.user.get_preferences", [True, {}], session, writing=False)
        preferences = self._result(context, answer, writing=False)
        self._session, self._user_id, self._company = session, int(user_id), int(preferences.get("company") or 0)

    async def _send(
        self, context: CallContext, method: str, params: list[Any], session: str | None, *, writing: bool
    ) -> httpx.Response:
        headers = {"Content-Type": "application/json", "X-Correlation-Id": context.correlation_id}
        if session is not None:
            headers["Authorization"] = f"Session {session}"
        content = wire.dumps({"id": 0, "method": method, "params": params})
        try:
            return await self._http.post(self._path, content=content, headers=headers)
        except httpx.TransportError as error:
            kind = errors.kind_of_transport(error, writing=writing)
            raise self.failed(context, kind, f"did not answer ({type(error).__name__})") from None

    def _result(self, context: CallContext, answer: httpx.Response, *, writing: bool) -> Any:
        if not answer.is_success:
            kind = errors.kind_of_status(answer.status_code, "", writing=writing)
            wait = answer.headers.get("retry-after")
            raise self.failed(context, kind, f"answered {answer.status_code}", retry_after=wait)
        try:
            body = wire.loads(answer.content)
        except ValueError:
            outcome = Kind.UNKNOWN_OUTCOME if writing else Kind.TRANSIENT
            raise self.failed(context, outcome, "sent gibberish") from None
        if not isinstance(body, dict) or not body.keys() & {"result", "error"}:
            outcome = Kind.UNKNOWN_OUTCOME if writing else Kind.POISON
            raise self.failed(context, outcome, "sent an answer that is none of JSON-RPC")
        if "error" in body:
            raise self._refused(context, body["error"])
        count_call("erp", context.operation, "OK")
        return body["result"]

    def _refused(self, context: CallContext, error: Any) -> SystemCallFailed:
        """Tryton rolls back what it answers with an error. Its words may name persons: they are not kept."""
        name, said = (str(error[0]), error[1]) if isinstance(error, list) and len(error) > 1 else (str(error), "")
        if name == "UserWarning":
            warning = said[0] if isinstance(said, list) and said else said
            count_call("erp", context.operation, Kind.CONFLICT.value)
            return AnswerWanted(str(warning), order_id=context.order_id, operation=context.operation)
        if name == "ConcurrencyException":
            return self.failed(context, Kind.CONFLICT, "has records that somebody changed in the meanwhile")
        if name == "UserError":
            return self.failed(context, Kind.VALIDATION, "refuses this: try it by hand there to read why")
        if any(word in name.lower() for word in _PASSES):
            return self.failed(context, Kind.TRANSIENT, "rolled the transaction back")
        return self.failed(context, Kind.POISON, "failed inside")

    def failed(
        self, context: CallContext, kind: Kind, what: str, *, retry_after: str | None = None
    ) -> SystemCallFailed:
        """A failure of that kind, counted."""
        count_call("erp", context.operation, kind.value)
        return SystemCallFailed(
            system="erp",
            operation=context.operation,
            order_id=context.order_id,
            kind=kind,
            what=what,
            retry_after=errors.retry_after(retry_after, datetime.now(UTC)),
        )
