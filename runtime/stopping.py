"""Calls that are called off because their worker has to end."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.exception_types import IntegrationErrorKind


class CalledOff(Interceptor):
    """Says of such a call what is true of it: nobody knows whether it got through. The SDK has an error of its own for
    that, and a person would be asked about it; this way the next worker looks for what the call did.
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """See the base class."""
        return _Called(next)


class _Called(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        try:
            return await super().execute_activity(input)
        except asyncio.CancelledError:
            details = activity.cancellation_details()
            if details is None or not details.worker_shutdown:
                raise
            message = f"{activity.info().activity_type}: the worker was stopped before the answer came"
            raise ApplicationError(message, type=IntegrationErrorKind.UNKNOWN_OUTCOME.value) from None
