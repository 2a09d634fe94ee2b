"""The company's own policies, as every installation reads them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from domain.policy.policy_set import PolicySet

POLICIES = Path(__file__).parents[3] / "policies"


@cache
def company_policies() -> PolicySet:
    """The set in `policies/`."""
    files = {
        path.relative_to(POLICIES).as_posix(): path.read_text()
        for path in sorted(POLICIES.rglob("*"))
        if path.is_file()
    }
    return PolicySet.parse(files)
