"""From an assessment to a question or a decision of policy; from a way out to the fact that replaces an answer."""

from __future__ import annotations

import json

from temporalio import workflow

from domain.approvals.content import ENTER_BY_HAND
from domain.assessment import Assessment, Disposition, Option
from domain.base import digest
from domain.case import ExceptionCase
from domain.facts.fact import Fact, FactRequest
from domain.money import Money
from domain.order import HoldClass
from domain.tasks import ApprovalOutcome, Decision, TaskKind
from workflows.calls import WayOut
from workflows.questions import Question

__all__ = ["ENTER_BY_HAND", "FALL_BACK", "POLICY"]

POLICY = "system:policy"
FALL_BACK = "FALL_BACK"


def text_of(assessment: Assessment) -> str:
    """What a question about it says."""
    return assessment.ask.question if assessment.ask else assessment.reason


def amount_of(assessment: Assessment) -> Money:
    """What is at stake in a question about it."""
    return assessment.ask.amount if assessment.ask else assessment.recommended_option.amount


def question_about(exception: ExceptionCase, assessment: Assessment, role: str) -> Question:
    """The question for that role, or for the first of the chain. Silence never releases a HARD hold."""
    levels = assessment.recommended_option.levels
    hard = exception.subject.hold.hold_class is HoldClass.HARD
    return Question(
        kind=TaskKind.RESOLUTION,
        text=text_of(assessment),
        role=levels[0].role if levels else role,
        levels=levels,
        amount=amount_of(assessment),
        choices=tuple(option.code for option in assessment.options),
        recommended=assessment.recommended,
        by_silence=frozenset(
            option.code for option in assessment.options if not (hard and option.disposition is Disposition.RELEASE)
        ),
        hold_id=exception.hold_id,
        exception_type=exception.exception_type,
        segment=assessment.segment,
        policy_version=assessment.policy_version,
    )


def decided_by_policy(exception: ExceptionCase, assessment: Assessment, option: Option) -> Decision:
    """The decision of policy itself."""
    return Decision(
        task_id=None,
        outcome=ApprovalOutcome.AUTO_APPROVED,
        option=option.code,
        decided_by=POLICY,
        amount=option.amount,
        decided_at=workflow.now(),
        digest=digest(exception.hold_id, assessment.digest, option.code, POLICY),
        policy_version=assessment.policy_version,
    )


def in_place_of(request: FactRequest, way_out: WayOut) -> Fact:
    """The fact that a person put in the place of the system's answer, or its absence."""
    by_hand = way_out.decision.option == ENTER_BY_HAND
    return Fact(
        name=request.name,
        system=request.system,
        operation=request.operation,
        version="by hand" if by_hand else "unreachable",
        read_at=workflow.now(),
        value=json.loads(way_out.values["value"]) if by_hand else None,
        entered_by=way_out.decision.decided_by if by_hand else None,
    )
