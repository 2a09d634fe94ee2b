from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.case import Case
from domain.tasks import Action, Receipt, TaskRequest, TaskState
from runtime.approvals.acting import pick_task, request_of, send
from runtime.approvals.refusals import ExitCode, Refused
from runtime.approvals.sending import parse_values
from tests.signatures import dev_signer
from tests.unit.approvals.test_pages import NOW, case, task

CARLA = dev_signer("carla")


class Echo:
    """A client whose case answers every update with a receipt of its own making."""

    def __init__(self, digest: str, lost: int = 0) -> None:
        self.digest = digest
        self.lost = lost
        self.ids: list[str] = []
        self.sent: list[TaskRequest] = []

    @property
    def client(self) -> Client:
        """Itself, for those who want the SDK's."""
        return cast("Client", self)

    @property
    def service_client(self) -> Echo:
        return self

    async def check_health(self, timeout: timedelta) -> bool:  # noqa: ASYNC109 - the SDK's shape
        return bool(timeout)

    def get_workflow_handle(self, workflow: str, **_: object) -> Echo:
        assert workflow == "order-exception/acme/SO-1"
        return self

    async def execute_update(self, name: str, request: TaskRequest, **options: Any) -> Receipt:
        assert (name, options["result_type"]) == ("decide", Receipt)
        self.ids.append(options["id"])
        self.sent.append(request)
        if self.lost:
            self.lost -= 1
            raise TimeoutError
        return receipt(request.action, self.digest)


class Closed(Echo):
    """A case that has closed, and tells how only if it has something to tell."""

    def __init__(self, ended: Case | None) -> None:
        super().__init__("")
        self._ended = ended

    async def execute_update(self, name: str, request: TaskRequest, **_: Any) -> Receipt:
        raise RPCError(f"{name} {request.task_id}: workflow execution already completed", RPCStatusCode.NOT_FOUND, b"")

    async def query(self, *_: object, **__: object) -> Case:
        if self._ended is None:
            raise RPCError("Timeout expired", RPCStatusCode.CANCELLED, b"")
        return self._ended


def receipt(action: Action, digest: str) -> Receipt:
    """A receipt of the case of these tests."""
    return Receipt(
        task_id="T1",
        task_revision=1,
        task_state=TaskState.DONE,
        action=action,
        actor="carla",
        digest=digest,
        recorded_at=NOW,
        message="done",
    )


async def test_a_receipt_for_another_request_is_an_error() -> None:
    request = request_of(task(), Action.APPROVE, "carla")
    with pytest.raises(Refused) as refused:
        await send(Echo("0" * 64).client, CARLA, case(), task(), request)
    assert refused.value.code is ExitCode.RECEIPT_MISMATCH


async def test_what_is_sent_again_has_the_same_update_id_and_is_signed_anew() -> None:
    request = request_of(task(), Action.APPROVE, "carla", comment="yes")
    echo = Echo(request.digest, lost=1)
    await send(echo.client, CARLA, case(), task(), request)
    first, second = echo.sent
    assert echo.ids[0] == echo.ids[1]
    assert first.digest == second.digest == request.digest
    assert first.proof != second.proof


async def test_how_a_closed_case_ended_is_not_made_up() -> None:
    request = request_of(task(), Action.APPROVE, "carla")
    with pytest.raises(Refused) as refused:
        await send(Closed(None).client, CARLA, case(), task(), request)
    assert refused.value.code is ExitCode.NO_ANSWER
    assert "cannot be read: No worker tells" in refused.value.message


async def test_what_was_settled_when_it_was_read_needs_not_be_read_again() -> None:
    over = task(state=TaskState.WITHDRAWN, withdrawn="gone from the ERP")
    with pytest.raises(Refused) as refused:
        await send(Closed(None).client, CARLA, case(), over, request_of(over, Action.APPROVE, "carla"))
    assert refused.value.code is ExitCode.CONFLICT
    assert "gone from the ERP" in refused.value.message


async def test_a_closed_case_gives_the_same_answer_again() -> None:
    request = request_of(task(), Action.APPROVE, "carla")
    recorded = receipt(Action.APPROVE, request.digest)
    ended = case(tasks={"T1": task(state=TaskState.DONE, receipts=[recorded])})
    assert await send(Closed(ended).client, CARLA, case(), task(), request) == recorded


async def test_nobody_can_guess_the_update_id_of_another_command() -> None:
    request = request_of(task(), Action.APPROVE, "carla", comment="yes")
    echo = Echo(request.digest)
    for _ in range(2):
        await send(echo.client, CARLA, case(), task(), request)
    assert echo.ids[0] != echo.ids[1]


def test_the_question_meant_is_the_open_one_or_else_the_last() -> None:
    decided = task("T1", state=TaskState.DONE)
    assert pick_task(case(tasks={"T1": decided, "T2": task("T2")}), None, None).task_id == "T2"
    assert pick_task(case(tasks={"T1": decided}), None, None).task_id == "T1"
    assert pick_task(case(tasks={"T1": task(), "T2": task("T2", hold_id="H2")}), None, "H2").task_id == "T2"
    with pytest.raises(Refused) as refused:
        pick_task(case(tasks={"T1": task(), "T2": task("T2")}), None, None)
    assert refused.value.code is ExitCode.SEVERAL_TASKS
    with pytest.raises(Refused) as refused:
        pick_task(case(), None, None)
    assert refused.value.code is ExitCode.NOT_FOUND


def test_values_are_pairs_with_each_name_once() -> None:
    assert parse_values(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    for wrong in (["a"], ["=1"], ["a=1", "a=2"]):
        with pytest.raises(Refused):
            parse_values(wrong)
