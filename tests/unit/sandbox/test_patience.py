from __future__ import annotations

from temporalio.client import WorkflowExecutionStatus

from sandbox.demo.cases import CaseRow
from sandbox.demo.patience import IN_ALL, STILL_FOR, Patience


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def case(state: str = "AWAITING_DECISION", *awaiting: str) -> CaseRow:
    return CaseRow("SO-1", "run", WorkflowExecutionStatus.RUNNING, state, awaiting, (), None)


def test_a_slow_day_is_waited_for_as_long_as_any_case_moves() -> None:
    clock = Clock()
    patience = Patience(clock)
    for row in (case("OPENED"), case(), case("AWAITING_DECISION", "controller"), case("EXECUTING")):
        patience.saw([row])
        clock.now += STILL_FOR
        assert patience.ended_because is None


def test_what_stands_still_is_given_up() -> None:
    clock = Clock()
    patience = Patience(clock)
    patience.saw([case()])
    clock.now += STILL_FOR - 1
    patience.saw([case()])
    clock.now += 2
    assert patience.ended_because == "no case has moved for 180 s"


def test_what_goes_round_in_circles_is_given_up_in_the_end() -> None:
    clock = Clock()
    patience = Patience(clock)
    turns = 0
    while patience.ended_because is None:
        turns += 1
        patience.saw([case("EXECUTING" if turns % 2 else "OPENED")])
        clock.now += 10
    assert turns == IN_ALL // 10 + 1
