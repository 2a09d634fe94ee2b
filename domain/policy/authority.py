"""May this person do this: by role, by limit, and never by whoever asked for it."""

from __future__ import annotations

from domain.approvals.refused import Refused
from domain.calls import Authorisation, AuthoriseRequest
from domain.exception_types import ExceptionType
from domain.policy.people import Person
from domain.policy.policy_set import TECHNICAL, PolicySet
from domain.tasks import Action, Refusal

__all__ = ["COMMITTING", "Refused", "authorise", "seniors"]

COMMITTING = (Action.APPROVE, Action.ADJUST)
"""What takes the company's money in hand, and so needs a limit. To reject or to claim commits nothing."""


def authorise(request: AuthoriseRequest, policy: PolicySet) -> Authorisation:
    """Who acts and in which role. Raises Refused.

    Exclusion beats role: whoever entered or changed the order may comment and nothing else. A person acts in the
    awaited role, or in one that the authority table names as senior to it; the first whose limit covers the amount.
    """
    person = policy.person(request.request.actor)
    if person is None:
        raise Refused(
            Refusal.UNAUTHENTICATED,
            f"nobody called {request.request.actor!r} is known: ask whoever keeps people.csv to add you",
        )
    if request.request.on_behalf_of is not None:
        raise Refused(Refusal.FORBIDDEN, "these policies name no substitutes: act for yourself, in a role of your own")
    return Authorisation(subject=person.subject, role=_role(request, person, policy), policy_version=policy.version)


def _role(request: AuthoriseRequest, person: Person, policy: PolicySet) -> str:
    if person.subject in request.requesters:
        return _requester(request, person)
    allowed = (request.role, *seniors(policy, request))
    held = [role for role in allowed if role in person.roles]
    if not held:
        raise Refused(
            Refusal.FORBIDDEN,
            f"{person.subject} does not hold {_either(allowed)}: {_who(policy, allowed)} may act on this task",
        )
    if request.request.action not in COMMITTING:
        return held[0]
    for role in held:
        if _covers(policy, request, role):
            return role
    raise Refused(Refusal.LIMIT, _beyond(policy, request, held[-1], allowed))


def _requester(request: AuthoriseRequest, person: Person) -> str:
    if request.request.action is Action.COMMENT:
        return "requester"
    raise Refused(
        Refusal.SEGREGATION,
        f"{person.subject} entered or changed order {request.case.order_id}, so somebody else decides: you may comment",
    )


def seniors(policy: PolicySet, request: AuthoriseRequest) -> tuple[str, ...]:
    """The roles that may decide in the place of the awaited one, as its row of the authority table names them."""
    row = policy.decide(
        "authority",
        role=request.role,
        exception_type=_subject(request) or TECHNICAL,
        currency=request.amount.currency,
    )
    return () if row is None else row.names("seniors")


def _subject(request: AuthoriseRequest) -> ExceptionType | None:
    """What the limit is about: a question about a system (an outage, a refused call) commits no money by itself."""
    return request.exception_type if request.kind.commits else None


def _covers(policy: PolicySet, request: AuthoriseRequest, role: str) -> bool:
    return policy.limit(role, _subject(request), request.amount.currency).covers(request.amount)


def _beyond(policy: PolicySet, request: AuthoriseRequest, role: str, allowed: tuple[str, ...]) -> str:
    limit = policy.limit(role, _subject(request), request.amount.currency)
    able = tuple(other for other in allowed if _covers(policy, request, other))
    next_step = f"{_who(policy, able)} may decide it" if able else "no role in the authority table may decide it"
    return f"{request.amount} is above the limit of {role} ({limit}): {next_step}"


def _who(policy: PolicySet, roles: tuple[str, ...]) -> str:
    people = dict.fromkeys(person.subject for role in roles for person in policy.people_in(role))
    return f"{_either(roles)} ({', '.join(people) or 'nobody at present'})"


def _either(roles: tuple[str, ...]) -> str:
    return " or ".join((", ".join(roles[:-1]), roles[-1])) if len(roles) > 1 else roles[0]
