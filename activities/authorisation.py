"""Whether somebody may do what they ask, by the server's own keys, people and limits, never by the request's word."""

from __future__ import annotations

from collections.abc import Callable

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.proofs import Proofs
from domain.approvals.refused import Refused
from domain.calls import Authorisation, AuthoriseRequest, Screened, ScreenRequest
from domain.policy.authority import authorise
from domain.policy.policy_set import PolicySet
from domain.tasks import Refusal, TaskRequest


class AuthorisationActivities:
    """Every public method is the activity of its name."""

    def __init__(self, policies: Callable[[], PolicySet], proofs: Proofs) -> None:
        self._policies = policies
        self._proofs = proofs

    @activity.defn(name="authorisation.authorise")
    async def authorise(self, request: AuthoriseRequest) -> Authorisation:
        """Who acts, proven by what, in which role. A refusal is an ApplicationError whose type is the `Refusal`."""
        try:
            evidence = await self._proofs.check(request, _namespace())
            return authorise(request.request.actor, request, self._policies()).model_copy(update={"evidence": evidence})
        except Refused as refused:
            raise ApplicationError(str(refused), type=refused.refusal.value, non_retryable=True) from None

    @activity.defn(name="authorisation.screen")
    async def screen(self, request: ScreenRequest) -> Screened:
        """Which of many signalled requests are proven at all: only those are worth a closer look."""
        refusals = [await self._refusal(each, request) for each in request.requests]
        return Screened(refusals=tuple(refusals))

    async def _refusal(self, signalled: TaskRequest, request: ScreenRequest) -> Refusal | None:
        try:
            await self._proofs.screen(signalled, request.case, request.now, _namespace())
        except Refused as refused:
            return refused.refusal
        return None


def _namespace() -> str:
    return activity.info().namespace
