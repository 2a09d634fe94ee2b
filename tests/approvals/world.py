"""A small enterprise whose authority, chains and clocks are the company's own policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from temporalio import activity

from activities.deadlines import DeadlineActivities
from domain.assessment import Ask, Assessment, Disposition
from domain.calls import AssessRequest, Authorisation, AuthoriseRequest, DeadlineRequest
from domain.policy.chains import with_levels
from domain.policy.policy_set import PolicySet
from domain.tasks import Deadlines
from tests.approvals.policies import approval_policy, authorised
from tests.workflow.world import REJECT, RELEASE, World, assessment, option, usd, write


@dataclass
class PolicyWorld(World):
    """`amount` is at stake; `asked` is whom the playbook would ask."""

    policy: PolicySet = field(default_factory=approval_policy)
    amount: int = 100_000
    asked: str = "credit_manager"

    def __post_init__(self) -> None:
        self.judge = self._judge

    def _judge(self, request: AssessRequest) -> Assessment:
        amount = Decimal(request.adjustments.get(RELEASE, {}).get("amount", self.amount))
        offered = [
            each.model_copy(update={"role": self.asked, "amount": usd(amount)})
            for each in (option(RELEASE, write("a")), option(REJECT, disposition=Disposition.CANCEL_ORDER))
        ]
        ask = Ask(role=self.asked, amount=usd(amount), question=f"Release {amount}?")
        judged = assessment(request, *offered).model_copy(update={"ask": ask})
        return with_levels(judged, self.policy)

    @activity.defn(name="deadlines.schedule")
    async def schedule(self, request: DeadlineRequest) -> Deadlines:
        return await DeadlineActivities(lambda: self.policy).schedule(request)

    @activity.defn(name="authorisation.authorise")
    async def authorise(self, request: AuthoriseRequest) -> Authorisation:
        self.calls.append("authorisation.authorise")
        await self._meanwhile("authorisation.authorise")
        return authorised(request, self.policy)

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        clock = DeadlineActivities(lambda: self.policy)
        return [*super().activities, clock.pause, clock.proceed, clock.extend]
