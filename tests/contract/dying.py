"""A worker's process that kills itself, as `kill -9` would, right after a write of its step was committed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import Any

import httpx

from domain.calls import StepCall
from tests.contract.house import Ports, is_write
from tests.contract.sandbox_house import sandbox_ports
from tests.contract.tryton_house import tryton_client, tryton_ports
from tests.unit.activities.conftest import run


class Deadly(httpx.AsyncBaseTransport):
    """Nothing runs after the n-th write: no `finally`, no farewell to the other side."""

    def __init__(self, writes: int) -> None:
        self._left = writes
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        self._left -= is_write(request)
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def _ports(address: dict[str, str], wire: Deadly) -> Ports:
    return tryton_ports(tryton_client(address["tryton"], wire)) if "tryton" in address else sandbox_ports(address, wire)


async def _work(order: dict[str, Any]) -> None:
    erp, call = _ports(order["address"], Deadly(order["writes"])).erp, StepCall.model_validate(order["call"])

    async def step(call: StepCall) -> object:
        return await (erp.merge_into(call) if order["step"] == "merge_into" else erp.amend(order["step"], call))

    await run(step, call)


if __name__ == "__main__":
    asyncio.run(_work(json.load(sys.stdin)))
