"""What a submission tells the person or the program that started it: a line an event, a bar, and a sum."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from runtime.submission import REJECTED, Outcome


class Report:
    """Lines go to standard output, the bar to standard error and only if that is a terminal."""

    def __init__(self, sources: Sequence[str], *, as_json: bool, rejected_before: int = 0) -> None:
        self.counts: Counter[str] = Counter()
        self._rejected_before = rejected_before
        self._as_json = as_json
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.completed:,.0f} bytes"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=self._console,
            disable=not self._console.is_terminal,
            redirect_stdout=sys.stdout.isatty(),
        )
        self._bar = self._progress.add_task("", total=_total(sources))

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def tell(self, outcome: Outcome, size: int) -> None:
        """One event is settled."""
        self.counts[outcome.disposition] += 1
        self._progress.update(self._bar, advance=size, description=f"{self.counts[REJECTED]} rejected")
        print(outcome.model_dump_json(exclude_none=True) if self._as_json else _line(outcome), flush=True)  # noqa: T201

    @property
    def rejected(self) -> int:
        """How many events are in quarantine, those of the interrupted run that this one goes on with included."""
        return self._rejected_before + self.counts[REJECTED]

    @property
    def sum(self) -> str:
        """How many of each."""
        counted = ", ".join(f"{count} {disposition}" for disposition, count in self.counts.most_common())
        return counted or "no events"


def _total(sources: Sequence[str]) -> int | None:
    """Bytes of all files; not known if standard input is among them."""
    return None if "-" in sources else sum(Path(source).stat().st_size for source in sources if Path(source).exists())


def _line(outcome: Outcome) -> str:
    """`disposition  order  event id  (file:position)  reason`, with nothing in it that a terminal would obey."""
    about = [outcome.order_id or "-", _plain(outcome.event_id or "-"), f"({_plain(outcome.source)}:{outcome.position})"]
    return "  ".join([f"{outcome.disposition:<9}", *about, *([_plain(outcome.reason)] if outcome.reason else [])])


def _plain(text: str) -> str:
    return text if text.isascii() and text.isprintable() else ascii(text)[1:-1]
