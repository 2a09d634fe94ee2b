"""When a held order is lost, and when a case works for nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.case import CaseState
from domain.identifiers import InvalidIdentifier
from domain.order import OrderStatus
from domain.reconciliation import LET_REST, CaseRun, RunState, case_of, found_free, found_held, is_lost, is_stale
from tests.orders import LONG_AGO, hold, order

HELD = order(hold())
FREE = order(status=OrderStatus.RELEASED)
NOW = LONG_AGO + timedelta(days=1)


def run(state: RunState, doing: CaseState | None = None, ended_after: timedelta | None = None) -> CaseRun:
    """The newest run of the order's case; `ended_after` its hold."""
    closed_at = None if ended_after is None else LONG_AGO + ended_after
    return CaseRun(case=case_of("acme", "SO-1"), run_id="run-1", state=state, doing=doing, closed_at=closed_at)


def test_a_held_order_without_a_case_or_whose_case_was_cut_off_is_lost() -> None:
    assert is_lost(HELD, None, NOW)
    assert is_lost(HELD, run(RunState.CUT_OFF, CaseState.AWAITING_DECISION, timedelta(0)), NOW)


@pytest.mark.parametrize("doing", [None, *(state for state in CaseState if state is not CaseState.FOLLOWING)])
def test_a_case_at_work_takes_care_of_its_order(doing: CaseState | None) -> None:
    assert not is_lost(HELD, run(RunState.RUNNING, doing), NOW)


def test_a_case_that_only_follows_does_not_know_that_its_order_is_held_again() -> None:
    assert is_lost(HELD, run(RunState.RUNNING, CaseState.FOLLOWING), NOW)


def test_a_case_that_ended_by_itself_is_believed_for_a_while_unless_the_hold_is_younger() -> None:
    """It was given up by a person, who would be asked again every few minutes; or the list was a moment late."""
    ended = run(RunState.ENDED, ended_after=timedelta(hours=1))
    assert not is_lost(HELD, ended, LONG_AGO + timedelta(hours=1) + LET_REST)
    assert is_lost(HELD, ended, LONG_AGO + timedelta(hours=1, seconds=1) + LET_REST)
    before = run(RunState.ENDED, ended_after=timedelta(hours=-1))
    assert is_lost(HELD, before, LONG_AGO)


def test_what_is_not_held_or_will_never_ship_is_not_lost() -> None:
    assert not is_lost(FREE, None, NOW)
    assert not is_lost(order(hold(), status=OrderStatus.CANCELLED), None, NOW)


def test_a_case_is_stale_that_works_on_an_order_which_is_not_held() -> None:
    assert is_stale(FREE, run(RunState.RUNNING, CaseState.AWAITING_DECISION))
    assert is_stale(order(hold(), status=OrderStatus.CANCELLED), run(RunState.RUNNING))
    assert not is_stale(HELD, run(RunState.RUNNING, CaseState.AWAITING_DECISION))
    assert not is_stale(FREE, run(RunState.RUNNING, CaseState.FOLLOWING))
    assert not is_stale(FREE, run(RunState.ENDED, ended_after=timedelta(0)))


def test_one_loss_is_told_once_and_the_next_one_anew() -> None:
    """Temporal drops a start whose request it knows, also if that run was terminated."""
    first = found_held(HELD, run(RunState.CUT_OFF))
    again = run(RunState.CUT_OFF).model_copy(update={"run_id": "run-2"})
    assert first == found_held(HELD, run(RunState.CUT_OFF))
    assert first.event_id != found_held(HELD, again).event_id
    assert (first.data.order_version, first.data.hold) == (HELD.version, HELD.holds[0])


def test_a_stale_case_is_told_without_a_version_that_it_may_know_already() -> None:
    event = found_free(FREE, run(RunState.RUNNING), NOW)
    assert event.data.order_version == 0


def test_the_newest_hold_opens_the_case_also_without_a_time_zone() -> None:
    older, newer = hold("H1"), hold("H2")
    naive = newer.model_copy(update={"applied_at": (LONG_AGO + timedelta(minutes=1)).replace(tzinfo=None)})
    event = found_held(order(older, naive), None)
    assert event.data.hold is not None
    assert event.data.hold.hold_id == "H2"
    assert event.occurred_at == LONG_AGO + timedelta(minutes=1)


def test_an_id_that_no_case_can_have_is_refused() -> None:
    with pytest.raises(InvalidIdentifier):
        case_of("acme", "SO-1' OR 1=1")
