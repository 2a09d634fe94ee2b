"""A burst of hold events at the real door, a tenth of them twice, and what it costs of memory and of workers' slots."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from random import Random

import httpx

from sandbox.kernel.signing import signed_headers
from sandbox.stack import Stack

_AT_ONCE = 32
_LOOK_EVERY = 1.0
_SLOTS = re.compile(r'^temporal_worker_task_slots_used\{.*worker_type="(\w+)".*\} (\d+)', re.MULTILINE)
_COME_BACK = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


def hold_event(order_id: str) -> dict[str, object]:
    """The ERP's word that it holds an order, as it might come late: the hold is gone by then."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, order_id)),
        "source": "/sandbox/erp",
        "type": "holdfast.hold_placed",
        "time": datetime.now(UTC).isoformat(),
        "data": {"tenant": "acme", "order_id": order_id, "order_version": 1},
    }


def with_copies(order_ids: Sequence[str], random: Random) -> list[bytes]:
    """An event for each order, every tenth twice, in any order."""
    events = [json.dumps(hold_event(order_id)).encode() for order_id in order_ids]
    events += events[::10]
    random.shuffle(events)
    return events


class Sender:
    """A system that sends as fast as it is let, and sends again what it was told to bring later."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack.events_url
        self._secret = stack.subscriber("erp")["secret"]
        self.answers: Counter[int] = Counter()

    async def send(self, events: Iterable[bytes]) -> None:
        """All of them, and return when each was taken."""
        waiting = iter(events)
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            await asyncio.gather(*(self._one_after_the_other(http, waiting) for _ in range(_AT_ONCE)))

    async def _one_after_the_other(self, http: httpx.AsyncClient, events: Iterator[bytes]) -> None:
        for event in events:
            while not await self._taken(http, event):
                pass

    async def _taken(self, http: httpx.AsyncClient, event: bytes) -> bool:
        message_id = str(json.loads(event)["id"])
        headers = {"Content-Type": "application/json", **signed_headers(self._secret, message_id, event)}
        answer = await http.post(self._url, content=event, headers=headers)
        self.answers[answer.status_code] += 1
        if answer.status_code in _COME_BACK:
            await asyncio.sleep(float(answer.headers["Retry-After"]))
            return False
        assert answer.status_code in (HTTPStatus.ACCEPTED, HTTPStatus.OK), answer.text
        return True


class Watch:
    """The most that was seen of memory (MiB, by part) and of the worker's slots (by kind)."""

    def __init__(self, stack: Stack, parts: Sequence[str], metrics_url: str) -> None:
        self._processes = {part: stack.supervisor.process_id(part) for part in parts}
        self._metrics_url = metrics_url
        self.slots: Counter[str] = Counter()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look again and again while the block lasts."""
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    @property
    def memory(self) -> dict[str, int]:
        """The most that each part had, as the kernel kept it."""
        return {part: _peak(process) for part, process in self._processes.items()}

    async def _look(self) -> None:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            while True:
                with suppress(httpx.HTTPError):
                    for kind, used in _SLOTS.findall((await http.get(self._metrics_url)).text):
                        self.slots[kind] = max(self.slots[kind], int(used))
                await asyncio.sleep(_LOOK_EVERY)


def _peak(process: int) -> int:
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found.group(1)) // 1024
