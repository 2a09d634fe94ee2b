"""A case reduced to what the metrics look at, in a module of its own as the sandbox wants it."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.calls import Triage
from domain.case import CaseStart, ClosingSummary
from domain.tasks import Receipt, Refusal


@workflow.defn(name="OrderException")
class MeteredCase:
    """Looks at its order twice, hears answers, and closes with the summary it is given."""

    def __init__(self) -> None:
        self._summary: ClosingSummary | None = None

    @workflow.run
    async def run(self, start: CaseStart) -> ClosingSummary:  # noqa: ARG002 - the interceptor reads it
        for _ in range(2):
            await workflow.execute_activity(
                "triage.examine_order", result_type=Triage, start_to_close_timeout=timedelta(seconds=5)
            )
        await workflow.wait_condition(lambda: self._summary is not None)
        assert self._summary is not None
        return self._summary

    @workflow.update
    async def decide(self, receipt: Receipt | None) -> Receipt:
        """The receipt itself, or a refusal if there is none."""
        if receipt is None:
            raise ApplicationError("too much", type=Refusal.LIMIT)
        return receipt

    @workflow.signal
    def close(self, summary: ClosingSummary) -> None:
        """End with `summary`."""
        self._summary = summary
