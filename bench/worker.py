"""`python -m bench.worker SIZE`: worker.py with a cache of any size. The settings refuse 0; the benchmark shows why."""

from __future__ import annotations

import asyncio
import sys

from runtime.leaving import leave
from runtime.logging import configure_logging
from runtime.settings_check import settings_or_exit
from runtime.worker_process import WorkerProcess


def main(size: int) -> None:
    """Work until told to stop."""
    settings = settings_or_exit()
    configure_logging(settings.observation, "worker")
    worker = settings.worker.model_copy(update={"max_cached_workflows": size})
    asyncio.run(WorkerProcess(settings.model_copy(update={"worker": worker})).run())
    leave(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
