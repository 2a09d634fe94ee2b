"""`python -m tests.faults.halting_worker POINTS REACHED`: worker.py, whose calls stop at points until it is killed.

POINTS has an object: by order id, the activity, and whether it stops before or after its work. Whoever stops writes a
line to REACHED.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor, Worker

from runtime import worker_process
from runtime.leaving import leave
from runtime.logging import configure_logging
from runtime.settings_check import settings_or_exit

BEFORE, AFTER = "before", "after"


class Halting(Interceptor):
    """Stops calls at their points. An attempt that ran out of time is tried again, and stops there, too."""

    def __init__(self, points: dict[str, list[str]], reached: Path) -> None:
        self._points = points
        self._reached = reached

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """See the base class."""
        return _Halted(next, self)

    async def halt_if(self, when: str) -> None:
        """Never return if this is the point."""
        info = activity.info()
        order_id = str(info.workflow_id).rpartition("/")[2]
        if self._points.get(order_id) == [info.activity_type, when]:
            with self._reached.open("a") as file:
                file.write(f"{order_id}\n")
            await asyncio.Event().wait()


class _Halted(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, halting: Halting) -> None:
        super().__init__(following)
        self._halting = halting

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        await self._halting.halt_if(BEFORE)
        result = await super().execute_activity(input)
        await self._halting.halt_if(AFTER)
        return result


def main(points: Path, reached: Path) -> None:
    """Work until killed."""
    halting = Halting(json.loads(points.read_text()), reached)

    class HaltingWorker(Worker):
        def __init__(self, *arguments: Any, interceptors: list[Interceptor], **options: Any) -> None:
            super().__init__(*arguments, interceptors=[*interceptors, halting], **options)

    vars(worker_process)["Worker"] = HaltingWorker
    settings = settings_or_exit()
    configure_logging(settings.observation, "worker")
    asyncio.run(worker_process.WorkerProcess(settings).run())
    leave(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
