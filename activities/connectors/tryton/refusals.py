"""What Tryton cannot do. A person is asked: it is not retried."""

from __future__ import annotations

from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext
from activities.connectors.tryton.client import TrytonClient
from domain.calls import CaseRef
from domain.exception_types import IntegrationErrorKind


def cannot(client: TrytonClient, case: CaseRef, what: str) -> SystemCallFailed:
    """The failure that says so."""
    return client.failed(CallContext.of(case), IntegrationErrorKind.VALIDATION, what)
