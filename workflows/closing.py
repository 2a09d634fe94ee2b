"""The end of a case: the customer's one message, what the case waits for, and what remains of it."""

from __future__ import annotations

from temporalio import workflow

from domain.assessment import CustomerMessage, Option
from domain.audit import anchor_of
from domain.base import digest
from domain.calls import CustomerNotice, Sent
from domain.case import Case, CaseOutcome, CaseState, ClosingSummary, ExceptionCase, ResolvedException
from domain.events import EventType, OrderEvent
from domain.money import Money
from workflows import board
from workflows.calls import Call, Calls
from workflows.journal import record

SKIP = "SKIP"
COVERED = "ORDER_COVERED"


def customer_notice(case: Case) -> CustomerNotice | None:
    """What the customer hears, once a release or cancellation of ours; nothing if others settled the matter."""
    ours = case.outcome in (CaseOutcome.RELEASED, CaseOutcome.ORDER_CANCELLED)
    if not ours or case.order is None:
        return None
    message_id = "hf-" + digest(
        case.ref.workflow_id, workflow.info().first_execution_run_id, str(case.outcome), case.releases
    )
    return CustomerNotice(
        case=case.ref,
        message_id=message_id[:43],
        customer_id=case.order.customer_id,
        po_number=case.order.po_number,
        outcome=_frame(case),
        messages=_paragraphs(case),
    )


def _frame(case: Case) -> str:
    """A customer whose order ends because another one delivers the same must not read that it was cancelled."""
    covered = any(option.covered_by is not None for option in _lately(case))
    return COVERED if covered and case.outcome is CaseOutcome.ORDER_CANCELLED else str(case.outcome)


def _paragraphs(case: Case) -> tuple[CustomerMessage, ...]:
    """One paragraph each thing decided that the customer does not know of, no two of them alike."""
    messages = {digest(message): message for option in _lately(case) for message in option.messages}
    return tuple(messages.values())


def _lately(case: Case) -> list[Option]:
    """The options that were decided on since the customer was told last."""
    return [option for option in map(_option, case.settled[case.told_of :]) if option is not None]


async def tell_customer(case: Case, calls: Calls, notice: CustomerNotice) -> None:
    """Send it, and note that it is told; a person may decide to skip it when the mail server stays silent.

    If the order is held again meanwhile, what the customer knows already is noted all the same.
    """
    told = (case.outcome, len(case.settled))
    answer = await calls.reach(
        Call(
            activity="notification.tell_customer",
            system="notifier",
            argument=notice,
            once_more=notice,
            result=Sent,
            summary=f"Tell the customer: {notice.outcome}",
            ways_out=(SKIP,),
        )
    )
    status = answer.status if isinstance(answer, Sent) else "SKIPPED"
    case.customer_told, case.told_of = told == (case.outcome, len(case.settled)), told[1]
    record(case, "system:notifier", "customer told", f"{notice.outcome}: {status}")


def concerns(case: Case, event: OrderEvent) -> bool:
    """Whether an event has to do with this order: a receipt of an item that it does not want has not."""
    if event.type is not EventType.STOCK_RECEIVED or case.order is None:
        return True
    return event.data.item in {line.item for line in case.order.open_lines}


def reached(case: Case, milestone: str) -> bool:
    """Whether the order got as far as it is followed."""
    if milestone == "SHIPPED":
        return case.shipped_at is not None
    return milestone == "RELEASED" or case.invoiced_at is not None


def close(case: Case) -> ClosingSummary:
    """The last word: published in the memo, so that a list shows it without reading the history."""
    case.closed_at = workflow.now()
    board.show(case, CaseState.CLOSED)
    summary = summarise(case)
    workflow.upsert_memo({"closing": summary, "audit": anchor_of(case)})
    return summary


def summarise(case: Case) -> ClosingSummary:
    """What remains of a case."""
    options = [option for option in map(_option, case.settled) if option is not None]
    return ClosingSummary(
        tenant=case.ref.tenant,
        order_id=case.ref.order_id,
        customer_id=case.order.customer_id if case.order else None,
        outcome=case.outcome or CaseOutcome.NO_LONGER_HELD,
        exceptions=tuple(_resolved(exception) for exception in case.settled),
        touchless=case.touchless,
        opened_at=case.opened_at,
        released_at=case.released_at,
        shipped_at=case.shipped_at,
        invoiced_at=case.invoiced_at,
        closed_at=case.closed_at or workflow.now(),
        reworked=sum(exception.subject.rework_of is not None for exception in case.settled),
        invoice_delay=case.invoiced_at - case.shipped_at if case.invoiced_at and case.shipped_at else None,
        order_value=case.order.value if case.order else None,
        added_cost=sum((o.cost for o in options), Money.zero(case.order.currency)) if case.order else None,
        waited_for_customer=case.waited_for_customer(case.closed_at or workflow.now()).total_seconds(),
        policy_version=next((e.assessment.policy_version for e in case.settled if e.assessment), None),
    )


def _resolved(exception: ExceptionCase) -> ResolvedException:
    decision = exception.decision
    return ResolvedException(
        hold_id=exception.hold_id,
        exception_type=exception.exception_type,
        option=decision.option if decision else None,
        decided_by=decision.decided_by if decision else None,
        role=decision.role if decision else None,
        amount=decision.amount if decision else None,
        opened_at=exception.opened_at,
        resolved_at=exception.resolved_at,
        questions=exception.questions,
        rework=exception.subject.rework_of is not None,
    )


def _option(exception: ExceptionCase) -> Option | None:
    if exception.decision is None or exception.assessment is None:
        return None
    return exception.assessment.option(exception.decision.option)
