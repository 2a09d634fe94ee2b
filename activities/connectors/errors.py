"""Failed calls, told apart by what can be done about them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
from temporalio.exceptions import ApplicationError

from domain.exception_types import IntegrationErrorKind

_LONGEST_WAIT = timedelta(days=1)
_BAD_GATEWAY, _GATEWAY_TIMEOUT = 502, 504
_SERVER_ERRORS = 500
_ABOUT_THE_CONTENT = (400, 422)

_SECONDS = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)

_BY_STATUS: dict[int, IntegrationErrorKind] = {
    401: IntegrationErrorKind.AUTH,
    403: IntegrationErrorKind.AUTH,
    404: IntegrationErrorKind.NOT_FOUND,
    408: IntegrationErrorKind.TRANSIENT,
    409: IntegrationErrorKind.CONFLICT,
    410: IntegrationErrorKind.NOT_FOUND,
    412: IntegrationErrorKind.CONFLICT,
    425: IntegrationErrorKind.TRANSIENT,
    429: IntegrationErrorKind.TRANSIENT,
}

_NOTHING_WAS_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

NEXT_STEP: dict[IntegrationErrorKind, str] = {
    IntegrationErrorKind.TRANSIENT: "it is tried again by itself",
    IntegrationErrorKind.CONFLICT: "the order is read again and decided anew",
    IntegrationErrorKind.VALIDATION: "correct the data named here, or do it by hand in that system",
    IntegrationErrorKind.AUTH: "renew our token or rights for that system, then have it tried again",
    IntegrationErrorKind.NOT_FOUND: "find out in that system what became of it",
    IntegrationErrorKind.MAPPING: "add what that system does not know to its master data, then have it tried again",
    IntegrationErrorKind.POISON: "show this to the people who run that system: its answer is not what was agreed",
    IntegrationErrorKind.UNKNOWN_OUTCOME: "it is looked for in that system before it is tried again",
}


class SystemCallFailed(ApplicationError):
    """A call to another system failed. Temporal sees the kind as the error's type and retries only what passes.

    `may_exist`: the system refused a write because it has the very thing already. The details of the error are the
    system and the HTTP status, if there was one.
    """

    def __init__(
        self,
        *,
        system: str,
        operation: str,
        order_id: str,
        kind: IntegrationErrorKind,
        what: str,
        status: int | None = None,
        retry_after: timedelta | None = None,
        may_exist: bool = False,
    ) -> None:
        super().__init__(
            f"order {order_id}: {operation}: {system} {what}; {NEXT_STEP[kind]}",
            system,
            status,
            type=kind.value,
            non_retryable=not kind.passes,
            next_retry_delay=retry_after,
        )
        self.system = system
        self.operation = operation
        self.order_id = order_id
        self.kind = kind
        self.what = what
        self.status = status
        self.retry_after = retry_after
        self.may_exist = may_exist

    def instead(self, kind: IntegrationErrorKind, what: str) -> SystemCallFailed:
        """The same call's failure, now that more is known about it."""
        return SystemCallFailed(
            system=self.system,
            operation=self.operation,
            order_id=self.order_id,
            kind=kind,
            what=what,
            status=self.status,
            retry_after=self.retry_after,
        )


def kind_of_status(status: int, code: str, *, writing: bool) -> IntegrationErrorKind:
    """What an answer other than 2xx means. `code` is the problem's own, if the system sent one.

    A gateway that gave up on a write does not know what the system behind it did.
    """
    if code.startswith("unknown_") and status in _ABOUT_THE_CONTENT:
        return IntegrationErrorKind.MAPPING
    if writing and status in (_BAD_GATEWAY, _GATEWAY_TIMEOUT):
        return IntegrationErrorKind.UNKNOWN_OUTCOME
    if status >= _SERVER_ERRORS:
        return IntegrationErrorKind.TRANSIENT
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    is_client_error = httpx.codes.is_client_error(status)
    return IntegrationErrorKind.VALIDATION if is_client_error else IntegrationErrorKind.POISON


def kind_of_transport(error: httpx.TransportError, *, writing: bool) -> IntegrationErrorKind:
    """What a broken connection or a time-out means: once a write was on its way, nobody here knows what it did."""
    if isinstance(error, _NOTHING_WAS_SENT) or not writing:
        return IntegrationErrorKind.TRANSIENT
    return IntegrationErrorKind.UNKNOWN_OUTCOME


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """The wait that a Retry-After header asks for, in seconds or until an HTTP date; at most a day.

    None if there is no header, or one that makes no sense.
    """
    if header is None:
        return None
    seconds = _SECONDS.fullmatch(header.strip())
    wait = timedelta(seconds=float(seconds[0])) if seconds else _until(header, now)
    return None if wait is None or wait <= timedelta(0) else min(wait, _LONGEST_WAIT)


def _until(header: str, now: datetime) -> timedelta | None:
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    return (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
