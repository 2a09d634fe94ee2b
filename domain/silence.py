"""A system that is silent towards cases at work, as the cause that holds all of them up."""

from __future__ import annotations

from datetime import datetime

from domain.assessment import Cause, Option
from domain.case import Case, Outage
from domain.cause import Concern, Joining
from domain.exception_types import ExceptionType
from domain.money import NO_CURRENCY, Money
from domain.order import ServiceLevel
from domain.tasks import KEEP_WAITING

_NO_MONEY = Money.zero(NO_CURRENCY)
"""To wait commits nothing."""
_WAIT = Option(
    code=KEEP_WAITING,
    title="Keep waiting",
    reason="the calls are tried again by themselves until the system answers",
    cost=_NO_MONEY,
    amount=_NO_MONEY,
    customer_effect="the order goes later",
)


def joining_silence(case: Case, place: str, outage: Outage, role: str, now: datetime) -> Joining:
    """What the question about a silent system has to know of one case that waits for it, at that place in the case.

    Nobody is excluded from the answer, because nothing is decided about the order.
    """
    title = f"{outage.system} has been unreachable since {outage.since:%H:%M:%S}Z ({outage.message})"
    return Joining(
        cause=Cause(key=f"silence/{outage.system}", system=outage.system, title=title, fix=KEEP_WAITING),
        concern=Concern(
            case=case.ref,
            hold_id=place,
            amount=_NO_MONEY,
            order_value=_NO_MONEY,
            requester="",
            service_level=case.order.service_level if case.order else ServiceLevel.STANDARD,
            joined_at=now,
        ),
        exception_type=ExceptionType.INTEGRATION_FAILURE,
        role=role,
        fix=_WAIT,
        question=None,
    )
