"""The embedded server with some of its settings left as Temporal ships them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sandbox.temporal_server import TemporalServer


@dataclass(frozen=True)
class Setting:
    """What the embedded server does otherwise than Temporal's default, by how its flags or variables begin."""

    meaning: str
    begins: tuple[str, ...]


SETTINGS = {
    "journal": Setting("write-ahead journal, synchronous NORMAL", ("journal_mode=", "synchronous=")),
    "polls": Setting("1000 polls a second a shard, not 20", ("history.transferProc", "history.timerProc")),
    "partitions": Setting("one partition a task queue, not 4", ("matching.numTaskqueue",)),
    "gc": Setting("less frequent garbage collection", ("GOGC",)),
}
"""By the name under which a benchmark leaves it out."""


class ServerWithout(TemporalServer):
    """The server of the sandbox without these settings."""

    def __init__(self, directory: Path, without: Sequence[Setting]) -> None:
        super().__init__(directory)
        self._without = tuple(start for setting in without for start in setting.begins)

    @property
    def command(self) -> list[str]:
        """Without the flags that are left out, and without what names them."""
        return list(self._kept(super().command))

    @property
    def environment(self) -> dict[str, str]:
        """Without the variables that are left out."""
        return {name: value for name, value in super().environment.items() if not self._leaves_out(name)}

    def _kept(self, command: list[str]) -> Iterator[str]:
        for word, following in pairwise([*command, ""]):
            if not (self._leaves_out(word) or (word.startswith("--") and self._leaves_out(following))):
                yield word

    def _leaves_out(self, word: str) -> bool:
        return word.startswith(self._without)
