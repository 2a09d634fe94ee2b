"""What the tests of the door share: events, a stub of the case that remembers them, and the door as a process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import RawValue

from domain.base import Model
from domain.calls import CaseRef
from domain.case import CaseStart
from domain.events import CloudEvent, OrderEvent
from domain.identifiers import workflow_id
from runtime.encryption.keyring import new_key
from runtime.settings import EncryptionSettings
from sandbox.kernel.signing import new_secret
from sandbox.processes import free_ports
from sandbox.temporal_server import TemporalServer
from tests.integration import processes
from workflows import search_attributes as keys

ROOT = Path(__file__).parents[3]
TOKEN = "a token of the tests"
PATIENCE = 120.0
"""Seconds until a test gives up waiting, on a machine that has other things to do."""
SAID_WITHIN = 40.0
"""Seconds: ten are promised (`tests/unit/runtime/test_patience.py` has what we wait for ourselves), the rest is the
machine's.
"""
SIGNING, NEXT_SIGNING = new_secret(), new_secret()
KEYS = new_key("tests")
ENCRYPTION = EncryptionSettings(keys=SecretStr(KEYS))
_NUMBERS = count(1)


class Heard(Model):
    """What the stub was told."""

    ref: CaseRef
    events: tuple[OrderEvent, ...]


@workflow.defn(name="OrderException")
class StubCase:
    """Remembers its signals until it is told to close."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        self._ref = start.ref
        self._events: list[OrderEvent] = []
        self._closed = False

    @workflow.run
    async def run(self, start: CaseStart) -> None:  # noqa: ARG002 - taken by __init__
        workflow.upsert_search_attributes([keys.EXCEPTION_TYPE.value_set(["INVENTORY_SHORTFALL"])])
        await workflow.wait_condition(lambda: self._closed)

    @workflow.signal(dynamic=True)
    def heard(self, name: str, args: Sequence[RawValue]) -> None:
        if name == "close":
            self._closed = True
            return
        event = workflow.payload_converter().from_payload(args[0].payload, OrderEvent)
        assert event.type.signal == name
        self._events.append(event)

    @workflow.query
    def told(self) -> Heard:
        return Heard(ref=self._ref, events=tuple(self._events))


def event(kind: str = "hold_placed", *, order_id: str | None = None, **more: Any) -> dict[str, Any]:
    """A CloudEvent as a system would send it; a new id unless one is given."""
    data: dict[str, Any] = {"tenant": "acme", "order_version": 1}
    if order_id is not None:
        data["order_id"] = order_id
    if kind == "hold_placed":
        data["hold"] = {
            "hold_id": "H1",
            "code": "CREDIT",
            "source_system": "erp",
            "source_code": "CR01",
            "applied_at": "2026-03-02T09:30:00Z",
        }
    envelope = {
        "specversion": "1.0",
        "id": f"event-{next(_NUMBERS)}",
        "source": "/erp",
        "type": f"holdfast.{kind}",
        "time": "2026-03-02T09:30:01Z",
    }
    envelope |= {name: more.pop(name) for name in ("id", "time") if name in more}
    return {**envelope, "data": {**data, **more}}


def parsed(content: Mapping[str, Any]) -> CloudEvent:
    return CloudEvent.model_validate_json(json.dumps(content))


def an_order() -> str:
    return f"SO-{next(_NUMBERS)}"


async def told(client: Client, order_id: str) -> Heard:
    handle = client.get_workflow_handle(workflow_id("acme", order_id))
    return await handle.query(StubCase.told)


async def eventually(condition: Any, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not await condition():
        assert time.monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.05)


async def is_listed(client: Client, query: str, number: int) -> bool:
    return (await client.count_workflows(query)).count == number


@contextmanager
def door(
    server: TemporalServer, settings: Mapping[str, str] | None = None, log: Path | None = None
) -> Iterator[httpx.Client]:
    """The door, opened with these variables too. What it logs goes into `log`, if that is given."""
    port = free_ports(1)[0]
    environment = (
        environment_for(server)
        | dict(settings or {})
        | {
            "HOLDFAST_DOOR__BIND": f"127.0.0.1:{port}",
            "HOLDFAST_DOOR__TOKEN": TOKEN.replace(" ", "-"),
            "HOLDFAST_DOOR__SENDERS__ERP__SECRET": f"{SIGNING} {NEXT_SIGNING}",
        }
    )
    with log.open("wb") if log else nullcontext() as errors:
        process = subprocess.Popen([sys.executable, "starter.py", "serve"], cwd=ROOT, env=environment, stderr=errors)
    headers = {"Authorization": f"Bearer {TOKEN.replace(' ', '-')}"}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE) as http:
            assert processes.eventually(lambda: answers(http) or process.poll() is not None, PATIENCE), (
                "it did not open"
            )
            assert process.poll() is None, "the door ended"
            yield http
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()


def answers(http: httpx.Client) -> bool:
    try:
        return http.get("/healthz").is_success
    except httpx.TransportError:
        return False


def environment_for(server: TemporalServer) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "TEMPORAL_"))}
    return inherited | {
        "TEMPORAL_ADDRESS": server.address,
        "HOLDFAST_ENVIRONMENT": "test",
        "HOLDFAST_ENCRYPTION__KEYS": KEYS,
    }
