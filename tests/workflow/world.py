"""A small enterprise inside the test: every activity of the workflow, with effects that a test can look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.assessment import Ask, Assessment, CustomerMessage, Disposition, Option, Plan, Step
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
from domain.exception_types import ExceptionType
from domain.facts.fact import Fact, FactRequest
from domain.money import Money
from domain.order import Order, OrderStatus
from domain.tasks import Deadlines, Escalation, ExpiryDefault, TaskKind
from tests.orders import LONG_AGO, hold, order

RELEASE = "RELEASE_ONCE"
REJECT = "REJECT"
PEOPLE = {
    "clerk": {"assistant_credit_manager"},
    "carla": {"credit_manager"},
    "conrad": {"controller", "credit_manager"},
    "irene": {"integration_oncall"},
}


def usd(amount: int | str | Decimal) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def write(step_id: str, operation: str = "release", undo: str | None = "reblock") -> Step:
    return Step(step_id=step_id, system="credit", operation=operation, undo=undo, summary=f"step {step_id}")


def option(
    code: str,
    *steps: Step,
    amount: int = 1000,
    automatic: bool = False,
    disposition: Disposition = Disposition.RELEASE,
    plan: Plan | None = None,
) -> Option:
    return Option(
        code=code,
        title=code,
        reason=f"because of {code}",
        cost=usd(0),
        amount=usd(amount),
        role="credit_manager",
        automatic=automatic,
        disposition=disposition,
        customer_effect="none",
        plan=plan or Plan(steps=steps),
        messages=(CustomerMessage(template=code.lower()),),
    )


def assessment(request: AssessRequest, *options: Option, person: bool = False, **more: Any) -> Assessment:
    return Assessment(
        exception_type=request.exception_type,
        hold_id=request.hold.hold_id,
        options=options,
        recommended=options[0].code,
        reason=options[0].reason,
        ask=Ask(role="credit_manager", amount=options[0].amount, question="Release?") if person else None,
        amount_at_risk=request.order.value,
        policy_version="test",
        assessed_at=LONG_AGO,
        **more,
    )


@dataclass
class World:
    """What the systems say and what was done to them. Tests set the first fields and read the last."""

    order: Order = field(default_factory=lambda: order(hold()))
    judge: Callable[[AssessRequest], Assessment] = lambda request: assessment(
        request, option(RELEASE, write("a"), automatic=True)
    )
    stands: Callable[[Assessment, Option], tuple[str, ...]] = lambda now, approved: ()  # noqa: ARG005
    failures: dict[str, list[BaseException]] = field(default_factory=lambda: defaultdict(list))
    minutes: dict[str, int] = field(default_factory=dict)
    at_expiry: ExpiryDefault = field(default_factory=lambda: ExpiryDefault(ask_role="controller"))
    reminders: tuple[float, ...] = ()
    escalate_after: int | None = None
    expire_after: int = 240
    follow_until: str = "RELEASED"
    recheck_after: timedelta = timedelta(hours=1)
    fact_requests: tuple[FactRequest, ...] = (FactRequest(name="credit", system="credit", operation="position"),)
    rework_of: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    effects: dict[str, str] = field(default_factory=dict)
    undone: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    told: list[CustomerNotice] = field(default_factory=list)
    refuse_steps: dict[str, BaseException] = field(default_factory=dict)
    lose_answers: int = 0
    during_step: Callable[[], Awaitable[None]] | None = None
    asked_together: bool = False
    """Whether one question about a silent system is put for all orders."""
    during: dict[str, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    """What happens while a call is under way, once."""

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.failures[name]:
            raise self.failures[name].pop(0)

    async def _meanwhile(self, name: str) -> None:
        if name in self.during:
            await self.during.pop(name)()

    @activity.defn(name="triage.examine_order")
    async def examine_order(self, request: TriageRequest) -> Triage:
        self._called("triage.examine_order")
        await self._meanwhile("triage.examine_order")
        return Triage(
            order=self.order,
            exceptions=tuple(
                OpenException(
                    hold=held,
                    exception_type=ExceptionType.CREDIT_HOLD,
                    owning_team="finance",
                    fact_requests=self.fact_requests,
                    rework_of=self.rework_of.get(held.hold_id),
                )
                for held in self.order.holds
            ),
            terms=ServiceTerms(
                due_at=request.opened_at + timedelta(hours=4),
                recheck_after=self.recheck_after,
                follow_until=self.follow_until,
                follow_for=timedelta(days=5),
                policy_version="test",
            ),
        )

    @activity.defn(name="credit.position")
    async def position(self, call: FactCall) -> Fact:
        self._called("credit.position")
        await self._meanwhile("credit.position")
        return Fact(
            name=call.request.name,
            system="credit",
            operation="position",
            version="1",
            read_at=datetime.now(UTC) if not activity.in_activity() else activity.info().scheduled_time,
            value={"limit": "1000"},
        )

    @activity.defn(name="assessment.assess")
    async def assess(self, request: AssessRequest) -> Assessment:
        self._called("assessment.assess")
        await self._meanwhile("assessment.assess")
        return self.judge(request)

    @activity.defn(name="assessment.recheck")
    async def recheck(self, request: RecheckRequest) -> Recheck:
        self._called("assessment.recheck")
        now = self.judge(request.assess)
        return Recheck(assessment=now, changes=self.stands(now, request.approved))

    @activity.defn(name="deadlines.schedule")
    async def schedule(self, request: DeadlineRequest) -> Deadlines:
        self._called("deadlines.schedule")
        opened = request.opened_at
        escalate = self.escalate_after
        return Deadlines(
            acknowledge_by=opened + timedelta(minutes=15),
            reminders=tuple(opened + timedelta(minutes=m) for m in self.reminders),
            escalations=()
            if escalate is None
            else (Escalation(at=opened + timedelta(minutes=escalate), role="controller"),),
            expires_at=opened + timedelta(minutes=self.expire_after),
            at_expiry=self.at_expiry if request.kind is TaskKind.RESOLUTION else ExpiryDefault(ask_role=request.role),
            at_rejection=REJECT,
            calendar_digest="test",
        )

    @activity.defn(name="deadlines.resume")
    async def resume(self, request: ResumeRequest) -> Resumed:
        self._called("deadlines.resume")
        waited = [pause.ended_at - pause.started_at for pause in request.pauses if pause.ended_at]
        return Resumed(due_at=request.due_at + sum(waited, timedelta(0)))

    @activity.defn(name="deadlines.outage_policy")
    async def outage_policy(self, system: str) -> OutagePolicy:
        patience = timedelta(minutes=10)
        return OutagePolicy(system=system, ask_after=patience, role="integration_oncall", together=self.asked_together)

    @activity.defn(name="authorisation.authorise")
    async def authorise(self, request: AuthoriseRequest) -> Authorisation:
        self._called("authorisation.authorise")
        actor = request.request.actor
        if actor in request.requesters:
            raise ApplicationError("entered the order", type="SEGREGATION", non_retryable=True)
        if request.role not in PEOPLE.get(actor, set()):
            raise ApplicationError(f"needs {request.role}", type="FORBIDDEN", non_retryable=True)
        return Authorisation(subject=actor, role=request.role, policy_version="test")

    @activity.defn(name="authorisation.screen")
    async def screen(self, request: ScreenRequest) -> Screened:
        return Screened(refusals=(None,) * len(request.requests))

    @activity.defn(name="notification.notify_role")
    async def notify_role(self, notice: Notice) -> Sent:
        self._called("notification.notify_role")
        await self._meanwhile("notification.notify_role")
        self.notices.append(notice)
        return Sent(message_id=notice.message_id, status="SENT")

    @activity.defn(name="notification.tell_customer")
    async def tell_customer(self, notice: CustomerNotice) -> Sent:
        self._called("notification.tell_customer")
        await self._meanwhile("notification.tell_customer")
        self.told.append(notice)
        return Sent(message_id=notice.message_id, status="SENT")

    async def _write(self, name: str, call: StepCall) -> StepResult:
        """One effect a key, whatever happens on the way to the caller."""
        if self.during_step is not None:
            meanwhile, self.during_step = self.during_step, None
            await meanwhile()
        if call.step_id in self.refuse_steps:
            raise self.refuse_steps.pop(call.step_id)
        if call.may_have_happened and call.idempotency_key in self.effects:
            self.calls.append(f"{name} read back")
        else:
            self._called(name)
            self.effects[call.idempotency_key] = f"{name}:{call.step_id}"
        if self.lose_answers:
            self.lose_answers -= 1
            raise ApplicationError("no answer", type="UNKNOWN_OUTCOME")
        return StepResult(reference=call.idempotency_key, resource_id=call.step_id)

    @activity.defn(name="credit.release")
    async def credit_release(self, call: StepCall) -> StepResult:
        return await self._write("credit.release", call)

    @activity.defn(name="credit.create_payment_link")
    async def create_payment_link(self, call: StepCall) -> StepResult:
        return await self._write("credit.create_payment_link", call)

    def _undo(self, name: str, call: UndoCall) -> StepResult:
        self._called(name)
        if call.reference in self.effects:
            self.undone.append(self.effects[call.reference])
        return StepResult(reference=call.reference, resource_id=call.step_id)

    @activity.defn(name="credit.reblock")
    async def reblock(self, call: UndoCall) -> StepResult:
        return self._undo("credit.reblock", call)

    @activity.defn(name="credit.cancel_payment_link")
    async def cancel_payment_link(self, call: UndoCall) -> StepResult:
        return self._undo("credit.cancel_payment_link", call)

    @activity.defn(name="erp.release_order")
    async def release_order(self, call: StepCall) -> StepResult:
        result = await self._write("erp.release_order", call)
        self.order = order(version=self.order.version + 1, status=OrderStatus.RELEASED)
        return result.model_copy(update={"order_version": self.order.version})

    @activity.defn(name="erp.cancel_order")
    async def cancel_order(self, call: StepCall) -> StepResult:
        result = await self._write("erp.cancel_order", call)
        self.order = order(version=self.order.version + 1, status=OrderStatus.REJECTED)
        return result.model_copy(update={"order_version": self.order.version})

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        return [
            self.examine_order,
            self.position,
            self.assess,
            self.recheck,
            self.schedule,
            self.resume,
            self.outage_policy,
            self.authorise,
            self.screen,
            self.notify_role,
            self.tell_customer,
            self.credit_release,
            self.create_payment_link,
            self.reblock,
            self.cancel_payment_link,
            self.release_order,
            self.cancel_order,
        ]

    @property
    def done(self) -> list[str]:
        """The effects that still stand, without their keys."""
        left = list(self.effects.values())
        for effect in self.undone:
            left.remove(effect)
        return left
