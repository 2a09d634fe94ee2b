"""Every committed history comes to the same with today's code: no case that is open anywhere is led astray."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from domain.case import CaseOutcome
from domain.cause import Settlement
from domain.exception_types import ExceptionType
from runtime.worker_process import WORKFLOWS
from tests.replay.corpus import Recorded, corpus, expectation, this_version
from tests.replay.story import COMPLETED, CONTINUED, replayed, told

RECORDED = list(corpus())
MOST_BYTES = 4_000_000


def now() -> Iterator[Recorded]:
    """Those of the present version."""
    return (one for one in RECORDED if one.version == this_version())


def test_every_history_says_what_the_list_says() -> None:
    """Outcome, who decided, every timer and every due time: what a review of the list has seen is what is replayed."""
    wrong = [str(one) for one in RECORDED if expectation(told(one.history)) != one.expected]
    assert wrong == []


async def test_todays_code_makes_the_same_of_every_history() -> None:
    """The same commands, the same result, timers of the same length, and the same keys for every write."""
    verdicts = await asyncio.gather(*(replayed(one.history) for one in RECORDED))
    wrong = [(str(one), verdict) for one, verdict in zip(RECORDED, verdicts, strict=True) if not verdict.same]
    assert wrong == []


def test_every_registered_workflow_has_a_history() -> None:
    """A workflow that nobody recorded could be changed under its open cases without anybody noticing."""
    registered = {workflow.__name__ for workflow in WORKFLOWS}
    recorded = {one.expected["workflow"] for one in now() if one.expected["ended"] == COMPLETED}
    assert registered - recorded == set(), "run `make histories`"


def test_every_type_of_exception_and_every_outcome_is_there() -> None:
    expected = [one.expected for one in now()]
    resolved = [line for each in expected for line in each["exceptions"]]
    assert {line.partition(":")[0] for line in resolved} == set(ExceptionType)
    assert {each["outcome"] for each in expected} >= {*CaseOutcome, *Settlement}
    by = {line.rpartition(" by ")[2] for line in resolved}
    assert {"system:policy", "system:sla", "None"} < by, "by policy, by silence, by nobody, and by people"
    assert any(each["ended"] == CONTINUED for each in expected)


@pytest.mark.parametrize(
    "activity",
    [
        "credit.reblock",
        "erp.cancel_order",
        "wms.reserve",
        "causes.join",
        "crm.ask_customer",
        "edi.fix_mapping",
        "reconciliation.open_lost",
    ],
)
def test_undo_consent_mended_causes_and_reconciliation_are_there(activity: str) -> None:
    assert [one for one in now() if activity in one.expected["activities"]]


def test_the_corpus_stays_small() -> None:
    assert sum(len(one.history.to_json()) for one in RECORDED) < 40 * MOST_BYTES
