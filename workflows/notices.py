"""Messages to approvers: sent beside the case's work, so that a silent mail server holds up nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

from domain.base import digest
from domain.calls import Notice, NoticeKind, Sent
from domain.case import Case
from domain.tasks import Task
from workflows.journal import record

_PATIENCE = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5))
_WORTH_TELLING = timedelta(days=2)
_SENT_WITHIN = timedelta(seconds=20)
"""After this a sending counts as lost with its worker, and is tried again."""
_A_MOMENT = timedelta(seconds=10)


class Notices:
    """The outgoing messages of one case. What is on its way is part of the state, and is sent again after a restart
    under the same message id.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._sending: dict[asyncio.Task[None], None] = {}

    def resume(self) -> None:
        """Send what an earlier run of the case left unsent."""
        for notice in self._case.pending_notices.values():
            self._send(notice)

    def post(self, task: Task, kind: NoticeKind, headline: str, people: tuple[str, ...] = ()) -> None:
        """Tell the task's role, or these people. Returns at once."""
        sent = (task.reminders_sent, task.escalation_level, task.turns, len(task.enquiries))
        occasion = (task.task_id, task.revision, str(kind), *sent)
        notice = Notice(
            case=self._case.ref,
            message_id="hf-"
            + digest(self._case.ref.workflow_id, workflow.info().first_execution_run_id, occasion)[:40],
            kind=kind,
            role=task.role,
            task=task.model_copy(deep=True),
            headline=headline,
            people=people,
        )
        self._case.pending_notices[notice.message_id] = notice
        self._send(notice)

    def _send(self, notice: Notice) -> None:
        sending = asyncio.create_task(self._deliver(notice))
        self._sending[sending] = None
        sending.add_done_callback(self._sending.pop)

    async def _deliver(self, notice: Notice) -> None:
        try:
            sent = await workflow.execute_activity(
                "notification.notify_role",
                notice,
                result_type=Sent,
                start_to_close_timeout=_SENT_WITHIN,
                schedule_to_close_timeout=_WORTH_TELLING,
                retry_policy=_PATIENCE,
                summary=f"Tell {notice.role}: {notice.kind} {notice.task.task_id}",
            )
            if sent.status == "UNCERTAIN":
                record(self._case, "system:notifier", "notice uncertain", f"{notice.kind} to {notice.role}")
        except ActivityError as error:
            if is_cancelled_exception(error):  # stays pending: the next run of the case sends it
                return
            record(self._case, "system:notifier", "notice not sent", f"{notice.kind} to {notice.role}")
        self._case.pending_notices.pop(notice.message_id, None)

    @property
    def all_sent(self) -> bool:
        """Whether nothing is on its way any more."""
        return not self._sending

    async def hand_over(self) -> None:
        """Let what is on its way arrive, within a moment; leave the rest to the next run of the case, which sends it
        again under the same message id. Cancelled in the order of sending, which a replay repeats.
        """
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self.all_sent, timeout=_A_MOMENT, timeout_summary="messages on the way"
            )
        for sending in self._sending:
            sending.cancel()
