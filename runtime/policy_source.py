"""The policies of this moment: read again when a file has changed, kept as they were when the change is broken."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from domain.policy.policy_set import PolicyError, PolicySet
from runtime.policy_files import load_policies

_LOOK_EVERY = 2.0
Fingerprint = tuple[tuple[str, int, int], ...]

log = logging.getLogger(__name__)


class PolicySource:
    """Called, it answers with the policies that hold now. Raises PolicyError if the first reading fails.

    `clock` counts seconds; the files are looked at every two of them at most.
    """

    def __init__(self, directories: Sequence[Path], clock: Callable[[], float] = time.monotonic) -> None:
        self._directories = tuple(directories)
        self._clock = clock
        self._seen = self._fingerprint()
        self._policies = load_policies(*self._directories)
        self._looked_at = clock()

    def __call__(self) -> PolicySet:
        """The last good set."""
        if self._clock() - self._looked_at >= _LOOK_EVERY:
            self._look()
            self._looked_at = self._clock()
        return self._policies

    def _look(self) -> None:
        try:
            fingerprint = self._fingerprint()
        except FileNotFoundError:
            return  # a file is being replaced at this moment: the next look will find it
        if fingerprint == self._seen:
            return
        self._seen = fingerprint
        try:
            self._policies = load_policies(*self._directories)
        except PolicyError as error:
            log.error(  # noqa: TRY400 - the problems say it all
                "the changed policies are not usable, %s stays in force: %s",
                self._policies.version,
                "; ".join(map(str, error.problems)),
            )
        else:
            log.info("policies %s are in force", self._policies.version)

    def _fingerprint(self) -> Fingerprint:
        """Every file with its time and size, without reading it."""
        found = [(path, path.stat()) for directory in self._directories for path in _files(directory)]
        return tuple((str(path), status.st_mtime_ns, status.st_size) for path, status in found)


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())
