"""The first look at a held order: its holds by type, and the facts that each of them needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.connectors.http import CallContext
from activities.ports import ErpPort
from domain.calls import OpenException, Triage, TriageRequest
from domain.exception_types import EXECUTION_ORDER, OWNING_TEAM, ExceptionType, IntegrationErrorKind
from domain.order import Hold, Order
from domain.playbooks import playbook_for
from domain.policy.policy_set import PolicySet
from domain.policy.schedules import PolicyGap, rework_window, service_terms
from domain.policy.table import InputError
from domain.rework import rework_of


class TriageActivities:
    """Every public method is the activity of its name."""

    def __init__(self, erp: ErpPort, policies: Callable[[], PolicySet]) -> None:
        self._erp = erp
        self._policies = policies

    @activity.defn(name="triage.examine_order")
    async def examine_order(self, request: TriageRequest) -> Triage:
        """The order as the ERP has it now, its open holds in the order of execution, and the terms of service."""
        policy = self._policies()
        order = await self._erp.order(CallContext.of(request.case), request.case.order_id)
        try:
            within = rework_window(order, policy)
            exceptions = [open_exception(order, hold, policy, within) for hold in order.holds]
            terms = service_terms(order, request.opened_at, policy)
        except (PolicyGap, InputError) as error:
            message = f"order {request.case.order_id}: {error}"
            raise ApplicationError(message, type=IntegrationErrorKind.VALIDATION.value, non_retryable=True) from error
        exceptions.sort(key=lambda one: (EXECUTION_ORDER.index(one.exception_type), one.hold.hold_id))
        return Triage(order=order, exceptions=tuple(exceptions), terms=terms)


def open_exception(order: Order, hold: Hold, policy: PolicySet, rework_within: timedelta) -> OpenException:
    """What a hold is to us."""
    exception_type = classified(hold, policy)
    return OpenException(
        hold=hold,
        exception_type=exception_type,
        owning_team=OWNING_TEAM[exception_type],
        fact_requests=playbook_for(exception_type).facts_needed(order, hold),
        rework_of=rework_of(order, hold, rework_within, lambda one: classified(one, policy)),
    )


def classified(hold: Hold, policy: PolicySet) -> ExceptionType:
    """By the table `hold_codes`. A hold that is not in it goes to a person: it is never dropped."""
    row = policy.decide("hold_codes", source_system=hold.source_system, source_code=hold.source_code)
    return ExceptionType.UNCLASSIFIED if row is None else ExceptionType(row.text("exception_type"))
