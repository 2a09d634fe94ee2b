"""Cases under the company's own policies, on a real server, with the command line as people run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from domain.case import Case as Seen
from domain.policy.policy_set import PolicySet
from domain.tasks import Action, Receipt, TaskRequest
from runtime.approvals.acting import send
from runtime.approvals.case_reading import read_state
from runtime.approvals.refusals import ExitCode, Refused
from tests.approvals.policies import approval_files
from tests.approvals.world import PolicyWorld
from tests.integration.approver.stage import PATIENCE, Opened, Stage, order_ids
from tests.orders import hold, order
from tests.signatures import dev_signer

_ORDER_IDS = order_ids("AP")


@dataclass
class Case(Opened):
    """One case; its world decides by policies that a test may change."""

    world: PolicyWorld  # type: ignore[assignment]

    def request(self, action: Action, actor: str, **more: Any) -> TaskRequest:
        """What the command line would send, about the open question."""
        task = self.state(lambda seen: seen.open_tasks).open_tasks[0]
        fields = {"task_id": task.task_id, "task_revision": task.revision, "action": action, "actor": actor}
        return TaskRequest(**{**fields, **more})

    async def update(self, request: TaskRequest, seen: Seen | None = None) -> Receipt | str:
        """What the command line gets: the receipt, or the name of the refusal with its message. Whoever hears that
        nobody knows sends the same again, as he is told to. `seen` is the case as it was looked at, if it was before.
        """
        client = self.stage.client
        seen = seen or await read_state(client, self.workflow)
        deadline = monotonic() + PATIENCE
        while True:
            try:
                return await send(client, dev_signer(request.actor), seen, seen.tasks[request.task_id], request)
            except Refused as refused:
                if refused.code is not ExitCode.NO_ANSWER or monotonic() > deadline:
                    return f"{refused.code.name}: {refused.message}"

    def refused(self, *arguments: str, as_: str) -> str:
        """The name of the refusal that a command meets."""
        said = self.approver(*arguments, "--json", as_=as_)
        assert said.code != 0, said
        assert said.document["refusal"]["exit_code"] == said.code
        return str(said.document["refusal"]["code"])


@dataclass
class PolicyStage:
    """Opens such cases. `directory` has the policies that the command line reads."""

    stage: Stage
    environment: Mapping[str, str]
    directory: Path
    opened: list[Case] = field(default_factory=list)

    def open(self, *, requester: str = "edi", files: Mapping[str, str] | None = None, **world: Any) -> Case:
        """A case that asks somebody about its credit hold."""
        order_id = next(_ORDER_IDS)
        held = order(hold()).model_copy(update={"order_id": order_id, "entered_by": requester})
        policy = PolicySet.parse(approval_files(**(files or {})))
        made = PolicyWorld(order=held, policy=policy, **world)
        stop = self.stage.worker(made, order_id)
        case = Case(
            self.stage,
            made,
            order_id,
            self.stage.start(order_id, order_id),
            self.environment,
            stop,
        )
        self.opened.append(case)
        return case


def write_policies(directory: Path) -> Path:
    """The policies as files."""
    for name, text in approval_files().items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


OpenPolicyCase = Callable[..., Case]
