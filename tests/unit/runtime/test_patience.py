"""Ten seconds are promised until somebody is told that Temporal is down. What a busy machine adds to our own waits is
not ours to promise: the integration tests of the door and of the command line see that there are no longer ones.
"""

from __future__ import annotations

import inspect

from runtime.approvals.acting import Patience
from runtime.approvals.connection import _CONNECT_WITHIN
from runtime.door_process import _CONNECT_FOR
from runtime.intake import Intake
from runtime.settings import DoorSettings

LONGEST_WAIT = 8.0
"""Seconds, so that two are left to say so."""


def test_a_sender_of_events_is_told_in_time() -> None:
    default = inspect.signature(Intake).parameters["answer_within"].default
    assert default.total_seconds() <= LONGEST_WAIT
    assert DoorSettings().answer_within.total_seconds() <= LONGEST_WAIT


def test_who_submits_a_file_is_told_in_time() -> None:
    assert _CONNECT_FOR.total_seconds() <= LONGEST_WAIT


def test_an_approver_is_told_in_time() -> None:
    assert _CONNECT_WITHIN <= LONGEST_WAIT
    assert Patience().unreachable <= LONGEST_WAIT
