"""The payload codec: AES-256-GCM, each payload bound to its namespace, its workflow and its key.

A payload that cannot be read does not raise: that would block its workflow for ever. It becomes a tombstone, which
says why and which no converter takes for a value, so that whoever wants the value can refuse or set it aside.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.common import MetricMeter
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from domain.identifiers import WATCH
from runtime.encryption.keyring import Keyring

ENCRYPTED = b"binary/encrypted"
UNREADABLE = b"binary/unreadable"
ENCODING = "encoding"
KEY_ID = "encryption-key-id"
WORKFLOW_ID = "encryption-workflow-id"
CIPHER = "encryption-cipher"
WHY = "unreadable-because"
_CIPHER_NAME = b"AES-256-GCM"
_NONCE_BYTES = 12
_LONGEST_SHOWN = 80
_SCHEDULED = re.compile(r"-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

log = logging.getLogger(__name__)


class Fault(StrEnum):
    """Why a payload cannot be read."""

    UNKNOWN_KEY = "unknown key"
    MOVED = "made for another workflow"
    ALTERED = "altered, or made for another namespace"
    NOT_ENCRYPTED = "not encrypted"


class Unreadable(Exception):
    """A payload that cannot be read; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class Cipher:
    """Seals and opens single payloads of one namespace, given the workflow they belong to."""

    def __init__(self, keyring: Keyring, namespace: str) -> None:
        self._ciphers = {key_id: AESGCM(secret) for key_id, secret in keyring.keys.items()}
        self._first = keyring.first
        self._namespace = namespace

    def seal(self, payload: Payload, workflow_id: str) -> Payload:
        """The payload, encrypted by the first key."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._first].encrypt(
            nonce, payload.SerializeToString(), self._bound_to(workflow_id, self._first)
        )
        metadata = {
            ENCODING: ENCRYPTED,
            CIPHER: _CIPHER_NAME,
            KEY_ID: self._first.encode(),
            WORKFLOW_ID: workflow_id.encode(),
        }
        return Payload(metadata=metadata, data=nonce + sealed)

    def open(self, payload: Payload) -> Payload:
        """What was sealed, for the workflow that it says it was sealed for. Raises Unreadable."""
        key_id = key_of(payload) or ""
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise Unreadable(Fault.UNKNOWN_KEY)
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            return Payload.FromString(cipher.decrypt(nonce, sealed, self._bound_to(workflow_of(payload), key_id)))
        except (InvalidTag, ValueError, DecodeError):
            raise Unreadable(Fault.ALTERED) from None

    def _bound_to(self, workflow_id: str, key_id: str) -> bytes:
        return json.dumps([self._namespace, workflow_id, key_id]).encode()


def is_encrypted(payload: Payload) -> bool:
    """Whether it says that it is encrypted."""
    return payload.metadata.get(ENCODING) == ENCRYPTED


def key_of(payload: Payload) -> str | None:
    """The id of the key that it says it was encrypted with; None if it is not encrypted."""
    return _text(payload, KEY_ID) if is_encrypted(payload) else None


def workflow_of(payload: Payload) -> str:
    """The workflow that it says it was made for."""
    return _text(payload, WORKFLOW_ID)


def tombstone(fault: Fault, payload: Payload) -> Payload:
    """What stands for a payload that cannot be read: without its content, but with what to look for."""
    kept = {name: payload.metadata[name] for name in (KEY_ID, WORKFLOW_ID) if name in payload.metadata}
    return Payload(metadata={ENCODING: UNREADABLE, WHY: fault.encode(), **kept})


def why_unreadable(payload: Payload) -> str | None:
    """Why this is a tombstone; None if it is none."""
    return _text(payload, WHY) if payload.metadata.get(ENCODING) == UNREADABLE else None


class EncryptionCodec(PayloadCodec, WithSerializationContext):
    """The codec of the SDK's data converter; a copy of it for each workflow or activity knows where it is."""

    def __init__(
        self, keyring: Keyring, namespace: str, *, accept_plain: bool, meter: MetricMeter = MetricMeter.noop
    ) -> None:
        self._cipher = Cipher(keyring, namespace)
        self._accept_plain = accept_plain
        self._unreadable = meter.create_counter("holdfast_unreadable_payloads", "Payloads that could not be decrypted")
        self._workflow_id = ""

    def with_context(self, context: SerializationContext) -> Self:
        """A codec for the payloads of that workflow, whether they go to it, come from it or to its activities."""
        workflow_id = ""
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            workflow_id = context.workflow_id or ""
        if workflow_id == self._workflow_id:
            return self
        copy = type(self).__new__(type(self))
        copy.__dict__ = {**self.__dict__, "_workflow_id": workflow_id}
        return copy

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypted payloads; those that are already so stay as they are."""
        return [
            payload if is_encrypted(payload) else self._cipher.seal(payload, self._workflow_id) for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Readable payloads, and tombstones for the others. Raises nothing."""
        return [self._decoded(payload) for payload in payloads]

    def _decoded(self, payload: Payload) -> Payload:
        try:
            return self._opened(payload)
        except Unreadable as unreadable:
            self._unreadable.add(1, {"reason": unreadable.fault.name.lower()})
            log.warning(
                "a payload of workflow %a cannot be read: %s (key %a)",
                self._workflow_id[:_LONGEST_SHOWN],
                unreadable.fault,
                (key_of(payload) or "none")[:_LONGEST_SHOWN],
            )
            return tombstone(unreadable.fault, payload)

    def _opened(self, payload: Payload) -> Payload:
        if not is_encrypted(payload):
            if self._accept_plain or why_unreadable(payload) is not None:
                return payload
            raise Unreadable(Fault.NOT_ENCRYPTED)
        if not _belongs(workflow_of(payload), self._workflow_id):
            raise Unreadable(Fault.MOVED)
        return self._cipher.open(payload)


def _belongs(bound_to: str, workflow_id: str) -> bool:
    """Whether a payload made for `bound_to` may be read by `workflow_id`: the same, or started by its schedule.

    A schedule's argument is encrypted for the id that the schedule was given; each start adds its time to that. The
    result of a watch is what the next one of the same schedule begins with.
    """
    if bound_to == workflow_id:
        return True
    if bound_to.startswith(f"{WATCH}/"):
        return _schedule_of(bound_to) is not None and _schedule_of(bound_to) == _schedule_of(workflow_id)
    started_at = workflow_id.removeprefix(bound_to)
    return "/" not in bound_to and bool(bound_to) and _SCHEDULED.fullmatch(started_at) is not None


def _schedule_of(workflow_id: str) -> str | None:
    """The id that a run of a schedule has without its time; None if no schedule started it."""
    found = _SCHEDULED.search(workflow_id)
    return workflow_id[: found.start()] if found and found.end() == len(workflow_id) else None


def _text(payload: Payload, name: str) -> str:
    return payload.metadata.get(name, b"").decode(errors="replace")
