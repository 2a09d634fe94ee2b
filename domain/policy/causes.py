"""How a cause that holds many orders is asked about: from the tables `causes` and `chains`, and by authority."""

from __future__ import annotations

from domain.cause import CauseTerms, CauseTermsRequest
from domain.policy.chains import levels_for
from domain.policy.policy_set import PolicySet
from domain.policy.schedules import PolicyGap


def cause_terms(request: CauseTermsRequest, policy: PolicySet) -> CauseTerms:
    """Policy's word on one cause, and the chain or the role that decides about all its orders together. PolicyGap
    without a row.
    """
    row = policy.decide("causes", system=request.system, exception_type=request.exception_type)
    if row is None:
        raise PolicyGap(f"table causes has no row for {request.system} and {request.exception_type}: add one")
    levels = levels_for(policy, request.exception_type, request.amount, request.role)
    return CauseTerms(
        collect_for=row.duration("collect_for"),
        at_least=row.whole("at_least"),
        alone_after=row.duration("alone_after"),
        role=levels[0].role if levels else _role(request, policy),
        levels=levels,
    )


def _role(request: CauseTermsRequest, policy: PolicySet) -> str:
    """The role that decides about one order if its limit covers all of them, else the first of its seniors' that does.

    If nobody's limit does, the last of them is asked: what they cannot approve together they still can have asked
    one by one.
    """
    row = policy.decide(
        "authority", role=request.role, exception_type=request.exception_type, currency=request.amount.currency
    )
    chain = (request.role, *(row.names("seniors") if row else ()))
    for role in chain:
        if policy.limit(role, request.exception_type, request.amount.currency).covers(request.amount):
            return role
    return chain[-1]
