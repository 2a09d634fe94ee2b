from __future__ import annotations

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.converter import ActivitySerializationContext, DataConverter, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError

from domain.calls import CaseRef
from domain.events import OrderEvent
from domain.tasks import Refusal, TaskRequest
from runtime.encryption.codec import EncryptionCodec, key_of, why_unreadable
from runtime.encryption.conversion import UnreadablePayload, data_converter
from runtime.encryption.keyring import Keyring, new_key

KEYS = Keyring.parse(new_key("new") + " " + new_key("old"))
OLD = KEYS.without("new")
STRANGE = Keyring.parse(new_key("new"))
"""Another key of the same id."""
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"Zelda Quimby"')
CASE = WorkflowSerializationContext(namespace="default", workflow_id="order-exception/acme/SO-1")
OTHER = WorkflowSerializationContext(namespace="default", workflow_id="order-exception/acme/SO-2")
REF = CaseRef(tenant="acme", order_id="SO-1", workflow_id=CASE.workflow_id)


def activity_of(workflow_id: str) -> ActivitySerializationContext:
    return ActivitySerializationContext(
        namespace="default",
        activity_id="1",
        activity_type="erp.release_order",
        activity_task_queue="holdfast",
        workflow_id=workflow_id,
        workflow_type="OrderException",
        is_local=False,
    )


def codec(keys: Keyring = KEYS, *, namespace: str = "default", accept_plain: bool = True) -> EncryptionCodec:
    return EncryptionCodec(keys, namespace, accept_plain=accept_plain)


def sealed(payload: Payload = PLAIN, made_by: EncryptionCodec | None = None) -> Payload:
    return asyncio.run((made_by or codec()).with_context(CASE).encode([payload]))[0]


def opened(payload: Payload, reader: EncryptionCodec) -> Payload:
    return asyncio.run(reader.decode([payload]))[0]


def test_nothing_of_a_payload_can_be_read_without_the_key() -> None:
    made = sealed()
    assert b"Zelda" not in made.SerializeToString()
    assert b"json" not in made.SerializeToString()
    assert opened(made, codec().with_context(CASE)) == PLAIN


def test_the_same_payload_is_never_encrypted_alike() -> None:
    assert sealed().data != sealed().data


@given(data=st.binary(max_size=200), metadata=st.dictionaries(st.text(max_size=10), st.binary(max_size=20), max_size=3))
def test_whatever_was_sealed_comes_back_as_it_was(data: bytes, metadata: dict[str, bytes]) -> None:
    payload = Payload(metadata=metadata | {"encoding": b"any"}, data=data)
    assert opened(sealed(payload), codec().with_context(CASE)) == payload


def test_a_workflow_and_its_activities_read_each_other() -> None:
    assert opened(sealed(), codec().with_context(activity_of(CASE.workflow_id))) == PLAIN


def test_the_first_key_encrypts_and_an_older_one_still_decrypts() -> None:
    before = sealed(made_by=codec(OLD))
    assert (key_of(before), key_of(sealed())) == ("old", "new")
    assert opened(before, codec().with_context(CASE)) == PLAIN


@pytest.mark.parametrize(
    ("reader", "why"),
    [
        (codec().with_context(OTHER), "made for another workflow"),
        (codec().with_context(activity_of(OTHER.workflow_id)), "made for another workflow"),
        (codec(), "made for another workflow"),
        (codec(OLD).with_context(CASE), "unknown key"),
        (codec(STRANGE).with_context(CASE), "altered, or made for another namespace"),
        (codec(namespace="prod").with_context(CASE), "altered, or made for another namespace"),
    ],
)
def test_what_is_not_for_the_reader_becomes_a_tombstone(reader: EncryptionCodec, why: str) -> None:
    assert why_unreadable(opened(sealed(), reader)) == why


def test_ciphertext_that_claims_to_be_of_another_case_is_refused() -> None:
    moved = sealed()
    moved.metadata["encryption-workflow-id"] = OTHER.workflow_id.encode()
    assert why_unreadable(opened(moved, codec().with_context(OTHER))) == "altered, or made for another namespace"


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_bit_that_is_turned_is_noticed(place: int, bit: int) -> None:
    made = sealed()
    altered = bytearray(made.data)
    altered[place % len(altered)] ^= 1 << bit
    made.data = bytes(altered)
    assert why_unreadable(opened(made, codec().with_context(CASE)))


@pytest.mark.parametrize("data", [b"", b"short", b"0" * 12, b"0" * 27])
def test_ciphertext_that_is_cut_is_a_tombstone_and_no_error(data: bytes) -> None:
    made = sealed()
    made.data = data
    assert why_unreadable(opened(made, codec().with_context(CASE)))


def test_a_payload_that_is_not_encrypted_is_read_or_not_as_the_settings_say() -> None:
    assert opened(PLAIN, codec().with_context(CASE)) == PLAIN
    strict = codec(accept_plain=False).with_context(CASE)
    assert why_unreadable(opened(PLAIN, strict)) == "not encrypted"


def test_what_a_schedule_was_given_is_read_by_the_runs_that_it_starts() -> None:
    scheduled = WorkflowSerializationContext(namespace="default", workflow_id="reconciliation")
    run = WorkflowSerializationContext(namespace="default", workflow_id="reconciliation-2026-11-28T10:00:00Z")
    made = asyncio.run(codec().with_context(scheduled).encode([PLAIN]))[0]
    assert opened(made, codec().with_context(run)) == PLAIN
    assert why_unreadable(opened(made, codec().with_context(CASE)))


def test_what_a_watch_ended_with_is_read_by_the_next_one_of_the_same_schedule_only() -> None:
    def run(workflow_id: str) -> EncryptionCodec:
        return codec().with_context(WorkflowSerializationContext(namespace="default", workflow_id=workflow_id))

    made = asyncio.run(run("hold-watch/orders-2026-11-28T10:00:00Z").encode([PLAIN]))[0]
    assert opened(made, run("hold-watch/orders-2026-11-28T10:00:30Z")) == PLAIN
    for other in ("hold-watch/others-2026-11-28T10:00:30Z", "hold-watch/orders", f"{CASE.workflow_id}", "hold-watch/"):
        assert why_unreadable(opened(made, run(other)))


def test_an_order_that_is_named_like_a_run_of_another_is_not_taken_for_one() -> None:
    named = WorkflowSerializationContext(namespace="default", workflow_id=f"{CASE.workflow_id}-2026-11-28T10:00:00Z")
    assert why_unreadable(opened(sealed(), codec().with_context(named)))


def test_the_log_says_why_and_repeats_nothing(caplog: pytest.LogCaptureFixture) -> None:
    made = sealed()
    made.metadata["encryption-key-id"] = b"\x1b[31m\nZelda" * 40
    with caplog.at_level(logging.WARNING):
        opened(made, codec().with_context(CASE))
    (line,) = caplog.messages
    assert "unknown key" in line
    assert "\x1b" not in line
    assert "\n" not in line
    assert len(line) < 300


class TestConverter:
    REQUEST = TaskRequest(task_id="T1", task_revision=1, action="COMMENT", actor="jo")

    @staticmethod
    def converter(keys: Keyring = KEYS) -> DataConverter:
        return data_converter(keys).with_context(CASE)

    def read(self, payloads: list[Payload], *kinds: type, keys: Keyring = KEYS) -> object:
        return asyncio.run(self.converter(keys).decode(payloads, list(kinds)))[0]

    def test_a_request_that_nobody_can_decrypt_is_refused_in_our_own_words(self) -> None:
        payloads = asyncio.run(self.converter().encode([self.REQUEST]))
        assert self.read(payloads, TaskRequest) == self.REQUEST
        with pytest.raises(ApplicationError, match="unknown key") as refused:
            self.read(payloads, TaskRequest, keys=OLD)
        assert refused.value.type == Refusal.INVALID
        assert refused.value.non_retryable

    @pytest.mark.parametrize("sent", [{"task_id": 7}, "text", None, {"task_id": "T1", "colour": "red"}])
    def test_a_request_of_another_shape_is_refused_without_being_repeated(self, sent: object) -> None:
        payloads = asyncio.run(self.converter().encode([sent]))
        with pytest.raises(ApplicationError) as refused:
            self.read(payloads, OrderEvent)
        assert refused.value.type == Refusal.INVALID
        assert "red" not in refused.value.message

    def test_any_other_value_that_cannot_be_decrypted_is_an_error_that_passes(self) -> None:
        payloads = asyncio.run(self.converter().encode([REF]))
        with pytest.raises(UnreadablePayload):
            self.read(payloads, CaseRef, keys=OLD)

    def test_a_raw_value_is_handed_on_as_it_came(self) -> None:
        payloads = asyncio.run(self.converter().encode([REF]))
        raw = self.read(payloads, RawValue, keys=OLD)
        assert isinstance(raw, RawValue)
        assert why_unreadable(raw.payload) == "unknown key"

    def test_the_message_of_a_failure_is_encrypted_too(self) -> None:
        from temporalio.api.failure.v1 import Failure  # noqa: PLC0415 - used here only

        failure = Failure()
        error = ApplicationError("Zelda has no credit", {"address": "zelda@example.com"}, type="REFUSED")
        asyncio.run(self.converter().encode_failure(error, failure))
        assert b"elda" not in failure.SerializeToString()
        assert failure.application_failure_info.type == "REFUSED"
        decoded = asyncio.run(self.converter().decode_failure(failure))
        assert isinstance(decoded, ApplicationError)
        assert decoded.message == "Zelda has no credit"
