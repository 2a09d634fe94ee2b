from __future__ import annotations

from typing import Any, cast

import pytest
from temporalio.client import Client

from domain.tasks import Action, Receipt, TaskRequest, TaskState
from runtime.approvals.acting import Patience, pick_task, request_of, send, update_id
from runtime.approvals.commands import parse_values
from runtime.approvals.refusals import ExitCode, Refused
from tests.unit.approvals.test_pages import NOW, case, task


class Echo:
    """A client whose case answers every update with a receipt of its own making."""

    def __init__(self, digest: str) -> None:
        self.digest = digest
        self.ids: list[str] = []

    @property
    def client(self) -> Client:
        """Itself, for those who want the SDK's."""
        return cast("Client", self)

    def get_workflow_handle(self, workflow: str) -> Echo:
        assert workflow == "order-exception/acme/SO-1"
        return self

    async def execute_update(self, name: str, request: TaskRequest, **options: Any) -> Receipt:
        assert (name, options["result_type"]) == ("decide", Receipt)
        self.ids.append(options["id"])
        return receipt(request.action, self.digest)


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
        await send(Echo("0" * 64).client, case(), task(), request, Patience())
    assert refused.value.code is ExitCode.RECEIPT_MISMATCH


async def test_the_same_request_has_the_same_update_id() -> None:
    request = request_of(task(), Action.APPROVE, "carla", comment="yes")
    echo = Echo(request.digest)
    for _ in range(2):
        await send(echo.client, case(), task(), request_of(task(), Action.APPROVE, "carla", comment="yes"))
    assert echo.ids == [request.digest, request.digest]


def test_a_claim_after_its_release_is_another_update() -> None:
    request = request_of(task(), Action.CLAIM, "carla")
    before, after = task(), task(receipts=[receipt(Action.CLAIM, request.digest)])
    assert update_id(before, request) == update_id(task(), request)
    assert update_id(before, request) != update_id(after, request)


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
