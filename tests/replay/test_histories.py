"""Every committed history comes to the same with today's code: no case that is open anywhere is led astray."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from runtime.worker_process import WORKFLOWS
from tests.replay.corpus import Recorded, corpus, expectation, lacking, this_version
from tests.replay.story import replayed, told

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


def test_every_workflow_type_and_outcome_has_a_history() -> None:
    """What nobody recorded could be changed under its open cases without anybody noticing: run `make histories`."""
    assert lacking(one.expected for one in now()) == []


def test_a_workflow_without_a_history_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unheard:
        """Registered, and never recorded."""

    monkeypatch.setattr("tests.replay.corpus.WORKFLOWS", (*WORKFLOWS, Unheard))
    assert "completed workflow Unheard" in lacking(one.expected for one in now())


def test_the_corpus_stays_small() -> None:
    assert sum(len(one.history.to_json()) for one in RECORDED) < 40 * MOST_BYTES
