"""Rows 11 and 26: whatever is sent to a case, it is set aside with an alert, and the next honest decision works."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.converter import WorkflowSerializationContext
from temporalio.exceptions import ApplicationError

from domain.case import CaseOutcome
from domain.events import EventType
from domain.tasks import Refusal, TaskState
from runtime.encryption.conversion import data_converter
from runtime.encryption.keyring import Keyring, new_key
from sandbox.temporal_server import TemporalServer
from tests.faults.cases import OpenCase, client_with, until, worker_with

KEYS = Keyring.parse(new_key("ours"))
STRANGE = Keyring.parse(new_key("theirs"))
LIKE_OURS = Keyring.parse(new_key("ours"))
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Open:
    """A case that awaits an answer, and somebody who has access to Temporal and no key."""

    case: OpenCase
    stranger: Client

    async def raw(self, keys: Keyring | None, value: object, made_for: str | None = None) -> RawValue:
        """`value` as somebody with these keys would encrypt it."""
        context = WorkflowSerializationContext("default", made_for or self.case.workflow_id)
        (payload,) = await data_converter(keys).with_context(context).encode([value])
        return RawValue(payload)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    with TemporalServer(tmp_path_factory.mktemp("temporal")) as server:
        client, stranger = await client_with(server, KEYS), await Client.connect(server.address)
        case = OpenCase.new(client)
        async with worker_with(client, case.world, case.queue):
            await case.start()
            await case.task()
            yield Open(case, stranger)


def weird(**metadata: bytes) -> RawValue:
    return RawValue(Payload(metadata=metadata, data=b"\x00\xff"))


Making = Callable[[Open], Any]
POISON: dict[str, tuple[str, Making]] = {
    "no argument": ("hold_placed", lambda _: []),
    "two arguments": ("hold_placed", lambda it: [it.case.event(), it.case.event()]),
    "a number": ("hold_placed", lambda _: [7]),
    "null": ("order_cancelled", lambda _: [None]),
    "an unknown field": ("hold_placed", lambda it: [it.case.event().model_dump(mode="json") | {"colour": "red"}]),
    "another event's content": ("order_cancelled", lambda it: [it.case.event(EventType.HOLD_CLEARED)]),
    "an unknown name": ("\x1b[31mmade_up\n", lambda _: ["anything"]),
    "a decision that is none": ("decision", lambda _: [{"action": "APPROVE"}]),
    "a cause that is none": ("cause_settled", lambda _: [{"key": 1}]),
    "an encoding nobody knows": ("hold_placed", lambda _: [weird(encoding=b"binary/made-up")]),
    "no encoding": ("hold_placed", lambda _: [weird()]),
    "an encoding that is no text": ("hold_placed", lambda _: [weird(encoding=b"\xff\xfe")]),
    "no JSON": ("hold_placed", lambda _: [weird(encoding=b"json/plain")]),
    "JSON a thousand deep": (
        "hold_placed",
        lambda _: [RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b"[" * 100_000))],
    ),
    "cut ciphertext": (
        "hold_placed",
        lambda _: [weird(**{"encoding": b"binary/encrypted", "encryption-key-id": b"ours"})],
    ),
    "an unknown key": ("order_cancelled", lambda it: it.raw(STRANGE, it.case.event(EventType.ORDER_CANCELLED))),
    "another key of the same name": ("order_cancelled", lambda it: it.raw(LIKE_OURS, it.case.event())),
    "ciphertext of another case": (
        "order_cancelled",
        lambda it: it.raw(KEYS, it.case.event(EventType.ORDER_CANCELLED), "order-exception/acme/SO-OTHER"),
    ),
}


@pytest.mark.parametrize("kind", POISON)
async def test_poison_is_set_aside_with_an_alert_and_stops_nothing(
    opened: Open, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    name, making = POISON[kind]
    made = making(opened)
    made = [await made] if asyncio.iscoroutine(made) else made
    before = (await opened.case.state()).quarantined
    with caplog.at_level(logging.WARNING):
        await opened.stranger.get_workflow_handle(opened.case.workflow_id).signal(name, args=made)

        async def quarantined() -> bool:
            return (await opened.case.state()).quarantined == before + 1

        await until(quarantined)
    assert [line for line in caplog.messages if "quarantined" in line and "\x1b" not in line]
    assert await opened.case.failed_tasks() == []


@pytest.mark.parametrize(
    "making",
    [
        lambda _: [],
        lambda _: [None],
        lambda _: [{"task_id": "T1"}],
        lambda _: [{"task_id": "T1"}, {"task_id": "T1"}],
        lambda _: [weird(encoding=b"binary/made-up")],
        lambda it: it.raw(STRANGE, {"task_id": "T1"}),
        lambda it: it.raw(KEYS, {"task_id": "T1"}, "order-exception/acme/SO-OTHER"),
    ],
)
async def test_an_update_that_nobody_can_read_is_refused_with_a_type(opened: Open, making: Making) -> None:
    made = making(opened)
    made = [await made] if asyncio.iscoroutine(made) else made
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await opened.case.client.get_workflow_handle(opened.case.workflow_id).execute_update(
            "decide", args=made, rpc_timeout=timedelta(seconds=30)
        )
    cause = refused.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == Refusal.INVALID


async def test_the_next_honest_decision_works_within_five_seconds(opened: Open) -> None:
    task = await opened.case.task()
    started = time.monotonic()
    receipt = await opened.case.approve(task)
    assert time.monotonic() - started < 5
    assert receipt.task_state is TaskState.DONE
    assert (await opened.case.handle.result()).outcome is CaseOutcome.RELEASED
    assert await opened.case.failed_tasks() == []
