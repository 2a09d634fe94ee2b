from __future__ import annotations

import pytest

from activities.connectors.credit import HttpCredit
from activities.connectors.errors import SystemCallFailed
from activities.credit import CreditActivities
from domain.calls import StepCall, StepResult
from domain.exception_types import IntegrationErrorKind as Kind
from tests.unit.activities.conftest import UNDO, run, step
from tests.unit.activities.system import SmallSystem


async def release(system: SmallSystem, call: StepCall | None = None, attempt: int = 1) -> StepResult:
    credit = CreditActivities(HttpCredit(system.client()))
    return await run(credit.release, call or step(order_id="SO-1", amount="100"), attempt=attempt)


async def refusal(system: SmallSystem, call: StepCall | None = None, attempt: int = 1) -> SystemCallFailed:
    with pytest.raises(SystemCallFailed) as caught:
        await release(system, call, attempt)
    return caught.value


async def test_a_step_is_written_once_under_its_reference(system: SmallSystem) -> None:
    result = await release(system)
    assert (result.reference, result.resource_id, result.read_back) == ("hf-1", "releases-1", False)
    assert system.writes() == [{"reference": "hf-1", "order_id": "SO-1", "amount": "100"}]
    assert [method for method, *_ in system.requests] == ["POST"]


@pytest.mark.parametrize(("again", "attempt"), [(True, 1), (False, 2)])
async def test_what_may_have_happened_is_looked_for_first(system: SmallSystem, *, again: bool, attempt: int) -> None:
    await release(system)
    result = await release(system, step(may_have_happened=again), attempt)
    assert result.read_back
    assert len(system.of("releases")) == 1


async def test_what_did_not_happen_is_done_on_the_second_try(system: SmallSystem) -> None:
    result = await release(system, step(may_have_happened=True))
    assert not result.read_back
    assert len(system.of("releases")) == 1


@pytest.mark.parametrize("bad_day", ["commit and hang", "gibberish", "504", "duplicate"])
async def test_a_write_that_left_its_effect_without_saying_so_is_read_back(system: SmallSystem, bad_day: str) -> None:
    if bad_day == "504":
        system.of("releases").append({"id": "releases-1", "reference": "hf-1", "status": "ACTIVE"})
    system.bad_days["POST"] = [bad_day]
    result = await release(system)
    assert result.read_back
    assert result.resource_id == "releases-1"
    assert len(system.of("releases")) == 1


async def test_a_write_that_left_nothing_may_simply_be_tried_again(system: SmallSystem) -> None:
    system.bad_days["POST"] = ["hang"]
    failure = await refusal(system)
    assert failure.kind is Kind.TRANSIENT
    assert "has nothing of reference hf-1" in failure.message


async def test_an_outcome_stays_unknown_if_the_read_back_cannot_tell(system: SmallSystem) -> None:
    system.bad_days = {"POST": ["commit and hang"], "GET": ["503"]}
    failure = await refusal(system)
    assert failure.kind is Kind.UNKNOWN_OUTCOME
    assert not failure.non_retryable
    assert (await release(system, attempt=2)).read_back
    assert len(system.of("releases")) == 1


async def test_nothing_is_written_if_the_look_before_fails(system: SmallSystem) -> None:
    system.bad_days["GET"] = ["503"]
    failure = await refusal(system, attempt=2)
    assert failure.kind is Kind.TRANSIENT
    assert failure.retry_after is not None
    assert not system.of("releases")


async def test_a_duplicate_that_is_nobodys_is_a_refusal(system: SmallSystem) -> None:
    system.bad_days["POST"] = ["false duplicate"]
    assert (await refusal(system)).kind is Kind.VALIDATION


async def test_what_was_undone_meanwhile_is_not_taken_for_done(system: SmallSystem) -> None:
    system.of("releases").append({"id": "releases-1", "reference": "hf-1", "status": "CANCELLED"})
    failure = await refusal(system, attempt=2)
    assert failure.kind is Kind.CONFLICT


async def test_undo_cancels_what_carries_the_reference(system: SmallSystem) -> None:
    await release(system)
    credit = CreditActivities(HttpCredit(system.client()))
    result = await run(credit.reblock, UNDO, operation="credit.reblock")
    assert result.resource_id == "releases-1"
    assert system.of("releases")[0]["status"] == "CANCELLED"
    assert system.writes("cancel") == [{"reference": "hf-1-undo", "reason": "a later step failed"}]


async def test_undo_twice_is_undo_once(system: SmallSystem) -> None:
    await release(system)
    credit = CreditActivities(HttpCredit(system.client()))
    await run(credit.reblock, UNDO)
    await run(credit.reblock, UNDO, attempt=2)
    assert len(system.writes("cancel")) == 1


async def test_undo_of_nothing_is_success(system: SmallSystem) -> None:
    credit = CreditActivities(HttpCredit(system.client()))
    result = await run(credit.reblock, UNDO)
    assert result.resource_id == ""
    assert result.detail == {"found": False}


async def test_an_undo_that_fell_silent_is_read_back(system: SmallSystem) -> None:
    await release(system)
    system.bad_days["POST"] = ["commit and hang"]
    credit = CreditActivities(HttpCredit(system.client()))
    assert (await run(credit.reblock, UNDO)).resource_id == "releases-1"


async def test_an_undo_that_did_not_happen_is_tried_again(system: SmallSystem) -> None:
    await release(system)
    system.bad_days["POST"] = ["hang"]
    credit = CreditActivities(HttpCredit(system.client()))
    with pytest.raises(SystemCallFailed) as caught:
        await run(credit.reblock, UNDO)
    assert caught.value.kind is Kind.UNKNOWN_OUTCOME
