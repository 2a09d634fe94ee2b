"""The updates by which people act on tasks: the same for an order's case and for that of a root cause.

Each goes through the gate to the desk, under a name that reads well in a history.
"""

from __future__ import annotations

from temporalio import workflow

from domain.tasks import Receipt, TaskRequest
from workflows.gate import Gate
from workflows.notices import Notices


class TaskUpdates:
    """A workflow whose tasks people act on. Whoever inherits from it sets `_gate` and `_notices`."""

    _gate: Gate
    _notices: Notices

    def _is_quiet(self) -> bool:
        """Whether nothing is on its way to people or from them."""
        return self._notices.all_sent and self._gate.is_idle and workflow.all_handlers_finished()

    @workflow.update
    async def decide(self, request: TaskRequest) -> Receipt:
        """Approve, adjust or reject."""
        return await self._gate.act(request)

    @workflow.update
    async def claim(self, request: TaskRequest) -> Receipt:
        """Take a task for oneself."""
        return await self._gate.act(request)

    @workflow.update
    async def release_claim(self, request: TaskRequest) -> Receipt:
        """Give a task back to its role."""
        return await self._gate.act(request)

    @workflow.update
    async def comment(self, request: TaskRequest) -> Receipt:
        """Leave a remark on a task."""
        return await self._gate.act(request)

    @workflow.update
    async def inform(self, request: TaskRequest) -> Receipt:
        """Ask for information, or answer."""
        return await self._gate.act(request)

    @workflow.update
    async def hand_over(self, request: TaskRequest) -> Receipt:
        """Delegate to a person, forward to a role, or reassign."""
        return await self._gate.act(request)

    @workflow.update
    async def extend(self, request: TaskRequest) -> Receipt:
        """Put the deadline off."""
        return await self._gate.act(request)

    @workflow.update
    async def withdraw(self, request: TaskRequest) -> Receipt:
        """Give the order up, by whoever entered it."""
        return await self._gate.act(request)

    @decide.validator
    def _check_decide(self, request: TaskRequest) -> None:
        self._gate.check(request)

    @claim.validator
    def _check_claim(self, request: TaskRequest) -> None:
        self._gate.check(request)

    @release_claim.validator
    def _check_release_claim(self, request: TaskRequest) -> None:
        self._gate.check(request)

    @comment.validator
    def _check_comment(self, request: TaskRequest) -> None:
        self._gate.check(request)

    @inform.validator
    def _check_inform(self, request: TaskRequest) -> None:
        self._gate.check(request)

    @hand_over.validator
    def _check_hand_over(self, request: TaskRequest) -> None:
        self._gate.check(request)

    @extend.validator
    def _check_extend(self, request: TaskRequest) -> None:
        self._gate.check(request)

    @withdraw.validator
    def _check_withdraw(self, request: TaskRequest) -> None:
        self._gate.check(request)
