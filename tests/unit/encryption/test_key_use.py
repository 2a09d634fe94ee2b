from __future__ import annotations

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.sdk.v1 import UserMetadata

from runtime.encryption.key_use import KeyUse, Needed, keys_in
from runtime.encryption.keyring import Keyring, new_key


def made_with(key_id: str) -> Payload:
    return Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": key_id.encode()})


def test_keys_are_found_wherever_a_payload_can_be() -> None:
    signalled = HistoryEvent(user_metadata=UserMetadata(summary=made_with("summary")))
    signalled.workflow_execution_signaled_event_attributes.input.payloads.extend(
        [made_with("first"), made_with("second")]
    )
    assert keys_in(signalled) == {"summary", "first", "second"}
    started = HistoryEvent()
    attributes = started.workflow_execution_started_event_attributes
    attributes.memo.fields["closing"].CopyFrom(made_with("memo"))
    attributes.header.fields["trace"].CopyFrom(made_with("header"))
    assert keys_in(started) == {"memo", "header"}
    marked = HistoryEvent()
    marked.marker_recorded_event_attributes.details["data"].payloads.append(made_with("marker"))
    assert keys_in(marked) == {"marker"}
    failed = HistoryEvent()
    cause = Failure(encoded_attributes=made_with("cause"))
    failed.activity_task_failed_event_attributes.failure.CopyFrom(
        Failure(encoded_attributes=made_with("message"), cause=cause)
    )
    failed.activity_task_failed_event_attributes.failure.application_failure_info.details.payloads.append(
        made_with("details")
    )
    assert keys_in(failed) == {"message", "cause", "details"}


def test_what_is_not_encrypted_needs_no_key() -> None:
    event = HistoryEvent()
    event.workflow_execution_signaled_event_attributes.input.payloads.append(
        Payload(metadata={"encoding": b"json/plain", "encryption-key-id": b"none"})
    )
    assert keys_in(event) == set()


def test_a_key_that_is_needed_and_not_there_is_missing() -> None:
    needed = Needed({"old": KeyUse(open=1), "new": KeyUse(closed=1)})
    assert needed.missing(Keyring.parse(new_key("new"))) == ["old"]
    assert needed.missing(Keyring.parse(f"{new_key('new')} {new_key('old')}")) == []
