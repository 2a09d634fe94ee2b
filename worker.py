#!/usr/bin/env python3
"""The worker process: carries cases on. Run as many as the load needs; each finds its work by itself.

Exit codes: 0 stopped as told, 2 wrong settings or policies, 3 Temporal cannot be reached or used.
"""

from __future__ import annotations

import asyncio
import logging

from temporalio.service import RPCError

from runtime.leaving import leave
from runtime.logging import configure_logging
from runtime.search_attributes import SearchAttributesMissing
from runtime.settings import Settings
from runtime.settings_check import WrongSettings, refuse, settings_or_exit
from runtime.temporal import TemporalUnavailable
from runtime.worker_process import WorkerProcess

EXIT_TEMPORAL = 3

log = logging.getLogger("worker")


async def work(settings: Settings) -> None:
    """One worker, until it is told to stop."""
    await WorkerProcess(settings).run()


def main() -> int:
    """The command line, which has no options: everything is a setting."""
    settings = settings_or_exit()
    configure_logging(settings.observation, "worker")
    try:
        asyncio.run(work(settings))
    except WrongSettings as wrong:
        refuse(wrong.sentences)
    except (TemporalUnavailable, SearchAttributesMissing, RPCError) as error:
        log.error("%s", error)  # noqa: TRY400 - the sentence says it all
        return EXIT_TEMPORAL
    return 0


if __name__ == "__main__":
    leave(main())
