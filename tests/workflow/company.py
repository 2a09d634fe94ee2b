"""A fake enterprise with its own ledger, for many orders at once: that is what is checked, not what a case thinks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from temporalio import activity
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from domain.assessment import Assessment
from domain.calls import (
    AssessRequest,
    Authorisation,
    AuthoriseRequest,
    CustomerNotice,
    DeadlineRequest,
    FactCall,
    Notice,
    OpenException,
    OutagePolicy,
    Recheck,
    RecheckRequest,
    ReleaseResolution,
    Resumed,
    ResumeRequest,
    Screened,
    ScreenRequest,
    Sent,
    ServiceTerms,
    StepCall,
    StepResult,
    Triage,
    TriageRequest,
    UndoCall,
)
from domain.exception_types import EXECUTION_ORDER, ExceptionType
from domain.facts.fact import Fact, FactRequest
from domain.order import Hold, HoldClass, Order, OrderLine, OrderStatus
from domain.recheck import compare
from domain.tasks import Deadlines, Escalation, ExpiryDefault, Refusal, TaskKind
from tests.orders import LONG_AGO, hold, order
from tests.workflow.rules import PEOPLE, SILENCE, judge

REJECTION = "CANCEL"
DELIBERATE = ("TRANSIENT", "UNKNOWN_OUTCOME", "LOST_ANSWER", "CONFLICT", "VALIDATION")
"""The ways in which a call can fail; LOST_ANSWER has its effect all the same."""


@dataclass
class Effect:
    """Something that a step wrote, under its reference."""

    activity: str
    step_id: str
    arguments: dict[str, Any]
    version: int | None = None
    """Which version of the order the write made."""
    undone: bool = False

    @property
    def hold_id(self) -> str:
        """For whose plan it was."""
        return str(self.arguments["hold"])


@dataclass(frozen=True)
class Ended:
    """A release or cancellation as the ERP booked it: the truth of that moment beside what was said about it."""

    resolutions: tuple[ReleaseResolution, ...]
    held: tuple[str, ...]
    status: OrderStatus
    judged: dict[str, Assessment]
    standing: tuple[Effect, ...]


@dataclass
class Book:
    """One order in all systems. Fields up to `effects` are the truth, the rest is the ledger."""

    order_id: str
    base: int = 500
    version: int = 2
    status: OrderStatus = OrderStatus.ON_HOLD
    holds: dict[str, tuple[ExceptionType, bool]] = field(default_factory=dict)
    """Type, and whether it is HARD."""
    paid: bool = False
    answered: bool = False
    """Whether the customer has."""
    stock: bool = True
    follow_until: str = "RELEASED"
    effects: dict[str, Effect] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    """Releases and cancellations by reference."""
    released: list[Ended] = field(default_factory=list)
    cancelled: list[Ended] = field(default_factory=list)
    told: dict[str, CustomerNotice] = field(default_factory=dict)
    failing: dict[str, list[str]] = field(default_factory=dict)
    """How the next calls of a kind (`read`, `write`, `undo`) fail."""
    calls: list[str] = field(default_factory=list)
    in_flight: int = 0
    pause: Callable[[], Awaitable[None]] | None = None
    echo: Callable[[int], Awaitable[None]] | None = None
    """What happens when a write of ours has changed the order: an ERP may tell us of it."""

    @property
    def standing(self) -> tuple[Effect, ...]:
        """What was written and not reversed."""
        return tuple(effect for effect in self.effects.values() if not effect.undone)

    def order(self) -> Order:
        """The order as the ERP would show it now."""
        goods, tax = Decimal(self.base), Decimal(0)
        for effect in self.standing:
            goods -= Decimal(str(effect.arguments.get("off", 0)))
            tax += Decimal(str(effect.arguments.get("tax", 0)))
        line = OrderLine(
            line_id="1",
            item="BOLT",
            quantity=Decimal(1),
            unit_price=goods,
            unit_cost=Decimal(self.base),
            tax_in_erp=tax,
            need_by=LONG_AGO.date(),
        )
        shown = order(*map(self._hold, self.holds), version=self.version, status=self.status)
        return shown.model_copy(update={"order_id": self.order_id, "lines": (line,)})

    def _hold(self, hold_id: str) -> Hold:
        return hold(hold_id, HoldClass.HARD if self.holds[hold_id][1] else HoldClass.SYSTEM)

    def look(self) -> dict[str, Any]:
        """What a fact says."""
        return {"paid": self.paid, "answered": self.answered, "stock": self.stock}

    def judged(self) -> dict[str, Assessment]:
        """What the rules say of every hold, on the truth of this moment."""
        the_order = self.order()
        return {
            held: judge(kind, the_order, self._hold(held), self.look(), waited_for=("link", "customer"), adjustments={})
            for held, (kind, _) in self.holds.items()
        }


class Company:
    """The activities, for all orders."""

    def __init__(self) -> None:
        self.books: dict[str, Book] = {}

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        """Local ones by name, everything else by the one that takes any name."""
        rules = (self.assess, self.recheck, self.schedule, self.resume, self.outage_policy)
        return [*rules, self.authorise, self.screen, self.call]

    @activity.defn(dynamic=True)
    async def call(self, args: Sequence[RawValue]) -> Any:
        """Any call of a system: examined, read, written, undone or told."""
        name = activity.info().activity_type
        convert = activity.payload_converter().from_payload
        kinds: dict[str, tuple[type[Any], Callable[[Book, str, Any], Any]]] = {
            "triage.examine_order": (TriageRequest, self._examine),
            "facts.look": (FactCall, self._fact),
            "notification.notify_role": (
                Notice,
                lambda _, __, notice: Sent(message_id=notice.message_id, status="SENT"),
            ),
            "notification.tell_customer": (CustomerNotice, self._tell),
            "erp.release_order": (StepCall, self._release),
            "erp.cancel_order": (StepCall, self._cancel),
        }
        undoing = (UndoCall, self._undo) if name.split(".")[1].startswith("undo_") else (StepCall, self._write)
        kind, do = kinds.get(name, undoing)
        argument = convert(args[0].payload, kind)
        book = self.books[argument.case.order_id]
        book.calls.append(name)
        book.in_flight += 1
        try:
            await _paused(book)
            answer = await _failing(book, name, lambda: do(book, name, argument))
            if isinstance(answer, StepResult) and answer.order_version is not None and book.echo is not None:
                await book.echo(answer.order_version)
            await _paused(book)
            return answer
        finally:
            book.in_flight -= 1

    def _examine(self, book: Book, _: str, request: TriageRequest) -> Triage:
        the_order = book.order()
        found = sorted(the_order.holds, key=lambda held: EXECUTION_ORDER.index(book.holds[held.hold_id][0]))
        return Triage(
            order=the_order,
            exceptions=tuple(
                OpenException(
                    hold=held,
                    exception_type=book.holds[held.hold_id][0],
                    owning_team="somebody",
                    fact_requests=(FactRequest(name="look", system="facts", operation="look"),),
                )
                for held in found
            ),
            terms=ServiceTerms(
                due_at=request.opened_at + timedelta(hours=4),
                recheck_after=timedelta(minutes=30),
                follow_until=book.follow_until,
                follow_for=timedelta(days=2),
                policy_version="test",
            ),
        )

    def _fact(self, book: Book, _: str, call: FactCall) -> Fact:
        now = activity.info().current_attempt_scheduled_time
        return Fact(
            name=call.request.name, system="facts", operation="look", version="1", read_at=now, value=book.look()
        )

    def _tell(self, book: Book, _: str, notice: CustomerNotice) -> Sent:
        status = "ALREADY_SENT" if notice.message_id in book.told else "SENT"
        book.told.setdefault(notice.message_id, notice)
        return Sent(message_id=notice.message_id, status=status)

    def _write(self, book: Book, name: str, call: StepCall) -> StepResult:
        """One effect a key, for good: what was cancelled is not done again under the same key."""
        in_erp = name.startswith("erp.")
        if call.idempotency_key not in book.effects:
            if in_erp:
                _refuse_other_version(book, call)
            if name == "wms.reserve" and not book.stock:
                raise ApplicationError("the stock is gone", type="CONFLICT", non_retryable=True)
            book.version += in_erp
            made = book.version if in_erp else None
            book.effects[call.idempotency_key] = Effect(name, call.step_id, dict(call.arguments), made)
        version = book.effects[call.idempotency_key].version
        return StepResult(reference=call.idempotency_key, resource_id=call.step_id, order_version=version)

    def _undo(self, book: Book, name: str, call: UndoCall) -> StepResult:
        effect = book.effects.get(call.reference)
        if effect is None or effect.undone:
            return StepResult(reference=call.reference, resource_id="nothing")
        effect.undone = True
        book.version += name.startswith("erp.")
        version = book.version if name.startswith("erp.") else None
        return StepResult(reference=call.reference, resource_id=call.step_id, order_version=version)

    def _release(self, book: Book, _: str, call: StepCall) -> StepResult:
        """The ERP checks the version, as every ERP must, and nothing else: what is wrong is found in the ledger."""
        if call.idempotency_key not in book.ended:
            _refuse_other_version(book, call)
            book.released.append(_booked(book, call))
            self._end(book, call, OrderStatus.RELEASED)
        return StepResult(reference=call.idempotency_key, resource_id="release", order_version=book.version)

    def _cancel(self, book: Book, _: str, call: StepCall) -> StepResult:
        if call.idempotency_key not in book.ended:
            _refuse_other_version(book, call)
            book.cancelled.append(_booked(book, call))
            self._end(book, call, OrderStatus.REJECTED)
        return StepResult(reference=call.idempotency_key, resource_id="cancel", order_version=book.version)

    def _end(self, book: Book, call: StepCall, status: OrderStatus) -> None:
        book.ended[call.idempotency_key] = status
        book.status, book.version = status, book.version + 1
        book.holds.clear()

    @activity.defn(name="assessment.assess")
    async def assess(self, request: AssessRequest) -> Assessment:
        self.books[request.case.order_id].calls.append("assess")
        return _judge(request)

    @activity.defn(name="assessment.recheck")
    async def recheck(self, request: RecheckRequest) -> Recheck:
        """By the comparison that is used in earnest."""
        now = _judge(request.assess)
        worse = (str(change) for change in compare(request.approved, request.approved.amount, now) if change.worse)
        return Recheck(assessment=now, changes=tuple(worse))

    @activity.defn(name="deadlines.schedule")
    async def schedule(self, request: DeadlineRequest) -> Deadlines:
        opened, resolution = request.opened_at, request.kind is TaskKind.RESOLUTION
        silence = SILENCE if resolution and request.level == 0 else ExpiryDefault(ask_role=request.role)
        return Deadlines(
            acknowledge_by=opened + timedelta(minutes=15),
            reminders=(opened + timedelta(hours=2),),
            escalations=(Escalation(at=opened + timedelta(hours=3), role="controller"),) if resolution else (),
            expires_at=opened + timedelta(hours=4),
            at_expiry=silence,
            at_rejection=REJECTION,
            calendar_digest="test",
        )

    @activity.defn(name="deadlines.resume")
    async def resume(self, request: ResumeRequest) -> Resumed:
        waited = [pause.ended_at - pause.started_at for pause in request.pauses if pause.ended_at]
        return Resumed(due_at=request.due_at + sum(waited, timedelta(0)))

    @activity.defn(name="deadlines.outage_policy")
    async def outage_policy(self, system: str) -> OutagePolicy:
        return OutagePolicy(system=system, ask_after=timedelta(minutes=10), role="integration_oncall")

    @activity.defn(name="authorisation.authorise")
    async def authorise(self, request: AuthoriseRequest) -> Authorisation:
        actor = request.request.actor
        if request.role not in PEOPLE.get(actor, ()):
            raise ApplicationError(f"needs {request.role}", type=Refusal.FORBIDDEN, non_retryable=True)
        return Authorisation(subject=actor, role=request.role, policy_version="test")

    @activity.defn(name="authorisation.screen")
    async def screen(self, request: ScreenRequest) -> Screened:
        return Screened(refusals=(None,) * len(request.requests))


def _booked(book: Book, call: StepCall) -> Ended:
    resolutions = call.arguments["resolutions"]
    assert isinstance(resolutions, list)
    return Ended(
        resolutions=tuple(ReleaseResolution.model_validate(entry) for entry in resolutions),
        held=tuple(book.holds),
        status=book.status,
        judged=book.judged(),
        standing=book.standing,
    )


def _judge(request: AssessRequest) -> Assessment:
    look = request.facts.items[0].value
    assert isinstance(look, dict)
    return judge(
        request.exception_type,
        request.order,
        request.hold,
        look,
        waited_for=request.waited_for,
        adjustments=request.adjustments,
    )


def _refuse_other_version(book: Book, call: StepCall) -> None:
    if call.order_version != book.version:
        raise ApplicationError("the order is not at that version", type="CONFLICT", non_retryable=True)


async def _paused(book: Book) -> None:
    if book.pause is not None:
        await book.pause()


async def _failing(book: Book, name: str, do: Callable[[], Any]) -> Any:
    """The call, or the failure that is due. What is only refused has no effect."""
    system, operation = name.split(".")
    kind = "undo" if operation.startswith("undo_") else "read" if system in ("triage", "facts") else "write"
    due = book.failing.get(kind, [])
    failure = due.pop(0) if due else None
    if failure in (None, "LOST_ANSWER"):
        answer = do()
        if failure is None:
            return answer
    final = failure in ("CONFLICT", "VALIDATION")
    error = "UNKNOWN_OUTCOME" if failure == "LOST_ANSWER" else str(failure)
    raise ApplicationError(f"{name} fails", type=error, non_retryable=final)
