"""Looking at an ERP that tells nothing by itself: one run a poll, started by a Temporal Schedule."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from domain.identifiers import WATCH_TYPE
from domain.watching import WatchCursor

_LOOK_WITHIN = timedelta(minutes=5)
_SIGN_OF_LIFE = timedelta(seconds=60)


@workflow.defn(name=WATCH_TYPE)
class HoldWatch:
    """The cursor is the result of the last poll that succeeded: Temporal hands it to the next one.

    A poll that failed or was missed changes nothing about it, so the next one tells all that has come since.
    """

    @workflow.run
    async def run(self) -> WatchCursor:
        """One poll."""
        told = workflow.get_last_completion_result(WatchCursor) or WatchCursor()
        now: WatchCursor = await workflow.execute_activity(
            "erp.watch_holds",
            told,
            result_type=WatchCursor,
            start_to_close_timeout=_LOOK_WITHIN,
            heartbeat_timeout=_SIGN_OF_LIFE,
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3),
            summary=f"Look for held orders ({len(told.orders)} known)",
        )
        return now
