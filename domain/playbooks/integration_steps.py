"""The writes by which integration failures are mended, on the EDI gateway and in the ERP."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from domain.assessment import Step
from domain.edi.acknowledgement import (
    PENDING_BY_TYPE,
    Acknowledgement,
    Outcome,
    Pending,
    Refused,
    acknowledgement,
    rejection,
)
from domain.exception_types import IntegrationErrorKind
from domain.playbooks.integration_case import IntegrationCase


def revalidate(case: IntegrationCase) -> Step:
    """Always the last of a plan: what it finds comes as news. It leaves nothing behind to undo."""
    return Step(
        step_id="revalidate",
        system="erp",
        operation="revalidate",
        summary=f"Have the ERP validate {case.order.order_id} again",
    )


def fix_mapping(partner: str, part: str, item: str) -> Step:
    """Says what a part is, for all orders of the partner."""
    return Step(
        step_id="fix-mapping",
        system="edi",
        operation="fix_mapping",
        arguments={"partner": partner, "part": part, "item": item},
        undo="restore_mapping",
        summary=f"Map part {part} of {partner} to {item}",
        mends_cause=True,
    )


def confirm_item(line_id: str, item: str, unit: str) -> Step:
    """Puts the item on the line of the order."""
    return Step(
        step_id=f"confirm-{line_id}",
        system="erp",
        operation="confirm_item",
        arguments={"line_id": line_id, "item": item, "unit": unit},
        undo="reverse_amendment",
        summary=f"Put {item} on line {line_id}",
    )


def replay(case: IntegrationCase, items: Mapping[str, str]) -> Step:
    """Has the document translated again."""
    return _edi(case, "replay", "undo_replay", "Replay the partner's document of", items={**items})


def take_over(case: IntegrationCase, items: Mapping[str, str]) -> Step:
    """Takes what waits at the gateway off it."""
    basis = "entered by hand" if items else "settled with the partner by hand"
    return _edi(case, "take_over", "hand_back", "Take over by hand", items={**items}, basis=basis)


def resend(case: IntegrationCase) -> Step:
    """Sends what the partner has not acknowledged again, under its own control numbers."""
    return _edi(case, "resend", "forget_resend", "Send the documents again about")


def reroute(partner: str, route: str) -> Step:
    """Goes to the partner by another route, for all orders."""
    return Step(
        step_id="reroute",
        system="edi",
        operation="reroute",
        arguments={"partner": partner, "route": route},
        undo="route_back",
        summary=f"Go to {partner} by {route}",
        mends_cause=True,
    )


def resume_partner(partner: str) -> Step:
    """Calls the partner again, for all orders."""
    return Step(
        step_id="resume-partner",
        system="edi",
        operation="resume_partner",
        arguments={"partner": partner},
        undo="pause_partner",
        summary=f"Call {partner} again",
        mends_cause=True,
    )


def accept(case: IntegrationCase) -> tuple[Step, ...]:
    """The 855 that takes the order on, and says by line what other holds leave open; at once, because those may take
    days. Without other holds there is none: the order is let go, and answered with what becomes of it.
    """
    failure, pending = case.failure, _open(case)
    if failure is None or not failure.interchange_id or not pending:
        return ()
    answer = acknowledgement(case.order, pending, exceptions_only=failure.exceptions_only)
    return (_answer(case, answer, early=True),)


def reject(case: IntegrationCase) -> tuple[Step, ...]:
    """The 824 with what the application could not do, and the 855 with what that means for the business."""
    if case.failure is None or not case.failure.interchange_id:
        return ()
    reasons = {line.line_id: Refused.ITEM if line.unit_known else Refused.UNIT for line in case.unread}
    kind = case.failure.kind or IntegrationErrorKind.VALIDATION
    advice = _edi(
        case,
        "send_acknowledgement",
        "correct_acknowledgement",
        "Send an 824 about",
        step_id="application-advice",
        document="824",
        error=f"{kind}: {len(reasons)} lines not readable",
    )
    return advice, _answer(case, rejection(case.order, reasons))


def _open(case: IntegrationCase) -> dict[str, Outcome]:
    """What the order's other holds leave open: a hold without lines concerns all of them, a price before a date."""
    found: dict[str, Outcome] = {}
    for hold in case.order.holds:
        if hold.hold_id in case.others:
            pending = PENDING_BY_TYPE.get(case.others[hold.hold_id], Pending.HOLD)
            for line_id in hold.line_ids or tuple(line.line_id for line in case.order.open_lines):
                found.setdefault(line_id, Outcome(pending=pending))
    return found


def _answer(case: IntegrationCase, answer: Acknowledgement, *, early: bool = False) -> Step:
    step = _edi(
        case,
        "send_acknowledgement",
        "correct_acknowledgement",
        f"Answer by 855 {answer.bak02}",
        step_id="purchase-order-answer",
        document="855",
        **answer.model_dump(mode="json"),
    )
    return step.model_copy(update={"early": early})


def _edi(
    case: IntegrationCase, operation: str, undo: str, what: str, *, step_id: str = "", **arguments: JsonValue
) -> Step:
    return Step(
        step_id=step_id or operation.replace("_", "-"),
        system="edi",
        operation=operation,
        arguments={"order_id": case.order.order_id, **arguments},
        undo=undo,
        summary=f"{what} {case.order.order_id}",
    )
