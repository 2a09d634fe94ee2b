"""Who can take a question on as it stands: the level that is awaited, its roles, the limit that it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.approvals.chain import level_of, needed_limit, position, same
from domain.approvals.records import Level
from domain.approvals.refused import Refused
from domain.calls import AuthoriseRequest
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.policy.chains import levels_for, seniors_of
from domain.policy.people import Person
from domain.policy.policy_set import TECHNICAL, PolicySet
from domain.policy.table import Match
from domain.tasks import Refusal, TaskKind


@dataclass(frozen=True)
class Standing:
    """A question as the policies see it now. `at` is the level awaited, `needed` what a limit must cover there."""

    request: AuthoriseRequest
    policy: PolicySet
    levels: tuple[Level, ...]
    is_chain: bool
    at: int
    awaited: str
    needed: Money

    @classmethod
    def of(cls, request: AuthoriseRequest, policy: PolicySet) -> Standing:
        """By the authority and chain tables of this moment, never by what the request says about itself."""
        chain = _chain(request, policy)
        levels = chain or (Level(role=request.role),)
        at = min(position(levels, request.approvals), len(levels) - 1)
        awaited = (request.stand_in or levels[at].role) if chain else request.role
        return cls(request, policy, levels, bool(chain), at, awaited, needed_limit(levels, at, request.amount))

    @property
    def about(self) -> str:
        """What limits are about: a question about a system (an outage, a refused call) commits no money by itself."""
        return self.subject or TECHNICAL

    @property
    def subject(self) -> ExceptionType | None:
        """The exception type, if money is committed."""
        return self.request.exception_type if self.request.kind.commits else None

    @property
    def allowed(self) -> tuple[str, ...]:
        """The roles in which it may be decided now, the awaited one first."""
        return (self.awaited, *seniors_of(self.policy, self.awaited, self.about, self.needed.currency))

    def refuse_excluded(self, subject: str, *, has_part: bool) -> None:
        """Whoever asked for the order, and if `has_part` whoever has filled a level of this chain already."""
        order_id = self.request.case.order_id
        if any(same(subject, requester) for requester in self.request.requesters):
            message = f"{subject} entered or changed order {order_id}, so somebody else decides: you may comment"
            raise Refused(Refusal.SEGREGATION, message)
        filled = level_of(subject, self.request.approvals) if has_part else None
        if filled is not None:
            message = f"{subject} has approved order {order_id} as {filled}: one person never fills two levels"
            raise Refused(Refusal.SEGREGATION, message)

    def role_of(self, person: Person, *, limit_counts: bool) -> str:
        """The role in which this person may act. Raises Refused: FORBIDDEN or LIMIT."""
        allowed = self.allowed
        held = [role for role in allowed if role in person.roles]
        if not held:
            message = f"{person.subject} does not hold {_either(allowed)}: {self._who(allowed)} may act on this task"
            raise Refused(Refusal.FORBIDDEN, message)
        if not limit_counts:
            return held[0]
        for role in held:
            if self._covers(role):
                return role
        raise Refused(Refusal.LIMIT, self._beyond(held[-1], allowed))

    def role_in_chain(self, person: Person) -> str:
        """The role in which this person has to do with the question at any level. Raises Refused (FORBIDDEN)."""
        for level in self.levels:
            if level.role in person.roles:
                return level.role
        return self.role_of(person, limit_counts=False)

    def refuse_beyond_own(self, person: Person) -> None:
        """A substitute's own limit counts, too: in the best of his own roles."""
        if not any(self._covers(role) for role in person.roles):
            message = f"{self.needed} is above what {person.subject} may decide in any role of his own"
            raise Refused(Refusal.LIMIT, f"{message}: a substitute has the lower limit of both")

    def refuse_adjuster_alone(self, persons: Iterable[str]) -> None:
        """Above the table's threshold whoever adjusted the figures is not the only one to approve them."""
        last = self.at == len(self.levels) - 1 and self.levels[self.at].quorum == 1
        had_a_hand = [each for each in persons if any(same(each, other) for other in self.request.adjusters)]
        if self.request.approvals or not last or not had_a_hand:
            return
        threshold = task_terms(self.policy, self.request.kind, self.request.exception_type).maybe_number(
            "adjust_alone_up_to"
        )
        if threshold is not None and self.request.amount.amount > threshold:
            limit = Money(amount=threshold, currency=self.request.amount.currency)
            message = f"{had_a_hand[0]} adjusted it, and above {limit} somebody else approves what one has adjusted"
            raise Refused(Refusal.SEGREGATION, f"{message}: release the claim")

    def check_role(self, role: str) -> None:
        """Whether the question may be put to that role. Raises Refused: INVALID, FORBIDDEN, LIMIT or SEGREGATION."""
        if role not in self.policy.company.roles:
            raise Refused(Refusal.INVALID, f"there is no role {role!r}: the roles are in company.toml")
        base = self.levels[self.at].role if self.is_chain else self.request.asked_role or self.request.role
        fit = (base, *seniors_of(self.policy, base, self.about, self.needed.currency))
        if role not in fit:
            message = f"{role} may not decide in the place of {base}: forward it to {_either(fit)}"
            raise Refused(Refusal.FORBIDDEN, message)
        if not self._covers(role):
            raise Refused(Refusal.LIMIT, self._beyond(role, fit))
        if not any(self._may_act(person) for person in self.policy.people_in(role)):
            message = f"everybody who holds {role} is excluded from order {self.request.case.order_id}"
            raise Refused(Refusal.SEGREGATION, f"{message}: name another role")

    def _may_act(self, person: Person) -> bool:
        try:
            self.refuse_excluded(person.subject, has_part=True)
        except Refused:
            return False
        return True

    def _covers(self, role: str) -> bool:
        return self.policy.limit(role, self.subject, self.needed.currency).covers(self.needed)

    def _beyond(self, role: str, allowed: tuple[str, ...]) -> str:
        limit = self.policy.limit(role, self.subject, self.needed.currency)
        able = tuple(other for other in allowed if self._covers(other))
        next_step = f"{self._who(able)} may decide it" if able else "no role in the authority table may decide it"
        return f"{self.needed} is above the limit of {role} ({limit}): {next_step}"

    def _who(self, roles: tuple[str, ...]) -> str:
        people = dict.fromkeys(person.subject for role in roles for person in self.policy.people_in(role))
        return f"{_either(roles)} ({', '.join(people) or 'nobody at present'})"


def task_terms(policy: PolicySet, kind: TaskKind, exception_type: ExceptionType | None) -> Match:
    """The row of `task_terms`. The table is complete, so there is one."""
    row = policy.decide("task_terms", kind=kind, exception_type=exception_type or TECHNICAL)
    if row is None:
        raise Refused(Refusal.UNAVAILABLE, f"table task_terms has no row for {kind} and {exception_type}")
    return row


def _chain(request: AuthoriseRequest, policy: PolicySet) -> tuple[Level, ...]:
    """What commits money takes the chain of its amount, one order's or that of all orders with one cause."""
    if not request.kind.commits or request.exception_type is None:
        return ()
    levels = levels_for(policy, request.exception_type, request.amount, request.decider or request.asked_role)
    if not levels or request.stricter is None or any(level.role == request.stricter for level in levels):
        return levels
    return (*levels, Level(role=request.stricter))


def _either(roles: tuple[str, ...]) -> str:
    return " or ".join((", ".join(roles[:-1]), roles[-1])) if len(roles) > 1 else roles[0]
