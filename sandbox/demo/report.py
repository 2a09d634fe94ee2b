"""The closing table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandbox.demo.latency import ACTIONS_LIMIT, EVENTS_LIMIT, MEDIAN_LIMIT_MS, Measured
from sandbox.demo.play import Outcome
from sandbox.demo.reckoning import Reckoning

_WAYS = ("by policy", "by a person", "by silence", "cleared in the ERP", "order cancelled", "still held")
_COLUMNS = ("policy", "person", "silence", "in ERP", "ended", "held")


def print_report(console: Console, outcome: Outcome, reckoning: Reckoning, problems: Sequence[str]) -> None:
    """What became of the day, and what should not have."""
    console.print(_holds(reckoning))
    console.print(_line("orders in the ERP", reckoning.orders_by_status()), soft_wrap=True)
    console.print("touchless: {} of {} held orders that were released".format(*reckoning.touchless()), soft_wrap=True)
    console.print(_line("answers by approver.py", outcome.answers), soft_wrap=True)
    console.print(_line("answers by customers", outcome.customers), soft_wrap=True)
    console.print(_line("refused", outcome.refusals), soft_wrap=True)
    console.print(_line("common causes", reckoning.causes()), soft_wrap=True)
    console.print(_line("messages to approvers", reckoning.notices()), soft_wrap=True)
    retrying = {system: len(orders) for system, orders in outcome.retrying_seen.items()}
    console.print(_line("cases seen retrying", Counter(retrying)), soft_wrap=True)
    console.print(_line("held orders against cases", outcome.reconciled), soft_wrap=True)
    _print_measured(console, outcome.measured)
    for problem in problems:
        console.print(f"[bold red]PROBLEM[/] {escape(problem)}")
    if not problems:
        console.print(
            "[bold green]Every held order was settled: none lost, none released twice or without authority.[/] "
            "Every audit chain holds."
        )


def _holds(reckoning: Reckoning) -> Table:
    table = Table(title="How the holds were resolved", title_justify="left", box=box.SIMPLE_HEAD, padding=0)
    table.add_column("exception", no_wrap=True)
    for name in ("holds", *_COLUMNS):
        table.add_column(name, justify="right", no_wrap=True)
    total: Counter[str] = Counter()
    for kind, ways in reckoning.by_type().items():
        table.add_row(_name(kind), str(ways.total()), *(str(ways[way] or "-") for way in _WAYS))
        total += ways
    table.add_section()
    table.add_row("all", str(total.total()), *(str(total[way] or "-") for way in _WAYS))
    return table


def _name(kind: str) -> str:
    return kind.lower().replace("_", " ")


def _line(what: str, counts: Mapping[str, int]) -> str:
    shown = ", ".join(f"{count} {_name(name)}" for name, count in sorted(counts.items()))
    return f"{what}: {escape(shown) or 'none'}"


def _print_measured(console: Console, measured: Measured) -> None:
    slow = "" if measured.median <= MEDIAN_LIMIT_MS else " [yellow](slower than wanted)[/]"
    console.print(
        f"touchless, alone: hold to release in {measured.median:.0f} ms "
        f"(median of {len(measured.milliseconds)}, wanted: {MEDIAN_LIMIT_MS}){slow}"
    )
    counts = measured.counts
    console.print(
        f"touchless, one hold: {counts.total} Temporal actions (limit {ACTIONS_LIMIT}), "
        f"{counts.events} history events (limit {EVENTS_LIMIT}); {_line('actions', counts.actions)}"
    )
