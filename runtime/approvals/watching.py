"""`watch`: the inbox kept up to date on a terminal, or its changes line by line in a pipe."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from temporalio.service import RPCError

from runtime.approvals.commands import Audience, perform, roles_meant
from runtime.approvals.connection import explained, temporal
from runtime.approvals.inbox import Inbox, InboxRow, read_inbox
from runtime.approvals.refusals import ExitCode
from runtime.approvals.rendering import console, inbox_line, inbox_table, line

if TYPE_CHECKING:
    from temporalio.client import Client

    from runtime.settings import Settings

__all__ = ["Audience", "changes", "watch"]

_ROWS_IN_A_PIPE = 1000
_LINES_AROUND = 4


def watch(audience: Audience, interval: float, *, once: bool, as_json: bool) -> None:
    """Follow the inbox until interrupted, which is how it ends well; `once` says what is there now and ends."""
    perform(
        lambda settings: _watch(settings, audience, interval, once=once, as_json=as_json),
        as_json=as_json,
        on_interrupt=ExitCode.DONE,
    )


async def _watch(settings: Settings, audience: Audience, interval: float, *, once: bool, as_json: bool) -> None:
    roles = roles_meant(settings, audience)
    async with temporal(settings.encryption) as client:
        if sys.stdout.isatty() and not once and not as_json:
            await _live(client, roles, interval)
        else:
            await _line_by_line(client, roles, interval, once=once, as_json=as_json)


async def _live(client: Client, roles: Sequence[str] | None, interval: float) -> None:
    out = console()
    inbox: Inbox | None = None
    with Live(console=out, screen=True, auto_refresh=False) as live:
        while True:
            now = datetime.now(UTC)
            trouble = ""
            try:
                inbox = await read_inbox(client, roles, max(out.height - _LINES_AROUND, 1), now)
            except RPCError as error:
                trouble = f"  {explained(error).message} What is shown is old."
            status = line((f"{datetime.now().astimezone():%H:%M:%S}", "bold"), (trouble, "bold red"), "  Ctrl-C ends")
            live.update(Group(*([inbox_table(inbox, now)] if inbox else []), status), refresh=True)
            await asyncio.sleep(interval)


async def _line_by_line(
    client: Client, roles: Sequence[str] | None, interval: float, *, once: bool, as_json: bool
) -> None:
    known: dict[str, InboxRow] = {}
    while True:
        now = datetime.now(UTC)
        inbox = await read_inbox(client, roles, _ROWS_IN_A_PIPE, now)
        rows = {row.workflow_id: row for row in inbox.rows}
        for what, row in changes(known, rows):
            sys.stdout.write(_change(what, row, now, as_json=as_json) + "\n")
        sys.stdout.flush()
        if once:
            return
        known = rows
        await asyncio.sleep(interval)


def changes(before: Mapping[str, InboxRow], after: Mapping[str, InboxRow]) -> Iterator[tuple[str, InboxRow]]:
    """What is new, what changed and what is gone between two readings of the inbox."""
    for key, row in after.items():
        if key not in before:
            yield "new", row
        elif row != before[key]:
            yield "changed", row
    for key, row in before.items():
        if key not in after:
            yield "gone", row


def _change(what: str, row: InboxRow, now: datetime, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"at": now.isoformat(), "change": what, "case": row.model_dump(mode="json")})
    return f"{now.astimezone():%H:%M:%S} {what:<7} {inbox_line(row, now)}"
