"""Causes that hold many orders: which workflow takes care of one, and on what terms."""

from __future__ import annotations

from collections.abc import Callable

from temporalio import activity
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError

from domain.calls import CaseRef
from domain.cause import CauseStart, CauseTerms, CauseTermsRequest, Joined, Joining
from domain.exception_types import IntegrationErrorKind
from domain.identifiers import CAUSE_TYPE, cause_id, cause_workflow_id
from domain.policy.causes import cause_terms
from domain.policy.policy_set import PolicySet
from domain.policy.schedules import PolicyGap
from domain.policy.table import InputError


class CauseActivities:
    """Every public method is the activity of its name."""

    def __init__(self, policies: Callable[[], PolicySet]) -> None:
        self._policies = policies

    @activity.defn(name="causes.join")
    async def join(self, joining: Joining) -> Joined:
        """Tell the cause's workflow of one more order; the first one starts it. Joining twice counts once."""
        concern = joining.concern
        name = cause_id(joining.cause.key, concern.amount.currency)
        ref = CaseRef(
            tenant=concern.case.tenant, order_id=name, workflow_id=cause_workflow_id(concern.case.tenant, name)
        )
        terms = self._terms(
            CauseTermsRequest(
                tenant=ref.tenant,
                system=joining.cause.system,
                exception_type=joining.exception_type,
                role=joining.role,
                amount=concern.amount,
            )
        )
        await activity.client().start_workflow(
            CAUSE_TYPE,
            CauseStart(ref=ref),
            id=ref.workflow_id,
            task_queue=activity.info().task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="concern_joined",
            start_signal_args=[joining],
            static_summary=f"Root cause {name}",
        )
        return Joined(workflow_id=ref.workflow_id, alone_after=terms.alone_after)

    @activity.defn(name="causes.terms")
    async def terms(self, request: CauseTermsRequest) -> CauseTerms:
        """Policy's word on a cause."""
        return self._terms(request)

    def _terms(self, request: CauseTermsRequest) -> CauseTerms:
        try:
            return cause_terms(request, self._policies())
        except (PolicyGap, InputError) as error:
            message = f"cause in {request.system}: {error}"
            raise ApplicationError(message, type=IntegrationErrorKind.VALIDATION.value, non_retryable=True) from error
