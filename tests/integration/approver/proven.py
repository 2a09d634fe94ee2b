"""A case whose gate is the real one: signatures, keys, people and limits, by the company's own policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from activities.authorisation import AuthorisationActivities
from activities.proofs import Keys, Proofs
from domain.audit import trail_of
from domain.case import Case
from domain.stake import at_stake, choice_of
from domain.tasks import Action, Receipt, Task, TaskRequest
from runtime.approvals.acting import Patience, request_of, send
from runtime.approvals.signing import Signer
from runtime.development_keys import DevelopmentKeys
from tests.integration.approver.stage import PATIENCE, Enterprise, Opened, enterprise
from tests.signatures import AUDIENCE, binding, dev_signer, forged
from tests.unit.activities.policies import company_policies

BOB = "bob.tanaka"
"""A credit manager, as the case's question wants one."""


class Proven(Enterprise):
    """The small enterprise with the real authority in it."""

    keys: Keys = DevelopmentKeys(company_policies)

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        """The fakes, and in the place of two of them what the worker runs."""
        real = AuthorisationActivities(company_policies, Proofs(self.keys, AUDIENCE))
        fakes = [fake for fake in super().activities if fake not in (self.authorise, self.screen)]
        return [*fakes, real.authorise, real.screen]


def proven(order_id: str, keys: Keys | None = None) -> Proven:
    """The world of one order."""
    plain = enterprise(order_id)
    world = Proven(order=plain.order, judge=plain.judge, reminders=(), expire_after=60)
    if keys is not None:
        world.keys = keys
    return world


@dataclass(frozen=True)
class Standing:
    """What no forgery may change."""

    task: Task
    entries: int


class Attacked(Opened):
    """A case, those who may decide it, and those who only can reach Temporal."""

    def seen(self) -> tuple[Case, Task]:
        """The case and its only question."""
        case = self.state()
        return case, case.tasks["T1"]

    def standing(self) -> Standing:
        """The question as it stands, and how many lines there are about the case."""
        case, task = self.seen()
        return Standing(task, len(trail_of(case).entries))

    def request(self, actor: str = BOB, action: Action = Action.APPROVE, **content: object) -> TaskRequest:
        """An unsigned request."""
        return request_of(self.seen()[1], action, actor, **content)

    def forged(self, request: TaskRequest, subject: str | None = None, **how: Any) -> TaskRequest:
        """The request with a proof that is honest but for `how`."""
        case, task = self.seen()
        option = choice_of(task, request)
        bound = binding(request, self.workflow, option, at_stake(case, task, option))
        return request.model_copy(update={"credential": forged(bound, subject or request.actor, **how)})

    def update(self, request: TaskRequest, update_id: str | None = None) -> Receipt:
        """Whoever can reach Temporal can send this."""
        handle = self.stage.client.get_workflow_handle(self.workflow)
        receipt: Receipt = self.stage.run(handle.execute_update("decide", request, id=update_id, result_type=Receipt))
        return receipt

    def signal(self, request: object) -> None:
        """The same without an answer."""
        self.stage.run(self.stage.client.get_workflow_handle(self.workflow).signal("decision", request))

    def send(self, request: TaskRequest, signer: Signer | None = None, update_id: str | None = None) -> Receipt:
        """What the command line does."""
        case, task = self.seen()
        signing = signer or dev_signer(request.actor)
        patience = Patience(PATIENCE, PATIENCE)
        sending = send(self.stage.client, signing, case, task, request, patience=patience, update_id=update_id)
        return self.stage.run(sending)
