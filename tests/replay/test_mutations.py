"""The corpus would notice: workflows that were changed on purpose do not pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow

from domain.case import Case, ClosingSummary
from tests.replay.corpus import Recorded, corpus
from tests.replay.story import Verdict, replayed
from workflows import closing, execution
from workflows.order_exception import OrderException

Mutation = Callable[[pytest.MonkeyPatch], None]


def first(*activities: str, exceptions: str = "") -> Recorded:
    """The first completed case in which all these activities happened."""
    for one in corpus():
        said = one.expected
        fits = said["workflow"] == "OrderException" and said["ended"] == "COMPLETED"
        if fits and set(activities) <= set(said["activities"]) and exceptions in str(said["exceptions"]):
            return one
    raise AssertionError(f"no case with {activities}")


async def verdict(monkeypatch: pytest.MonkeyPatch, recorded: Recorded, mutate: Mutation) -> Verdict:
    """What a changed workflow makes of a history that the unchanged one makes the same."""
    assert (await replayed(recorded.history)).same
    mutate(monkeypatch)
    return await replayed(recorded.history)


async def nobody_told(_: OrderException) -> None:
    """The customer hears nothing."""


async def test_a_step_that_is_left_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = first("notification.tell_customer")
    changed = await verdict(
        monkeypatch, recorded, lambda patch: patch.setattr(OrderException, "_tell_customer", nobody_told)
    )
    assert changed.refused is not None


async def test_another_order_of_steps_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The release before the plan that it rests on."""
    recorded = first("credit.release", "erp.release_order")
    carry_out = execution.Execution.carry_out

    async def released_first(self: execution.Execution, *arguments: object) -> None:
        exception, option, decision = arguments
        await self.pivot("release_order", [exception], "early", decision)  # type: ignore[list-item, arg-type]
        await carry_out(self, exception, option, decision)  # type: ignore[arg-type]

    changed = await verdict(
        monkeypatch, recorded, lambda patch: patch.setattr(execution.Execution, "carry_out", released_first)
    )
    assert changed.refused is not None


async def test_a_replay_alone_does_not_notice_another_deadline_and_we_do(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = first("notification.notify_role", exceptions="system:sla")
    sleep = workflow.wait_condition

    async def later(*arguments: Any, **options: Any) -> None:
        if options.get("timeout") is not None:
            options["timeout"] += timedelta(minutes=1)
        await sleep(*arguments, **options)

    changed = await verdict(
        monkeypatch, recorded, lambda patch: patch.setattr("temporalio.workflow.wait_condition", later)
    )
    assert changed.refused is None
    assert any(said.startswith("timer") for said in changed.differences)


async def test_a_replay_alone_does_not_notice_another_outcome_and_we_do(monkeypatch: pytest.MonkeyPatch) -> None:
    summarise = closing.summarise

    def touched(case: Case) -> ClosingSummary:
        return summarise(case).model_copy(update={"touchless": not case.touchless})

    changed = await verdict(
        monkeypatch, first("erp.release_order"), lambda patch: patch.setattr(closing, "summarise", touched)
    )
    assert changed.refused is None
    assert any("touchless" in said for said in changed.differences)


async def test_a_replay_alone_does_not_notice_another_key_of_a_write_and_we_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """With another key, a step that was under way at the upgrade would be done twice."""
    changed = await verdict(
        monkeypatch,
        first("credit.release"),
        lambda patch: patch.setattr(execution, "idempotency_key", lambda *parts: f"another-{len(parts)}"),
    )
    assert changed.refused is None
    assert any(said.startswith("key") for said in changed.differences)
