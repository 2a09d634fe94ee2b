"""May this person do this: by role and limit, by his part in the matter, and never by whoever asked for it.

Exclusion comes first and beats everything: whoever entered or changed the order decides nothing about it, in no role,
by no delegation or substitution, and not as an administrator. Nobody has two parts in one chain of approvals.
"""

from __future__ import annotations

from domain.approvals.chain import same
from domain.approvals.content import DECIDING
from domain.approvals.gate import ADMINISTRATION
from domain.approvals.refused import Refused
from domain.calls import Authorisation, AuthoriseRequest
from domain.policy.candidates import Standing
from domain.policy.people import ADMINISTRATOR, Person
from domain.policy.policy_set import PolicySet
from domain.tasks import Action, Refusal

__all__ = ["Refused", "authorise"]

_PASSING_ON = (Action.DELEGATE, Action.FORWARD)
_OTHERS_BUSINESS = (*ADMINISTRATION, Action.ANSWER, Action.WITHDRAW)
"""What nobody does on behalf of somebody else."""


def authorise(subject: str, request: AuthoriseRequest, policy: PolicySet) -> Authorisation:
    """Who acts, in which role and for whom, and which level of the chain it fills. Raises Refused.

    `subject` is whoever was found to have sent the request. A person acts in the awaited role, or in one that the
    authority table names as senior to it; the first whose limit covers what is needed.
    """
    return _Asking(subject, request, policy).authorisation()


class _Asking:
    def __init__(self, subject: str, request: AuthoriseRequest, policy: PolicySet) -> None:
        self._request = request
        self._action = request.request.action
        self._policy = policy
        self._standing = Standing.of(request, policy)
        self._person = self._known(subject)
        self._principal = self._absent()

    def authorisation(self) -> Authorisation:
        role = self._role()
        standing = self._standing
        return Authorisation(
            subject=self._person.subject,
            role=role,
            policy_version=self._policy.version,
            on_behalf_of=self._principal.subject if self._principal else None,
            levels=standing.levels if standing.is_chain else (),
            at=standing.at if standing.is_chain else 0,
        )

    def _known(self, subject: str) -> Person:
        person = self._policy.person(subject)
        if person is None:
            message = f"nobody called {subject!r} is known: ask whoever keeps people.csv to add you"
            raise Refused(Refusal.UNAUTHENTICATED, message)
        return person

    def _absent(self) -> Person | None:
        """Whom he acts for. Only his own roles count, so that nobody stands in for a substitute."""
        named = self._request.request.on_behalf_of
        if named is None:
            return None
        about, now = self._standing.about, self._request.now
        person = self._policy.person(named)
        if person is None or not self._policy.is_substitute(self._person.subject, named, about, now):
            message = f"{self._person.subject} is no substitute of {named} now, for {about}: see substitutes.csv"
            raise Refused(Refusal.FORBIDDEN, f"{message}; act for yourself, in a role of your own")
        if self._action in _OTHERS_BUSINESS:
            raise Refused(Refusal.FORBIDDEN, f"{self._action.lower()} is nothing that is done on behalf of others")
        return person

    def _role(self) -> str:
        if self._action is Action.COMMENT:
            return self._as_reader()
        if self._action is Action.ANSWER:
            return self._as_informed()
        if self._action is Action.WITHDRAW:
            return self._as_requester()
        self._not_excluded()
        if self._action in ADMINISTRATION:
            return self._as_administrator()
        return self._as_candidate()

    def _as_reader(self) -> str:
        """Whoever has to do with the question may leave a remark on it."""
        if self._is_requester(self._person):
            return "requester"
        if self._is_asked():
            return "informant"
        return self._standing.role_in_chain(self._principal or self._person)

    def _as_informed(self) -> str:
        if self._is_requester(self._person):
            return "requester"
        if self._is_asked():
            return "informant"
        if self._request.owner is not None and same(self._request.owner, self._person.subject):
            return self._standing.awaited
        wanted = ", ".join(filter(None, (self._request.asked_person, *self._request.requesters)))
        raise Refused(Refusal.FORBIDDEN, f"{self._person.subject} was not asked: {wanted} may answer")

    def _is_asked(self) -> bool:
        return self._request.asked_person is not None and same(self._request.asked_person, self._person.subject)

    def _as_requester(self) -> str:
        if not self._is_requester(self._person):
            message = (
                f"{self._person.subject} did not enter order {self._request.case.order_id}, and cannot withdraw it"
            )
            raise Refused(Refusal.FORBIDDEN, message)
        return "requester"

    def _is_requester(self, person: Person) -> bool:
        return any(same(person.subject, requester) for requester in self._request.requesters)

    def _not_excluded(self) -> None:
        """Either one's exclusion counts."""
        own_claim = self._action is Action.RELEASE_CLAIM and self._request.owner is not None
        for person in filter(None, (self._person, self._principal)):
            if not own_claim:
                self._standing.refuse_excluded(person.subject, has_part=self._action not in ADMINISTRATION)

    def _as_administrator(self) -> str:
        if ADMINISTRATOR not in self._person.roles:
            message = f"{self._person.subject} is no administrator, and only they {self._action.lower()} questions"
            raise Refused(Refusal.FORBIDDEN, message)
        if self._action is Action.REASSIGN:
            self._check_target(ring_counts=False)
        return ADMINISTRATOR

    def _as_candidate(self) -> str:
        if self._action is Action.RELEASE_CLAIM and self._request.owner == self._person.subject:
            return self._standing.awaited
        commits = self._action in DECIDING and self._action is not Action.REJECT
        role = self._standing.role_of(self._principal or self._person, limit_counts=commits)
        if self._principal is not None and commits:
            self._standing.refuse_beyond_own(self._person)
        if self._action is Action.APPROVE:
            self._standing.refuse_adjuster_alone(self._request.request.persons)
        if self._action in _PASSING_ON:
            self._check_target(ring_counts=True)
        return role

    def _check_target(self, *, ring_counts: bool) -> None:
        """Whoever gets it must be able to decide it."""
        to, role = self._request.request.to, self._request.request.role
        if role is not None:
            self._standing.check_role(role)
        if to is not None:
            self._check_taker(to, ring_counts=ring_counts)

    def _check_taker(self, to: str, *, ring_counts: bool) -> None:
        taker = self._policy.person(to)
        if taker is None:
            raise Refused(Refusal.INVALID, f"nobody called {to!r} is known: look in people.csv")
        self._standing.refuse_excluded(taker.subject, has_part=True)
        if ring_counts and any(same(taker.subject, giver) for giver in self._request.givers):
            message = f"{taker.subject} has delegated it before, and it does not go round: decide it, or forward it"
            raise Refused(Refusal.SEGREGATION, message)
        self._standing.role_of(taker, limit_counts=True)
