"""Updates that are no request are refused with a type, before any handler sees them."""

from __future__ import annotations

from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from domain.base import StrictModel
from domain.tasks import Refusal


class RefuseMalformed(Interceptor):
    """Refuses updates with too many arguments or none: the SDK would hand them on as they are."""

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002, ARG002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        """See the base class."""
        return _Inbound


class _Inbound(WorkflowInboundInterceptor):
    def handle_update_validator(self, input: HandleUpdateInput) -> None:  # noqa: A002 - the SDK's name
        if len(input.args) != 1 or not isinstance(input.args[0], StrictModel):
            message = f"the request cannot be read: it has {len(input.args)} arguments instead of one"
            raise ApplicationError(message, type=Refusal.INVALID.value, non_retryable=True)
        super().handle_update_validator(input)
