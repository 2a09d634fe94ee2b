"""A Tryton that is kept running until it is killed, in the folder and on the database that the arguments name."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from sandbox.tryton.server import Backend, running

if __name__ == "__main__":
    with running(Path(sys.argv[1]), Backend(sys.argv[2])):
        print("up", flush=True)  # noqa: T201 - for whoever waits for it
        signal.pause()
