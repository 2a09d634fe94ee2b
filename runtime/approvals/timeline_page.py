"""The timeline on a terminal: a table that fits 80 columns, and in a pipe a line for each entry."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console

from runtime.approvals.rendering import line, plain_table
from runtime.approvals.terminal_text import instant, span
from runtime.approvals.timeline import Timeline


def print_timeline(out: Console, timeline: Timeline) -> None:
    """All of it; nothing that a stranger wrote is obeyed."""
    ended = f" {timeline.outcome}" if timeline.outcome else ""
    out.print(line(("Order ", "bold"), (timeline.order_id, "bold"), "  ", (f"{timeline.state}{ended}", "bold cyan")))
    if timeline.rework:
        out.print(line(("Rework", "bold yellow"), f": held again for the same: {', '.join(timeline.rework)}"))
    if timeline.invoice_delay_seconds is not None:
        delay = span(timedelta(seconds=timeline.invoice_delay_seconds))
        out.print(line(f"Invoiced {delay} after the first shipment (elapsed time)"))
    if timeline.entries_dropped:
        out.print(line(f"{timeline.entries_dropped} earlier entries are in the history of an earlier run"))
    table = plain_table("WHEN", "STAGE", "WHO", "WHAT")
    for entry in timeline.entries:
        table.add_row(line(instant(entry.at)), line(entry.stage), line(entry.source), line(entry.what))
    out.print()
    out.print(table)
