"""How long to wait for cases: as long as any of them moves, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from sandbox.demo.cases import CaseRow

STILL_FOR = 180.0
"""Seconds without any case moving after which none will: many times the longest deadline of the demo's own policies."""
IN_ALL = 900.0
"""Seconds after which also cases that move are given up: they may go round in circles."""


class Patience:
    """Begins when it is made. Tell it what is seen of the cases."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = self._moved_at = clock()
        self._seen: frozenset[object] = frozenset()

    def saw(self, rows: Iterable[CaseRow]) -> None:
        """These are the cases now. One that is in another state, or awaits somebody else, has moved."""
        seen = frozenset((row.run_id, row.status, row.state, row.awaiting, row.retrying) for row in rows)
        if seen != self._seen:
            self._seen, self._moved_at = seen, self._clock()

    @property
    def ended_because(self) -> str | None:
        """Why waiting is of no use any more; None as long as it is."""
        now = self._clock()
        if now - self._moved_at > STILL_FOR:
            return f"no case has moved for {STILL_FOR:.0f} s"
        if now - self._began > IN_ALL:
            return f"{IN_ALL:.0f} s have passed since the first order"
        return None
