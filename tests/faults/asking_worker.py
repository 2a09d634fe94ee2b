"""A worker process to be killed: for one order's case, which asks somebody and reminds soon.

Arguments: the server's address, the task queue, the order's id, and the seconds from the question to its reminder.
"""

from __future__ import annotations

import asyncio
import sys

from tests.faults.cases import client_at, order_named, worker_with
from tests.workflow.test_questions import ask_a_person
from tests.workflow.world import World


async def _work(address: str, queue: str, order_id: str, seconds: str) -> None:
    world = World(judge=ask_a_person, order=order_named(order_id), reminders=(float(seconds) / 60,))
    async with worker_with(await client_at(address, None), world, queue):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_work(*sys.argv[1:]))
