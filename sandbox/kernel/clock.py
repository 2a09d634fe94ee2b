"""The time by which a service judges what is over: the machine's, moved ahead as far as its administrator wants."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Goes with the machine's clock and can be moved ahead, never back: nobody has to wait for a deadline to pass.

    It lives in memory: a restart sets it right.
    """

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC) + self._ahead

    def seconds(self) -> float:
        """What durations are measured with: it goes on evenly, whatever happens to the machine's time of day."""
        return time.monotonic() + self._ahead.total_seconds()

    def move(self, by: timedelta) -> None:
        """Let so much time pass at once. ValueError if that would be back in time."""
        if by < timedelta(0):
            raise ValueError(f"a clock is not moved back ({by})")
        self._ahead += by
