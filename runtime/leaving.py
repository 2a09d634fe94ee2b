"""Ending a process with the exit code that it meant."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End at once, with everything written that was said.

    Without the interpreter's own end: the SDK's threads, and one that waits for standard input, may still call into it,
    and then a run that had succeeded aborts with a signal.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
