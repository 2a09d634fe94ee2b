from __future__ import annotations

from datetime import timedelta

import pytest

from activities.triage import classified
from domain.order import ClearedHold, Hold
from domain.rework import rework_of
from tests.unit.playbooks.scenario import hold, order, policy

WEEK = timedelta(days=7)


def cleared(hold_id: str, before: timedelta, code: str = "CREDIT") -> ClearedHold:
    return ClearedHold(hold=hold(code, hold_id=hold_id), cleared_at=hold().applied_at - before)


def found(*earlier: ClearedHold, now: Hold | None = None) -> str | None:
    held = order(cleared_holds=earlier)
    return rework_of(held, now or hold(hold_id="H9"), WEEK, lambda one: classified(one, policy()))


@pytest.mark.parametrize(
    ("before", "rework"), [(WEEK, "H1"), (WEEK + timedelta(seconds=1), None), (timedelta(0), "H1")]
)
def test_a_hold_that_comes_back_within_a_week_is_rework(before: timedelta, rework: str | None) -> None:
    assert found(cleared("H1", before)) == rework


def test_the_latest_of_the_same_type_counts_whatever_its_code() -> None:
    """Two codes of credit management are one type; a tax hold is none of its business."""
    earlier = [cleared("H1", timedelta(days=3)), cleared("H2", timedelta(days=2), "CREDIT_LIMIT")]
    assert found(*earlier, cleared("H3", timedelta(days=1), "TAX")) == "H2"


def test_a_hold_that_nobody_classified_is_never_the_same_as_another() -> None:
    assert found(cleared("H1", timedelta(days=1), "ODD"), now=hold("STRANGE", hold_id="H9")) is None


def test_what_was_cleared_after_it_came_is_no_earlier_hold() -> None:
    assert found(cleared("H1", -timedelta(hours=1))) is None
