"""A system that stays silent keeps many orders waiting: one person is asked about it once, for all of them."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.case import Case, Outage
from domain.cause import Joining, Left, Settlement
from domain.silence import joining_silence
from workflows.called_away import until
from workflows.causes import POLICY, join, leave
from workflows.failures import failure_of
from workflows.journal import record
from workflows.leaving import Leaving


class CommonOutages:
    """The outages of one case, as far as others have them, too."""

    def __init__(self, case: Case) -> None:
        self._case = case

    async def answer(self, place: str, outage: Outage, role: str, over: asyncio.Future[Any]) -> Settlement | None:
        """How the question about the system was settled for everybody, or SEPARATELY if this order has to ask for
        itself; None if the system answered first, which is when `over` is done.
        """
        joining = joining_silence(self._case, place, outage, role, workflow.now())
        outage.cause, outage.settled = joining.cause.key, None
        try:
            joined = await join(joining)
        except ActivityError as error:
            record(self._case, POLICY, "on its own", f"{outage.system}: {failure_of(error).message}")
            return Settlement.SEPARATELY
        outage.cause_workflow = joined.workflow_id
        record(self._case, POLICY, "one of several", f"{joining.cause.title}; see {joined.workflow_id}")
        with Leaving(lambda: self._leave(joining, outage)):
            answered = await until(
                lambda: over.done() or outage.settled is not None,
                joined.alone_after,
                f"common answer about {joining.cause.key}",
            )
            if not answered:
                return Settlement.SEPARATELY
            return None if over.done() else Settlement(outage.settled or Settlement.SEPARATELY)

    def _leave(self, joining: Joining, outage: Outage) -> None:
        """Whoever has heard the answer needs not be waited for, and needs not say so."""
        outage.cause = None
        if outage.settled is None:
            left = Left(key=joining.concern.key, reason="the system is no longer waited for here")
            leave(outage.cause_workflow, left)
