"""Cleaning up when a block is left, but not when the worker merely forgets the workflow."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType


class Leaving:
    """Calls `then` when the block is left: by its end, a return, an error or a cancellation.

    In the place of `finally` wherever cleaning up issues commands. A worker that drops a workflow from its cache lets
    the garbage collector close its coroutines, at any later moment and inside whichever workflow is running then: a
    `finally` would issue its commands there. Such a close is a GeneratorExit, and leaves everything as it is.
    """

    def __init__(self, then: Callable[[], object]) -> None:
        self._then = then

    def __enter__(self) -> None:
        """Nothing to do before the block."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not GeneratorExit:
            self._then()
