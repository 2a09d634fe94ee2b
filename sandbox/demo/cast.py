"""The people of the demo: they watch the inbox and answer, each order as its part in the play has it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.policy.policy_set import PolicySet
from sandbox.day.plan import Conduct, PlannedOrder
from sandbox.demo.cli import Approver, Said
from sandbox.demo.inbox import Inbox, Row
from sandbox.demo.progress import Progress

Task = dict[str, Any]

_AT_ONCE = 3
_AGAIN_AFTER = 2.0
"""Seconds until a question is looked at again that could not be answered, or that is still there after an answer."""
_NOT_THEIRS = {"FORBIDDEN", "SEGREGATION", "LIMIT", "UNAUTHENTICATED"}
"""Refusals after which somebody else is asked."""
_LOOK_FIRST = {"SEVERAL_TASKS", "INVALID"}
"""Refusals that say: look at the case before you answer."""
_OVERTAKEN = {"CONFLICT", "STALE", "EXPIRED", "NOT_FOUND"}
"""Refusals that say that the question is no longer what it was."""
_SENIORS = ("president", "cfo", "controller", "operations_manager")
"""Who is asked when those who are awaited may not: the one with the highest limit first, to lose no time."""


class Cast:
    """Everybody who can be asked."""

    def __init__(
        self,
        inbox: Inbox,
        approver: Approver,
        policies: PolicySet,
        plans: Mapping[str, PlannedOrder],
        progress: Progress,
    ) -> None:
        self._inbox = inbox
        self._approver = approver
        self._policies = policies
        self._plans = plans
        self._progress = progress
        self._first: dict[str, tuple[str, ...]] = {}
        self._not_before: dict[str, float] = {}
        self._busy: set[str] = set()
        self._done_once: set[str] = set()
        self._recorded: set[tuple[str, str]] = set()
        self.answers: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()

    async def work(self) -> None:
        """Answer until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._inbox.follow())
            for _ in range(_AT_ONCE):
                group.create_task(self._answer_one_after_the_other())

    async def _answer_one_after_the_other(self) -> None:
        while True:
            row = self._next()
            if row is None:
                await self._news()
                continue
            order_id = row["order_id"]
            self._busy.add(order_id)
            try:
                await self._answer(row)
            finally:
                self._busy.discard(order_id)
                self._not_before[order_id] = asyncio.get_running_loop().time() + _AGAIN_AFTER

    async def _news(self) -> None:
        self._inbox.changed.clear()
        try:
            await asyncio.wait_for(self._inbox.changed.wait(), 0.5)
        except TimeoutError:
            return

    def _next(self) -> Row | None:
        """The question of the earliest deadline that somebody wants to answer; what can hardly be answered before its
        deadline comes last, or on a slow machine every answer would be too late.
        """
        now = asyncio.get_running_loop().time()
        too_late = (datetime.now(UTC) + timedelta(seconds=self._approver.takes)).isoformat()
        wanted = [
            row
            for order_id, row in self._inbox.rows.items()
            if order_id not in self._busy and self._not_before.get(order_id, 0) <= now and self._is_wanted(row)
        ]
        return min(wanted, key=lambda row: (str(row["due_at"]) < too_late, str(row["due_at"])), default=None)

    def _conduct(self, order_id: str) -> Conduct:
        plan = self._plans.get(order_id)
        return plan.conduct if plan else Conduct.PROMPT

    def _is_wanted(self, row: Row) -> bool:
        """Whether anybody answers this now, or people are silent as planned."""
        order_id, roles = row["order_id"], tuple(row["awaiting_roles"])
        due, *first_roles = self._first.setdefault(order_id, (str(row["due_at"]), *roles))
        conduct = self._conduct(order_id)
        if conduct is Conduct.SILENT:
            return str(row["due_at"]) != due
        if conduct is Conduct.LATE:
            return str(row["due_at"]) != due or list(roles) != first_roles
        return True

    async def _answer(self, row: Row) -> None:
        order_id, people = row["order_id"], self._candidates(row["awaiting_roles"])
        first_time = order_id not in self._done_once
        self._done_once.add(order_id)
        match self._conduct(order_id) if first_time else Conduct.PROMPT:
            case Conduct.REJECT:
                await self._by_somebody(people, "reject", order_id, "--reason", "NOT_ACCEPTABLE")
            case Conduct.CLAIM:
                await self._claim_and_approve(order_id, people)
            case Conduct.ADJUST:
                await self._adjust(order_id, people)
            case _ if len(row["awaiting_roles"]) > 1:
                await self._answer_each(order_id)
            case _:
                said = await self._by_somebody(people, "approve", order_id)
                if said.refusal in _LOOK_FIRST:
                    await self._answer_each(order_id)

    async def _claim_and_approve(self, order_id: str, people: Sequence[str]) -> None:
        claimed = await self._by_somebody(people, "claim", order_id)
        if claimed.refusal in _LOOK_FIRST:
            await self._answer_each(order_id)
        if claimed.done:
            who = claimed.document["receipts"][0]["actor"]
            await self._as(who, "comment", order_id, "Looked at it together with the customer.")
            await self._as(who, "approve", order_id)

    async def _adjust(self, order_id: str, people: Sequence[str]) -> None:
        """Change what can be changed about the recommended option; the approval is another look."""
        shown = await self._approver.run("show", order_id)
        for task in _open_tasks(shown):
            change = _change(task, shown.document)
            if change:
                await self._by_somebody(people, "adjust", order_id, *_adjustment(task, change))

    async def _answer_each(self, order_id: str) -> None:
        """Every open question of an order on its own, after a look at it."""
        shown = await self._approver.run("show", order_id)
        for task in _open_tasks(shown):
            option = task["recommended"] or task["choices"][0]
            which = (order_id, "--task", task["task_id"], "--revision", str(task["revision"]), "--option", option)
            await self._by_somebody(self._candidates([task["role"]]), "approve", *which)

    async def _by_somebody(self, people: Iterable[str], command: str, *arguments: str) -> Said:
        """The answer of the first person who may give it."""
        said = Said(0, {})
        for who in people:
            said = await self._as(who, command, *arguments)
            if self._said_before(said):  # one of several whose yes it takes: somebody else's is wanted
                continue
            if said.done or said.refusal not in _NOT_THEIRS:
                return said
        return said

    def _said_before(self, said: Said) -> bool:
        """Whether a case answers with what it recorded earlier: the same answer again is no other one."""
        if not said.done:
            return False
        receipt = said.document["receipts"][-1]
        known = (receipt["task_id"], receipt["audit_head"])
        before = known in self._recorded
        self._recorded.add(known)
        return before

    async def _as(self, who: str, command: str, *arguments: str) -> Said:
        said = await self._approver.run(command, *arguments, "--as", who)
        if said.done:
            self.answers[command] += 1
            receipt = said.document["receipts"][-1]
            self._progress.note(f"{arguments[0]}: {who}: {command}: {receipt['message']}", "green")
        else:
            self.refusals[said.refusal] += 1
            expected = said.refusal in _NOT_THEIRS | _LOOK_FIRST | _OVERTAKEN
            message = "" if expected else said.document.get("refusal", {}).get("message", "")
            style = "yellow" if expected else "red"
            self._progress.note(f"{arguments[0]}: {who}: {command}: refused: {said.refusal} {message}", style)
        return said

    def _candidates(self, roles: Iterable[str]) -> list[str]:
        """Who might answer: those who hold an awaited role, then their seniors."""
        people = [person.subject for role in (*roles, *_SENIORS) for person in self._policies.people_in(role)]
        return list(dict.fromkeys(people))


def _open_tasks(shown: Said) -> list[Task]:
    return [task for task in shown.document.get("tasks", []) if task["is_open"]] if shown.done else []


def _adjustment(task: Task, change: str) -> tuple[str, ...]:
    return ("--option", task["recommended"], "--set", change, "--reason", "LOWER_RISK")


def _change(task: Task, case: dict[str, Any]) -> str | None:
    """A new value for something about the recommended option that may be changed: the least that is allowed."""
    options = [option for hold in case["holds"] if hold["hold_id"] == task["hold_id"] for option in hold["options"]]
    for option in options:
        for parameter in option["parameters"] if option["code"] == task["recommended"] else ():
            if parameter["minimum"] and parameter["minimum"] != parameter["value"]:
                return f"{parameter['name']}={parameter['minimum']}"
    return None
