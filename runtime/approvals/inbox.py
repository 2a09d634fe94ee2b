"""What awaits an answer, by deadline, from visibility alone: no history is read and no workflow is asked.

SQL visibility knows no ORDER BY. So the earliest deadlines are found by windows of `DueAt`: a window with more cases
than fit one page is halved, and the later half is looked at only if the earlier one did not fill the list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.base import Model
from domain.identifiers import CASE_TYPES
from runtime.approvals.refusals import ExitCode, Refused
from workflows import search_attributes as keys

if TYPE_CHECKING:
    from temporalio.client import Client, WorkflowExecution

_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}", re.ASCII)
_PAGE = 200
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
_NEVER = datetime(2200, 1, 1, tzinfo=UTC)
_INSTANT = timedelta(milliseconds=10)


class InboxRow(Model):
    """One held order that awaits somebody. Times in UTC; `amount_at_risk` is the order's value in its currency."""

    order_id: str
    workflow_id: str
    customer_id: str | None
    state: str
    exception_types: tuple[str, ...]
    awaiting_roles: tuple[str, ...]
    retrying_systems: tuple[str, ...]
    jeopardy: str | None
    segment: str | None
    amount_at_risk: Decimal | None
    held_since: datetime | None
    due_at: datetime | None
    rework: bool = False
    """Whether the order was held for the same not long before."""


class Inbox(Model):
    """The earliest `rows` of `total`; `roles` is None for everybody's."""

    roles: tuple[str, ...] | None
    total: int
    rows: tuple[InboxRow, ...]


@dataclass(frozen=True)
class Window:
    """The deadlines from `start` up to, not including, `end`."""

    start: datetime
    end: datetime

    @property
    def condition(self) -> str:
        """The window as a part of a list filter."""
        return f"DueAt >= '{_literal(self.start)}' AND DueAt < '{_literal(self.end)}'"

    def halves(self) -> tuple[Window, Window]:
        """The earlier and the later half."""
        middle = self.start + (self.end - self.start) / 2
        return Window(self.start, middle), Window(middle, self.end)


def _literal(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def awaiting(roles: Sequence[str] | None) -> str:
    """The list filter of the open cases that await one of `roles`, or anybody if that is None.

    Raises Refused (INVALID) for a role that must not enter a filter.
    """
    if roles is None:
        awaited = "AwaitingRole IS NOT NULL"
    else:
        awaited = f"AwaitingRole IN ({', '.join(repr(checked_role(role)) for role in roles)})"
    return f"WorkflowType IN {CASE_TYPES} AND ExecutionStatus = 'Running' AND {awaited}"


def checked_role(role: str) -> str:
    """`role` itself, if it may enter a filter: no quote and no other character of the filter language can be in it."""
    if not _ROLE.fullmatch(role):
        raise Refused(ExitCode.INVALID, f"{role[:40]!a} cannot be a role: letters, digits, spaces, . _ and - only.")
    return role


async def read_inbox(client: Client, roles: Sequence[str] | None, limit: int, now: datetime) -> Inbox:
    """The `limit` open cases of the earliest deadlines that await `roles` (everybody's if None)."""
    query = awaiting(roles)
    total = (await client.count_workflows(query)).count
    rows = await _Reader(client, query).earliest(limit, total, now) if total else []
    return Inbox(roles=None if roles is None else tuple(roles), total=total, rows=tuple(rows))


class _Reader:
    def __init__(self, client: Client, query: str) -> None:
        self._client = client
        self._query = query

    async def earliest(self, limit: int, total: int, now: datetime) -> list[InboxRow]:
        if total <= max(_PAGE, limit):
            return (await self._read(self._query))[:limit]
        rows: list[InboxRow] = []
        tomorrow = now + timedelta(days=1)
        for window in (Window(_ALWAYS, now), Window(now, tomorrow), Window(tomorrow, _NEVER)):
            rows += await self._within(window, await self._count(window), limit - len(rows))
        if len(rows) < limit:
            rows += await self._read(f"{self._query} AND DueAt IS NULL")
        return rows[:limit]

    async def _within(self, window: Window, count: int, wanted: int) -> list[InboxRow]:
        if count == 0 or wanted <= 0:
            return []
        if count <= max(_PAGE, wanted) or window.end - window.start <= _INSTANT:
            return (await self._read(f"{self._query} AND {window.condition}"))[:wanted]
        earlier, later = window.halves()
        first = await self._count(earlier)
        rows = await self._within(earlier, first, wanted)
        return rows + await self._within(later, count - first, wanted - len(rows))

    async def _count(self, window: Window) -> int:
        return (await self._client.count_workflows(f"{self._query} AND {window.condition}")).count

    async def _read(self, query: str) -> list[InboxRow]:
        found = [row_of(execution) async for execution in self._client.list_workflows(query, page_size=_PAGE)]
        return sorted(found, key=lambda row: (row.due_at or _NEVER, row.order_id))


def row_of(execution: WorkflowExecution) -> InboxRow:
    """The row of one workflow, from its search attributes."""
    known = execution.typed_search_attributes
    amount = known.get(keys.AMOUNT_AT_RISK)
    return InboxRow(
        order_id=known.get(keys.ORDER_ID) or execution.id.rpartition("/")[2],
        workflow_id=execution.id,
        customer_id=known.get(keys.CUSTOMER_ID),
        state=known.get(keys.CASE_STATE) or "OPENED",
        exception_types=tuple(known.get(keys.EXCEPTION_TYPE) or ()),
        awaiting_roles=tuple(known.get(keys.AWAITING_ROLE) or ()),
        retrying_systems=tuple(known.get(keys.RETRYING_SYSTEM) or ()),
        jeopardy=known.get(keys.JEOPARDY),
        segment=known.get(keys.SEGMENT),
        amount_at_risk=None if amount is None else Decimal(str(amount)),
        held_since=known.get(keys.HELD_SINCE),
        due_at=known.get(keys.DUE_AT),
        rework=bool(known.get(keys.REWORK)),
    )
