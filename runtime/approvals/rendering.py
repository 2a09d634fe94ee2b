"""The views on a terminal: 80 columns are enough, a pipe gets whole lines, and nothing a stranger wrote is obeyed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from domain.audit import AuditTrail
from domain.keys import KeySet, PublicKey
from domain.tasks import Receipt
from runtime.approvals.inbox import Inbox, InboxRow
from runtime.approvals.refusals import Refused
from runtime.approvals.terminal_text import safe, span, time_left

if TYPE_CHECKING:
    from runtime.approvals.bulk import ItemAnswer

_PIPE_WIDTH = 200
_LATE, _SOON = "bold red", "yellow"
_SOON_SECONDS = 3600


class Page(Console):
    """A console whose reader may leave early: that is no error, and what was sent was sent."""

    def on_broken_pipe(self) -> None:
        """Stop writing."""
        raise SystemExit(0)


def console(*, error: bool = False) -> Console:
    """A console that obeys no markup. Into a pipe it writes lines long enough not to be wrapped."""
    stream = sys.stderr if error else sys.stdout
    return Page(
        file=stream,
        width=None if stream.isatty() else _PIPE_WIDTH,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
    )


def line(*parts: str | tuple[str, str]) -> Text:
    """Parts of a line, each a text or a text with its style, made safe."""
    return Text.assemble(*((safe(part), "") if isinstance(part, str) else (safe(part[0]), part[1]) for part in parts))


def plain_table(*columns: str, right: Iterable[str] = ()) -> Table:
    """A table without lines, whose header is bold."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    numbers = set(right)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table


def indented(renderable: Table | Text, by: int = 2) -> Padding:
    """`renderable`, moved to the right."""
    return Padding(renderable, (0, 0, 0, by))


def print_inbox(out: Console, inbox: Inbox, now: datetime) -> None:
    """The list by deadline, and how many more there are."""
    out.print(inbox_table(inbox, now))
    if inbox.total > len(inbox.rows):
        out.print(line(f"The {len(inbox.rows)} earliest of {inbox.total}; more with --limit {inbox.total}."))


def inbox_table(inbox: Inbox, now: datetime) -> Table | Text:
    """The list by deadline."""
    whose = "anybody" if inbox.roles is None else ", ".join(inbox.roles)
    if not inbox.rows:
        return line(f"Nothing awaits {whose}.")
    table = plain_table("ORDER", "WHAT", "AWAITS", "AT RISK", "LEFT", right=("AT RISK",))
    for row in inbox.rows:
        table.add_row(*_cells(row, now))
    return table


def _cells(row: InboxRow, now: datetime) -> tuple[Text, ...]:
    what = ", ".join(row.exception_types) or row.state
    if row.rework:
        what += " (again)"
    if row.retrying_systems:
        what += f" (no answer from {', '.join(row.retrying_systems)})"
    amount = "" if row.amount_at_risk is None else f"{row.amount_at_risk:,.2f}"
    return (line(row.order_id), line(what), line(", ".join(row.awaiting_roles)), line(amount), _left(row.due_at, now))


def _left(due: datetime | None, now: datetime) -> Text:
    if due is None:
        return Text("no deadline")
    seconds = (due - now).total_seconds()
    style = _LATE if seconds < 0 else _SOON if seconds < _SOON_SECONDS else ""
    return Text(span(due - now) if seconds >= 0 else time_left(due, now), style=style)


def inbox_line(row: InboxRow, now: datetime) -> str:
    """One case in one line of plain text, for `watch` in a pipe."""
    left = "no deadline" if row.due_at is None else time_left(row.due_at, now)
    amount = "-" if row.amount_at_risk is None else f"{row.amount_at_risk:,.2f}"
    what = ",".join(row.exception_types) or row.state
    return safe("  ".join([row.order_id, what, ",".join(row.awaiting_roles) or "-", amount, left]))


def print_receipt(out: Console, order_id: str, receipt: Receipt) -> None:
    """What was recorded, and under which digest."""
    out.print(line(("Recorded", "bold green"), f": order {order_id}, {receipt.message}"))
    out.print(
        line(
            f"task {receipt.task_id} revision {receipt.task_revision} is {receipt.task_state}; "
            f"by {receipt.actor}; digest {receipt.digest[:12]}; audit {receipt.audit_length}:{receipt.audit_head[:12]}"
        )
    )


def print_bulk(out: Console, list_digest: str, answers: Sequence[ItemAnswer]) -> None:
    """What became of each item of a list."""
    table = plain_table("ORDER", "TASK", "ANSWER")
    for answer in answers:
        said = (
            line(answer.message) if answer.receipt else line((answer.refusal or "", "bold red"), f": {answer.message}")
        )
        table.add_row(line(answer.order_id), line(answer.task_id), said)
    recorded = sum(answer.receipt is not None for answer in answers)
    out.print(table)
    out.print(line(f"{recorded} of {len(answers)} recorded; list {list_digest[:12]}"))


def print_refusal(refused: Refused) -> None:
    """Why not, and what to do about it, on standard error."""
    out = console(error=True)
    out.print(line((refused.code.name, "bold red"), f": {refused.message}"))
    if refused.advice:
        out.print(line(refused.advice))


def print_trail(out: Console, trail: AuditTrail) -> None:
    """The audit chain, an entry a line, with the beginning of its link."""
    if trail.dropped:
        out.print(line(f"{trail.dropped} entries before these are in the history only", "dim"))
    table = plain_table("NO", "AT", "WHO", "WHAT", "LINK", right=("NO",))
    for entry in trail.entries:
        at = f"{entry.at:%Y-%m-%d %H:%M:%S}Z"
        table.add_row(
            str(entry.number), at, line(entry.actor), line(f"{entry.action}: {entry.detail}"), entry.hash[:12]
        )
    out.print(table)
    out.print(line(f"anchor {trail.anchor.length}:{trail.anchor.head}"))


def print_verified(out: Console, trail: AuditTrail, anchors: int) -> None:
    """The good news, and how far they reach."""
    out.print(line(("The chain holds", "bold green"), f": {trail.workflow_id}"))
    said = f"{len(trail.entries)} entries"
    if trail.dropped:
        said += f" ({trail.dropped} earlier ones are in the history only)"
    out.print(
        indented(line(f"{said}; {anchors} anchors fit; it ends with {trail.anchor.length}:{trail.anchor.head[:12]}"))
    )


def print_keys(out: Console, own: PublicKey | None, known: KeySet) -> None:
    """One's own key, and all that are known."""
    if own is not None:
        enrolled = known.key(own.kid)
        state = "not in the key set" if enrolled is None else _state(enrolled)
        out.print(line(("Yours", "bold"), f": {own.kid} of {own.sub}, {state}"))
    table = plain_table("WHO", "KEY", "SINCE", "STATE")
    for key in sorted(known.keys, key=lambda key: (key.sub, key.iat or 0)):
        table.add_row(line(key.sub), line(key.kid), _day(key.iat), line(_state(key)))
    out.print(table)


def _state(key: PublicKey) -> str:
    return "in use" if key.revoked_at is None else f"revoked {_day(key.revoked_at)}"


def _day(seconds: int | None) -> str:
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}Z"
