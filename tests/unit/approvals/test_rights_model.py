"""Any sequence of anybody's actions on one question, held against the plain reference of who may do what.

No sequence reaches a decision by somebody excluded, above his limit, or twice in one chain.
"""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from temporalio.exceptions import ApplicationError

from domain.tasks import Action, Receipt, TaskRequest, TaskState
from tests.approvals.paper import PaperCase
from tests.approvals.policies import approval_policy
from tests.approvals.reference import LIMITS, ROLES, SUBSTITUTES, Question, Wish, chain

PEOPLE = sorted(ROLES)
WEIGHTED = ["APPROVE"] * 6 + ["CLAIM"] * 3 + [str(action) for action in Action]
AMOUNTS = (20_000, 200_000, 300_000, 700_000, 2_000_000)
ASKED = {20_000: "assistant_credit_manager", 200_000: "credit_manager", 300_000: "controller"}

people = st.sampled_from(PEOPLE)
wishes = st.builds(
    Wish,
    action=st.sampled_from(WEIGHTED),
    actor=people,
    behalf=st.none() | st.none() | people,
    to=people,
    role=st.sampled_from(sorted(LIMITS)),
    amount=st.sampled_from(AMOUNTS),
)


class Rights(RuleBasedStateMachine):
    @initialize(amount=st.sampled_from(AMOUNTS), excluded=st.sets(people, max_size=2))
    def ask(self, amount: int, excluded: set[str]) -> None:
        role = ASKED.get(amount, "cfo")
        self.case = PaperCase(approval_policy(), amount, role, ("edi", *sorted(excluded)))
        self.model = Question(amount, role, excluded)
        self.said = 0
        self.recorded: list[tuple[TaskRequest, Receipt]] = []

    @rule(wish=wishes, age=st.integers(0, 9))
    def somebody_acts(self, wish: Wish, age: int) -> None:
        self._act(_sensible(wish), old=age == 9)

    @rule(wish=wishes, seat=st.integers(0, 9))
    def somebody_who_could_acts(self, wish: Wish, seat: int) -> None:
        """Mostly those who may, or long sequences never get anywhere."""
        able = [who for who in PEOPLE if self.model.awaited in ROLES[who]]
        wish.actor = self.model.owner or able[seat % len(able)]
        wish.behalf = None
        self._act(_sensible(wish), old=False)

    def _act(self, wish: Wish, *, old: bool) -> None:
        wish.revision = self.model.revision - (old and self.model.revision > 1)
        request, expected = self._request(wish), self.model.refusal(wish)
        before = self.case.task.model_copy(deep=True)
        receipt = self._sent(request)
        if isinstance(receipt, str):
            assert receipt == expected, wish
            assert self.case.task == before
            return
        assert expected is None, (wish, receipt.message)
        self.recorded.append((request, receipt))
        self.model.apply(wish)

    def _sent(self, request: TaskRequest) -> Receipt | str:
        """The receipt, or the type of the refusal."""
        try:
            return self.case.send(request)
        except ApplicationError as refused:
            return str(refused.type)

    def _request(self, wish: Wish) -> TaskRequest:
        self.said += 1
        return TaskRequest(
            task_id=self.case.task.task_id,
            task_revision=wish.revision,
            action=Action(wish.action),
            actor=wish.actor,
            on_behalf_of=wish.behalf,
            adjustments={"amount": str(int(wish.amount))} if wish.action == "ADJUST" else {},
            to=wish.to,
            role=wish.role,
            reason_code="BECAUSE",
            comment=f"remark {self.said}",
        )

    @precondition(lambda self: self.recorded)
    @rule(which=st.integers(0, 50))
    def the_same_again(self, which: int) -> None:
        """What lasts is answered as before, with no second effect."""
        request, receipt = self.recorded[which % len(self.recorded)]
        if request.action in (Action.CLAIM, Action.RELEASE_CLAIM, Action.DELEGATE, Action.FORWARD, Action.REASSIGN):
            return
        before = self.case.task.model_copy(deep=True)
        assert self.case.send(request) == receipt
        assert self.case.task == before

    @precondition(lambda self: self.model.state == "OPEN" and not self.model.paused)
    @rule(hours=st.integers(1, 6))
    def time_passes(self, hours: int) -> None:
        self._pass(timedelta(hours=hours))

    @precondition(lambda self: self.model.state == "OPEN" and self.model.paused)
    @rule(hours=st.integers(1, 9))
    def nobody_answers(self, hours: int) -> None:
        self._pass(timedelta(hours=hours))

    def _pass(self, by: timedelta) -> None:
        task = self.case.task
        level, role_before = task.escalation_level, task.role
        self.case.pass_time(by)
        self.model.paused = task.is_paused
        if task.escalation_level > level:
            assert task.role in (role_before, task.deadlines.escalations[level].role)
            self.model.escalate(task.role)
        if task.state is TaskState.EXPIRED:
            self.model.state = "EXPIRED"

    @invariant()
    def the_case_is_as_the_reference_has_it(self) -> None:
        if not hasattr(self, "case"):
            return
        task, model = self.case.task, self.model
        assert task.revision == model.revision
        assert task.is_paused == (model.paused and model.state == "OPEN")
        if model.state == "OPEN":
            assert (task.role, task.owner, int(task.amount.amount)) == (model.awaited, model.owner, model.amount)
            assert [set(each.persons) for each in task.approvals] == [had for _, had in model.filled]

    @invariant()
    def nobody_decides_who_must_not(self) -> None:
        decision = self.case.task.decision if hasattr(self, "case") else None
        if decision is None or not decision.by_person:
            return
        chosen = chain(self.model.amount)
        who = {decision.decided_by, decision.on_behalf_of} - {None}
        assert not who & self.model.excluded
        if decision.on_behalf_of is not None:
            assert (decision.decided_by, decision.on_behalf_of) in SUBSTITUTES
        if decision.outcome == "REJECTED":
            return
        assert LIMITS[decision.role or ""] >= self.model.amount
        if decision.on_behalf_of is not None:
            assert max(LIMITS.get(role, 0) for role in ROLES[decision.decided_by]) >= self.model.amount
        persons = [person for each in decision.approvals for person in each.persons]
        assert len(persons) == len(set(persons))
        assert not set(persons) & self.model.excluded
        assert len(decision.approvals) == max(len(chosen), 1)


def _sensible(wish: Wish) -> Wish:
    """Only the fields that its action has."""
    if wish.action == "FORWARD":
        wish.to = None
    elif wish.action == "REASSIGN":
        wish.to, wish.role = (wish.to, None) if wish.amount < 250_000 else (None, wish.role)
    elif wish.action in ("DELEGATE", "ASK"):
        wish.role = None
    else:
        wish.to = wish.role = None
    return wish


TestRights = Rights.TestCase
TestRights.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
