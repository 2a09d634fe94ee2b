"""Plays a history of moves to a case: events, decisions, failures and time, in the middle of whatever is going on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from domain.calls import CaseRef
from domain.case import Case, CaseStart, ClosingSummary
from domain.events import EventData, EventType, OrderEvent
from domain.exception_types import ExceptionType
from domain.identifiers import workflow_id
from domain.order import OrderStatus
from domain.tasks import Action, Receipt, Task, TaskKind, TaskRequest
from tests.signatures import signed
from tests.workflow.company import Book
from tests.workflow.rules import PEOPLE
from tests.workflow.server import let_pass
from workflows.order_exception import OrderException

TYPES = (
    ExceptionType.DUPLICATE_PO,
    ExceptionType.ADDRESS_INVALID,
    ExceptionType.PRICE_DISCREPANCY,
    ExceptionType.INVENTORY_SHORTFALL,
    ExceptionType.TAX_DISCREPANCY,
    ExceptionType.CREDIT_HOLD,
)
_ANSWER_WITHIN = 2.0
Kind = Literal[
    "hold",
    "clear",
    "change",
    "cancel",
    "pay",
    "answer",
    "take stock",
    "decide",
    "send late",
    "wait",
    "fail",
    "noise",
    "forget",
]


@dataclass(frozen=True)
class Move:
    """Something that happens. `after` is how many calls may begin or end first; none left, or 0: when all is quiet.

    What the numbers mean depends on the kind; they are taken modulo what there is to choose from.
    """

    kind: Kind
    after: int = 0
    which: int = 0
    how: int = 0
    told: bool = True
    """Whether the case hears of it."""


@dataclass(frozen=True)
class Said:
    """A decision that somebody sent, and what that person was shown."""

    request: TaskRequest
    hold_id: str
    option: str
    amount: Decimal


@dataclass
class Play:
    """One case, the book of its order, and what people said about it."""

    environment: WorkflowEnvironment
    task_queue: str
    book: Book
    others: list[WorkflowHandle[Any, Any]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    kept_back: list[tuple[TaskRequest, bool]] = field(default_factory=list)
    _stop_at: int | None = None
    _ticks: int = 0
    _reached: asyncio.Event = field(default_factory=asyncio.Event)
    _go_on: asyncio.Event = field(default_factory=asyncio.Event)
    _events: int = 0

    @property
    def ref(self) -> CaseRef:
        """The case."""
        return CaseRef(tenant="acme", order_id=self.book.order_id, workflow_id=workflow_id("acme", self.book.order_id))

    @property
    def handle(self) -> WorkflowHandle[OrderException, ClosingSummary]:
        """The case's newest run."""
        return self.environment.client.get_workflow_handle_for(OrderException.run, self.ref.workflow_id)

    async def run(self, *moves: Move) -> None:
        """From the first hold until the case has closed, or nothing helps any more."""
        self.book.pause = self._tick
        await self._tell(EventType.HOLD_PLACED)
        for move in moves:
            await self._until_due(move)
            await self._do(move)
            await self._heard()
            self._let_go_on()
        self.book.failing.clear()
        await self._end()

    async def _tick(self) -> None:
        self._ticks += 1
        if self._stop_at is not None and self._ticks >= self._stop_at:
            self._reached.set()
            await self._go_on.wait()

    async def _until_due(self, move: Move) -> None:
        """Until so many calls have begun or ended, the last of them standing still; or until nothing more happens."""
        if move.after == 0:
            await self._quiet()
            return
        self._reached.clear()
        self._go_on.clear()
        self._stop_at = self._ticks + move.after
        quiet = asyncio.create_task(self._quiet())
        reached = asyncio.create_task(self._reached.wait())
        await asyncio.wait([quiet, reached], return_when=asyncio.FIRST_COMPLETED)
        quiet.cancel()
        reached.cancel()

    def _let_go_on(self) -> None:
        self._stop_at = None
        self._go_on.set()

    async def _quiet(self) -> None:
        """Nothing is under way, and a moment later still nothing is."""
        still = 0
        while still < 3:
            before = (self._ticks, len(self.book.calls))
            await self.state()
            await asyncio.sleep(0.004)
            moved = self.book.in_flight or before != (self._ticks, len(self.book.calls))
            still = 0 if moved else still + 1

    async def _heard(self) -> None:
        """The case knows of the move before what stands still goes on. (This server fails a workflow task that calls
        off an activity which has just ended; a real one does not.)
        """
        for _ in range(2):
            await self.state()
            await asyncio.sleep(0.004)

    async def state(self) -> Case | None:
        """The case as a query shows it; None if it has ended and cannot be shown. (This server never answers a query
        that meets the end of a case; a busy machine may be late with any other.)
        """
        while True:
            try:
                async with asyncio.timeout(_ANSWER_WITHIN):
                    return await self.handle.query(OrderException.case)
            except (RPCError, TimeoutError):
                if await self.closed():
                    return None

    async def _do(self, move: Move) -> None:
        acts: dict[str, Callable[[Move], Awaitable[None]]] = {
            "hold": self._hold,
            "clear": self._clear,
            "change": self._change,
            "cancel": self._cancel,
            "pay": self._pay,
            "answer": self._answer,
            "take stock": self._take_stock,
            "decide": self._decide,
            "send late": self._send_late,
            "wait": self._wait,
            "fail": self._fail,
            "noise": self._noise,
            "forget": self._forget,
        }
        await acts[move.kind](move)

    async def _hold(self, move: Move) -> None:
        if self.book.status.is_dead:
            return
        kind = TYPES[move.which % len(TYPES)]
        if kind in {known for known, _ in self.book.holds.values()}:
            return
        self._events += 1
        hard = move.how % 4 == 0
        self.book.holds[f"H{self._events}-{kind[:3]}{'!' * hard}"] = (kind, hard)
        self.book.status, self.book.version = OrderStatus.ON_HOLD, self.book.version + 1
        await self._tell(EventType.HOLD_PLACED)

    async def _clear(self, move: Move) -> None:
        if not self.book.holds:
            return
        del self.book.holds[sorted(self.book.holds)[move.which % len(self.book.holds)]]
        self.book.version += 1
        if not self.book.holds:
            self.book.status = OrderStatus.RELEASED
        await self._tell(EventType.HOLD_CLEARED, told=move.told)

    async def _change(self, move: Move) -> None:
        self.book.base = (500, 990, 1020, 2000, 2050, 9000)[move.which % 6]
        self.book.version += 1
        await self._tell(EventType.ORDER_CHANGED, told=move.told)

    async def _cancel(self, move: Move) -> None:
        self.book.status, self.book.version = OrderStatus.CANCELLED, self.book.version + 1
        if move.how % 2:
            self.book.holds.clear()
        await self._tell(EventType.ORDER_CANCELLED, told=move.told)

    async def _pay(self, _: Move) -> None:
        self.book.paid = True
        await self._tell(EventType.PAYMENT_RECEIVED, version=0)

    async def _answer(self, _: Move) -> None:
        """The customer does."""
        self.book.answered = True
        await self._tell(EventType.CUSTOMER_ANSWERED, version=0)

    async def _take_stock(self, _: Move) -> None:
        """Somebody else takes it, if nobody keeps it for us."""
        self.book.stock = any(effect.activity == "wms.reserve" for effect in self.book.standing)

    async def _wait(self, move: Move) -> None:
        self._let_go_on()
        await let_pass(self.environment, timedelta(minutes=(2, 20, 130, 250)[move.which % 4]))

    async def _fail(self, move: Move) -> None:
        where = ("write", "write", "undo", "read")[move.which % 4]
        failures = ("TRANSIENT", "UNKNOWN_OUTCOME", "LOST_ANSWER", "VALIDATION", "CONFLICT")
        how = failures[move.how % (len(failures) if where == "write" else 4)]
        if where == "read" and how == "LOST_ANSWER":
            how = "TRANSIENT"
        self.book.failing.setdefault(where, []).extend([how] * (1 + move.which // 4 % 3))

    async def _noise(self, _: Move) -> None:
        await self._tell(EventType.ORDER_CHANGED, version=1)

    async def _forget(self, move: Move) -> None:
        """The worker needs its memory for others; when it takes the case up again, it replays what happened. Calls may
        be under way meanwhile, or one of them stand still.
        """
        if move.how % 2:
            self._let_go_on()
            await self._quiet()
        for other in self.others:
            await other.query("anything")

    async def _decide(self, move: Move) -> None:
        case = await self.state()
        if case is None or not case.open_tasks:
            return
        task = case.open_tasks[move.which % len(case.open_tasks)]
        request = self._request(task, move)
        self._remember(case, task, request)
        if move.how % 8 == 7:
            self.kept_back.append((request, move.told))
            return
        await self._send(request, by_update=move.told)

    def _request(self, task: Task, move: Move) -> TaskRequest:
        """Mostly by somebody who may; sometimes by the wrong person, or about another revision."""
        able = sorted(person for person, roles in PEOPLE.items() if task.role in roles)
        fields: dict[str, Any] = {
            "task_id": task.task_id,
            "task_revision": task.revision + (move.how % 8 == 6),
            "actor": "clerk" if move.how % 8 == 5 else able[0],
            "action": Action.APPROVE,
            "comment": f"{len(self.said)}",
            "reason_code": "BECAUSE",
        }
        if task.kind is not TaskKind.RESOLUTION:
            safe = [choice for choice in task.choices if choice != "DONE_BY_HAND" and "ENTER" not in choice]
            insist = task.question.startswith("Examine")
            return TaskRequest(**fields, option=safe[0 if insist else move.how % len(safe)])
        if move.how % 8 == 4 and "RELEASE_ONCE" in task.choices:
            days = {"days": str(move.which % 3 + 5)}
            return TaskRequest(**fields | {"action": Action.ADJUST}, option="RELEASE_ONCE", adjustments=days)
        if move.how % 8 == 3:
            return TaskRequest(**fields | {"action": Action.REJECT})
        return TaskRequest(**fields, option=task.choices[min(move.how % 8 % 3, len(task.choices) - 1)])

    def _remember(self, case: Case, task: Task, request: TaskRequest) -> None:
        exception = case.exceptions.get(task.hold_id or "")
        if task.kind is not TaskKind.RESOLUTION or exception is None or exception.assessment is None:
            return
        code = task.deadlines.at_rejection if request.action is Action.REJECT else request.option or ""
        option = exception.assessment.option(code)
        if option is not None and request.action is not Action.ADJUST:
            self.said.append(Said(request, exception.hold_id, code, option.amount.amount))

    async def _send_late(self, move: Move) -> None:
        if self.kept_back:
            request, by_update = self.kept_back.pop(move.which % len(self.kept_back))
            await self._send(request, by_update=by_update)

    async def _send(self, request: TaskRequest, *, by_update: bool) -> None:
        request = signed(request)
        try:
            if by_update:
                await self.handle.execute_update("decide", request, result_type=Receipt)
            else:
                await self.handle.signal("decision", request)
        except (WorkflowUpdateFailedError, RPCError):
            return

    async def _tell(self, kind: EventType, *, version: int | None = None, told: bool = True) -> None:
        """As the door does it: a hold opens the case if there is none."""
        if not told:
            return
        self._events += 1
        event = OrderEvent(
            event_id=f"{self.book.order_id}-{self._events}",
            type=kind,
            source="/erp",
            occurred_at=datetime.now(UTC),
            data=EventData(
                tenant="acme",
                order_id=self.book.order_id,
                order_version=self.book.version if version is None else version,
            ),
        )
        if kind is EventType.HOLD_PLACED:  # a hold opens the case if there is none
            await self.environment.client.start_workflow(
                OrderException.run,
                CaseStart(ref=self.ref),
                id=self.ref.workflow_id,
                task_queue=self.task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                start_signal=kind.signal,
                start_signal_args=[event],
            )
            return
        try:
            await self.handle.signal(kind.signal, event)
        except RPCError:
            return

    async def echo(self, version: int) -> None:
        """The ERP reports our own write, before we have its answer."""
        await self._tell(EventType.ORDER_CHANGED, version=version)

    async def closed(self) -> bool:
        """Whether the case has ended."""
        return (await self.handle.describe()).status is not WorkflowExecutionStatus.RUNNING

    async def _end(self) -> None:
        """Everything works again, people answer whatever is asked, customers pay, and time passes."""
        for turn in range(40):
            await self._quiet()
            if await self.closed():
                return
            case = await self.state()
            for task in case.open_tasks if case else []:
                move = Move("decide", how=turn % 2)
                request = self._request(task, move)
                assert case is not None
                self._remember(case, task, request)
                await self._send(request, by_update=True)
            if case is not None and any(exception.waiting for exception in case.exceptions.values()):
                await self._pay(Move("pay"))
                await self._answer(Move("answer"))
            if case is not None and not case.open_tasks:
                await let_pass(self.environment, timedelta(hours=1 + 24 * (turn % 3 == 2)))
        raise AssertionError(f"stuck: {await self.state()}")
