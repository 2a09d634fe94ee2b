"""From a row of a rule table and the options at hand to an assessment: the same for every playbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from domain.assessment import Ask, Assessment, Cause, Circumstances, Disposition, Option, RuleHit, Wait
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.order import HoldClass
from domain.policy.policy_set import PolicySet
from domain.policy.schedules import PolicyGap, jeopardy
from domain.policy.table import Match


class Course(StrEnum):
    """What a rule says is to be done: carry out the recommended option, wait a while, or ask a person."""

    RELEASE = "RELEASE"
    WAIT = "WAIT"
    ASK = "ASK"


@dataclass(frozen=True)
class Ruling:
    """What the rule table says. `prefer` are option codes, the first that is offered is recommended."""

    course: Course
    reason: str
    prefer: tuple[str, ...] = ()
    role: str | None = None
    hits: tuple[RuleHit, ...] = ()

    @classmethod
    def of(cls, match: Match | None, table: str) -> Ruling:
        """The row that matched; without one a person is asked."""
        if match is None:
            return cls.without_row(table)
        return cls(
            course=Course(match.text("course")),
            reason=match.text("reason"),
            prefer=match.names("prefer"),
            role=match.maybe("role"),
            hits=(match.hit,),
        )

    @classmethod
    def without_row(cls, table: str, *prefer: str) -> Ruling:
        """No row matched: a person is asked, and nothing happens by itself."""
        return cls(Course.ASK, f"no row of {table} covers this case, so a person decides", prefer)

    def by_person(self, because: str) -> Ruling:
        """The same, but a person decides, whatever the table says."""
        if self.course is Course.ASK:
            return self
        return replace(self, course=Course.ASK, reason=f"{self.reason}; {because}")


def is_hard(circumstances: Circumstances) -> bool:
    """Whether the hold is one that automation never releases, whatever the tables say."""
    return circumstances.hold.hold_class is HoldClass.HARD


def terms(policy: PolicySet, table: str, /, **inputs: object) -> Match:
    """The row of a table of terms. PolicyGap if there is none: nothing can be offered without terms."""
    row = policy.decide(table, **inputs)
    if row is None:
        asked = ", ".join(f"{name} = {value}" for name, value in inputs.items())
        raise PolicyGap(f"table {table} has no row for {asked}: add one, or correct the value")
    return row


def approver(policy: PolicySet, chain: Sequence[str], exception_type: ExceptionType, amount: Money) -> str:
    """The first role of the chain whose limit covers `amount`; the last of the chain if none does."""
    for role in chain:
        if policy.limit(role, exception_type, amount.currency).covers(amount):
            return role
    return chain[-1]


@dataclass(frozen=True)
class Judgement:
    """Everything an assessment is made of."""

    circumstances: Circumstances
    policy: PolicySet
    exception_type: ExceptionType
    ruling: Ruling
    options: Sequence[Option]
    """Best first, as far as the playbook can tell without the ruling."""
    question: str
    segment: str = "*"
    findings: Mapping[str, str] = field(default_factory=dict)
    person_only: frozenset[str] = frozenset()
    """Codes of options that no table makes automatic."""
    wait: Wait | None = None
    cause: Cause | None = None
    """What others are held for, too; counts only if its `fix` is offered."""
    hits: tuple[RuleHit, ...] = ()

    def assessment(self) -> Assessment:
        """The assessment: the recommended option first, automatic only if everything allows it."""
        chosen = self._recommended()
        ruling = self._bounded(chosen)
        automatic = ruling.course is Course.RELEASE
        chosen = chosen.model_copy(update={"automatic": automatic})
        others = [option for option in self.options if option.code != chosen.code]
        order, now = self.circumstances.order, self.circumstances.now
        return Assessment(
            exception_type=self.exception_type,
            hold_id=self.circumstances.hold.hold_id,
            options=(chosen, *others),
            recommended=chosen.code,
            reason=ruling.reason,
            ask=self._ask(chosen) if ruling.course is Course.ASK else None,
            wait_first=self.wait if ruling.course is Course.WAIT else None,
            cause=self._shared_cause(ruling),
            rules=(*ruling.hits, *self.hits),
            findings=dict(self.findings),
            jeopardy=jeopardy(order, self.exception_type, now, self.policy),
            amount_at_risk=order.value.rounded(),
            segment=self.segment,
            policy_version=self.policy.version,
            assessed_at=now,
        )

    def _shared_cause(self, ruling: Ruling) -> Cause | None:
        if self.cause is None or ruling.course is not Course.ASK:
            return None
        return self.cause if any(option.code == self.cause.fix for option in self.options) else None

    def _recommended(self) -> Option:
        offered = {option.code: option for option in self.options}
        return next((offered[code] for code in self.ruling.prefer if code in offered), self.options[0])

    def _bounded(self, chosen: Option) -> Ruling:
        """The ruling inside the bounds that no table can move."""
        if is_hard(self.circumstances):
            return self.ruling.by_person("the hold is HARD, so a person decides")
        if self.ruling.course is not Course.RELEASE:
            return self.ruling
        if self.ruling.prefer and chosen.code not in self.ruling.prefer:
            return self.ruling.by_person(f"{self.ruling.prefer[0]} cannot be done, so a person decides")
        loses_order = chosen.disposition is Disposition.CANCEL_ORDER and chosen.covered_by is None
        if chosen.code in self.person_only or loses_order:
            return self.ruling.by_person(f"{chosen.code} is always a person's decision")
        return self.ruling

    def _ask(self, chosen: Option) -> Ask:
        if chosen.role is None:
            raise PolicyGap(f"no table names who decides about {chosen.code} of {self.exception_type}")
        return Ask(role=chosen.role, amount=chosen.amount, question=self.question, segment=self.segment)
