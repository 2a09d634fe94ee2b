"""Which keys the histories need: before an old key is taken away, every case that it encrypted must be gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from runtime.encryption.codec import key_of
from runtime.encryption.keyring import Keyring


@dataclass
class KeyUse:
    """What needs one key: runs that are open, runs that have ended and can still be looked at, and schedules."""

    open: int = 0
    closed: int = 0
    schedules: int = 0
    example: str = ""
    """One of the workflows or schedules."""


@dataclass
class Needed:
    """The keys that are needed, by id, and how many runs were looked at."""

    by_key: dict[str, KeyUse] = field(default_factory=lambda: defaultdict(KeyUse))
    runs: int = 0

    def missing(self, keyring: Keyring) -> list[str]:
        """Keys that are needed and not in `keyring`."""
        return sorted(self.by_key.keys() - keyring.keys.keys())


async def keys_needed(client: Client) -> Needed:
    """What all histories and schedules of the namespace need. Reads every one of them: minutes for many thousands."""
    needed = Needed()
    async for execution in client.list_workflows():
        needed.runs += 1
        for key_id in await _keys_of(client, execution):
            use = needed.by_key[key_id]
            use.example = use.example or execution.id
            if execution.status is WorkflowExecutionStatus.RUNNING:
                use.open += 1
            else:
                use.closed += 1
    async for schedule_id, described in _schedules(client):
        for key_id in keys_in(described):
            use = needed.by_key[key_id]
            use.example = use.example or schedule_id
            use.schedules += 1
    return needed


def keys_in(message: Message) -> set[str]:
    """The ids of the keys that the payloads anywhere in `message` need."""
    return {key_id for key_id in map(key_of, payloads_in(message)) if key_id is not None}


async def _keys_of(client: Client, execution: WorkflowExecution) -> set[str]:
    """Those of one run; none if its history was deleted meanwhile."""
    handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
    keys: set[str] = set()
    try:
        async for event in handle.fetch_history_events():
            keys |= keys_in(event)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    return keys


async def _schedules(client: Client) -> AsyncIterator[tuple[str, Message]]:
    async for listed in await client.list_schedules():
        described = await client.get_schedule_handle(listed.id).describe()
        yield listed.id, described.raw_description


def payloads_in(message: Message) -> Iterator[Payload]:
    """Every payload anywhere in `message`."""
    if isinstance(message, Payload):
        yield message
        return
    for described, value in message.ListFields():
        if described.message_type is not None:
            for part in _messages(value):
                yield from payloads_in(part)


def _messages(value: Any) -> Iterator[Message]:
    """The messages of a field: one, many, or the values of a map."""
    if isinstance(value, Message):
        yield value
        return
    several = value.values() if hasattr(value, "values") else value
    yield from (part for part in several if isinstance(part, Message))
