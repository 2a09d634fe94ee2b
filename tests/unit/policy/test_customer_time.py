"""How far a deadline moves when the customer was waited for. Hours are 9 to 17 in New York, which is UTC-4 in July."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.deadlines import DeadlineActivities
from domain.business_time import business_between
from domain.calls import CaseRef, CustomerWait, ResumeRequest
from domain.policy.policy_set import PolicySet
from runtime.policy_files import load_policies
from tests.unit.activities.conftest import run
from tests.unit.policy.tables import COMPANY

CASE = CaseRef(tenant="t", order_id="SO-1", workflow_id="order-exception/t/SO-1")
DUE = datetime(2026, 7, 8, 15, tzinfo=UTC)
"""Wednesday, eleven in the morning."""


@pytest.fixture(scope="module")
def policy() -> PolicySet:
    return load_policies(COMPANY)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In July 2026, New York time; the 6th is a Monday."""
    return datetime(2026, 7, day, hour, minute, tzinfo=UTC) + timedelta(hours=4)


async def due(policy: PolicySet, *pauses: tuple[datetime, datetime | None], site: str = "DC-EAST") -> datetime:
    waits = tuple(CustomerWait(started_at=start, ended_at=end) for start, end in pauses)
    request = ResumeRequest(case=CASE, due_at=DUE, pauses=waits, site=site)
    return (await run(DeadlineActivities(lambda: policy).resume, request, operation="deadlines.resume")).due_at


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        pytest.param([(at(6, 17), at(7, 9))], DUE, id="a night costs nothing"),
        pytest.param([(at(10, 17, 30), at(13, 8, 59))], DUE, id="a weekend costs nothing"),
        pytest.param([(at(3, 9), at(3, 17))], DUE, id="a public holiday, kept on the Friday, costs nothing"),
        pytest.param([(at(6, 10), at(6, 12))], at(8, 13), id="two hours of work are two hours"),
        pytest.param([(at(6, 16), at(7, 10))], at(8, 13), id="of a night only what is worked counts"),
        pytest.param([(at(6, 9), at(6, 17))], at(9, 11), id="a whole day is the same time of the next day"),
        pytest.param([(at(6, 9), at(6, 16, 0))], at(9, 10), id="what does not fit today goes on tomorrow"),
        pytest.param([(at(10, 16), at(13, 10)), (at(6, 10), at(6, 11))], at(8, 14), id="several waits add up"),
        pytest.param([(at(6, 10), at(6, 12)), (at(7, 9), None)], at(8, 13), id="a wait under way does not count yet"),
        pytest.param([], DUE, id="nothing moves nothing"),
    ],
)
async def test_a_deadline_moves_by_the_business_time_that_was_waited(
    policy: PolicySet, pauses: list[tuple[datetime, datetime | None]], expected: datetime
) -> None:
    assert await due(policy, *pauses) == expected


async def test_the_hours_are_those_of_the_site(policy: PolicySet) -> None:
    night = (at(6, 18), at(6, 20))
    assert await due(policy, night) == DUE
    assert await due(policy, night, site="DC-WEST") == DUE + timedelta(hours=2)


async def test_waits_may_be_told_together_or_one_after_the_other(policy: PolicySet) -> None:
    first, second = (at(6, 10), at(6, 13)), (at(7, 15), at(8, 10))
    together = await due(policy, first, second)
    calendar = policy.calendar_of("DC-EAST")
    assert business_between(DUE, together, calendar) == timedelta(hours=6)
    assert await due(policy, second, first) == together
