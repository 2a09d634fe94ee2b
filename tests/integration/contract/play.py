"""Playing a service by its own OpenAPI document: seeded requests for each operation, answers held against what it says.

Bounded so that it takes seconds; `HOLDFAST_CONTRACT_EXAMPLES` asks for more requests for each operation.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from requests.auth import AuthBase
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.result import Err
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

EXAMPLES = int(os.environ.get("HOLDFAST_CONTRACT_EXAMPLES", "3"))
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


class Signing(AuthBase):
    """Lets `sign` complete each request just before it is sent."""

    def __init__(self, sign: Callable[[requests.PreparedRequest], None]) -> None:
        self._sign = sign

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        self._sign(request)
        return request


def play(url: str, sign: Callable[[requests.PreparedRequest], None], examples: int = EXAMPLES) -> int:
    """Send `examples` requests to each operation under /v1, and count these. Raises what schemathesis finds."""
    with requests.Session() as session:
        session.trust_env = False
        session.auth = Signing(sign)
        found = [*schemathesis.openapi.from_url(f"{url}/openapi.json").get_all_operations()]
        assert not [each for each in found if isinstance(each, Err)], "its description is not valid"
        operations = [each.ok() for each in found if not isinstance(each, Err)]
        played = [operation for operation in operations if operation.path.startswith("/v1")]
        for operation in played:

            @seed(20260302)
            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def one(case: schemathesis.Case[Any]) -> None:
                case.validate_response(case.call(session=session), checks=CHECKS)

            one()
    return len(played)
