"""The company's policies with people of every kind, and a calendar that never closes: minutes are minutes."""

from __future__ import annotations

from functools import cache

from temporalio.exceptions import ApplicationError

from domain.calls import Authorisation, AuthoriseRequest
from domain.policy.authority import Refused, authorise
from domain.policy.policy_set import PolicySet
from tests.unit.policy.tables import company_files

ALWAYS = """
[calendars.always]
title = "Around the clock"
time_zone = "UTC"

[calendars.always.hours]
monday = ["00:00-24:00"]
tuesday = ["00:00-24:00"]
wednesday = ["00:00-24:00"]
thursday = ["00:00-24:00"]
friday = ["00:00-24:00"]
saturday = ["00:00-24:00"]
sunday = ["00:00-24:00"]

[sites]
"*" = "always"
"""
MORE_PEOPLE = """adam.stone,administrator|controller,adam.stone@meridian.example,EMAIL
oskar,customer_service_lead,oskar@meridian.example,EMAIL
"""
SUBSTITUTES = """person,substitute,from,until,scope,note
carol.singh,dan.weber,2020-01-01,2099-12-31,*,
bob.tanaka,alice.moreno,2020-01-01,2099-12-31,CREDIT_HOLD,
dan.weber,carol.singh,2020-01-01,2099-12-31,*,Both ways, which makes no chain
bob.tanaka,carol.singh,2020-01-01,2020-01-31,*,Over
dan.weber,erin.okafor,2020-01-01,2099-12-31,PRICE_DISCREPANCY,
""".replace("ways, which", "ways; which")


def approval_files(**changed: str) -> dict[str, str]:
    """The files; `changed` replaces some, by their names without a dot (`people_csv`)."""
    files = company_files()
    files["calendars.toml"] = ALWAYS
    files["people.csv"] += MORE_PEOPLE
    files["substitutes.csv"] = SUBSTITUTES
    files.update({"".join(name.rpartition("_")[0]) + "." + name.rpartition("_")[2]: changed[name] for name in changed})
    return files


@cache
def approval_policy() -> PolicySet:
    """The policies, read once."""
    return PolicySet.parse(approval_files())


def authorised(request: AuthoriseRequest, policy: PolicySet) -> Authorisation:
    """Policy's answer about whoever the request names: that it is proven is for other tests."""
    try:
        return authorise(request.request.actor, request, policy)
    except Refused as refused:
        raise ApplicationError(str(refused), type=refused.refusal.value, non_retryable=True) from None
