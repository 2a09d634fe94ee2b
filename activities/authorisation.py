"""Whether somebody may do what they ask for, by the server's own people and limits, never by what the request says."""

from __future__ import annotations

from collections.abc import Callable

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.calls import Authorisation, AuthoriseRequest
from domain.policy.authority import Refused, authorise
from domain.policy.policy_set import PolicySet


class AuthorisationActivities:
    """Every public method is the activity of its name."""

    def __init__(self, policies: Callable[[], PolicySet]) -> None:
        self._policies = policies

    @activity.defn(name="authorisation.authorise")
    async def authorise(self, request: AuthoriseRequest) -> Authorisation:
        """Who acts, in which role. A refusal is an ApplicationError whose type is the `Refusal`."""
        try:
            return authorise(request, self._policies())
        except Refused as refused:
            raise ApplicationError(str(refused), type=refused.refusal.value, non_retryable=True) from None
