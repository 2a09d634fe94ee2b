"""What is seen while the day goes by: a live table in a terminal, plain lines in a pipe."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

_TABLE_HEIGHT = 8
_PLAIN_EVERY = 5.0


class Progress:
    """The board of the demo. `note` tells what happened; `count` how many cases are in which state."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._started = time.monotonic()
        self._lines: list[Text] = []
        self._live: Live | None = None
        self._counts: dict[str, int] = {}
        self._orders = (0, 0)
        self._counted_at = 0.0

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the board while the block runs; in a pipe there are only the lines."""
        if not self.console.is_terminal:
            yield
            return
        self._live = Live(get_renderable=self._board, console=self.console, refresh_per_second=4, transient=True)
        try:
            with self._live:
                yield
        finally:
            self._live = None

    def note(self, what: str, style: str = "") -> None:
        """Something happened."""
        line = Text.assemble((f"{self._clock()}  ", "dim"), (what, style))
        self._lines.append(line)
        if self._live is None:
            self.console.print(line, soft_wrap=True)

    def count(self, entered: int, planned: int, states: Counter[str]) -> None:
        """How far the day is: orders entered of those planned, and cases by state."""
        changed = (entered, planned) != self._orders or dict(states) != self._counts
        self._orders, self._counts = (entered, planned), dict(states)
        now = time.monotonic()
        if self._live is None and changed and now - self._counted_at >= _PLAIN_EVERY:
            self._counted_at = now
            self.console.print(Text(f"{self._clock()}  {self._summary()}", "dim"), soft_wrap=True)

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self._started)
        return f"{seconds // 60}:{seconds % 60:02}"

    def _summary(self) -> str:
        entered, planned = self._orders
        cases = ", ".join(f"{count} {state.lower().replace('_', ' ')}" for state, count in sorted(self._counts.items()))
        return f"{entered} of {planned} orders entered; cases: {cases or 'none yet'}"

    def _board(self) -> RenderableType:
        entered, planned = self._orders
        table = Table(title=f"Holdfast, {self._clock()} min", title_justify="left", expand=False)
        for column in ("orders", *sorted(self._counts)):
            table.add_column(column.lower().replace("_", " "), justify="right")
        table.add_row(f"{entered}/{planned}", *(str(self._counts[state]) for state in sorted(self._counts)))
        return Group(table, *self._lines[min(-1, _TABLE_HEIGHT - self.console.height) :])
