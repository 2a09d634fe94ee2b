"""Worker Versioning: which build of the workers Temporal gives the cases to.

Without a build id a worker is unversioned: any worker takes any case. With one, only the current version of the
deployment (and a share of the cases, the ramping one) is given work; open cases move on to it with their next step.
Decision 17 says why, and what that asks of the code.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from runtime.settings import WorkerSettings

ONE_CALL = timedelta(seconds=5)
_LOOK_AGAIN = 1.0
_NOT_YET = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION)

log = logging.getLogger(__name__)


def deployment_config(settings: WorkerSettings) -> WorkerDeploymentConfig | None:
    """How a worker says which version it is; None for an unversioned one."""
    if settings.build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=settings.deployment, build_id=settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


@dataclass(frozen=True)
class Routing:
    """Who is given work. None is the unversioned workers. `ramping` has its share in percent."""

    current: str | None
    ramping: str | None
    share: float
    known: tuple[str, ...]
    """The build ids that Temporal has seen."""


@dataclass(frozen=True)
class Deployment:
    """The workers of one installation, of whatever version. Every method raises RPCError; NOT_FOUND before the first
    versioned worker has come.
    """

    client: Client
    name: str

    async def routing(self) -> Routing:
        """As Temporal has it now."""
        request = DescribeWorkerDeploymentRequest(namespace=self.client.namespace, deployment_name=self.name)
        answer = await self.client.workflow_service.describe_worker_deployment(request, timeout=ONE_CALL)
        info = answer.worker_deployment_info
        routing = info.routing_config
        return Routing(
            current=routing.current_deployment_version.build_id or None,
            ramping=routing.ramping_deployment_version.build_id or None,
            share=routing.ramping_version_percentage,
            known=tuple(sorted(known.deployment_version.build_id for known in info.version_summaries)),
        )

    async def make_current(self, build_id: str | None) -> None:
        """Give all work to that version (None: to unversioned workers). FAILED_PRECONDITION if it has no worker."""
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self.client.namespace,
            deployment_name=self.name,
            build_id=build_id or "",
            identity=self.client.identity,
        )
        await self.client.workflow_service.set_worker_deployment_current_version(request, timeout=ONE_CALL)

    async def ramp(self, build_id: str, percent: float) -> None:
        """Give that version a share of the cases; 0 takes it back."""
        request = SetWorkerDeploymentRampingVersionRequest(
            namespace=self.client.namespace,
            deployment_name=self.name,
            build_id=build_id,
            percentage=percent,
            identity=self.client.identity,
        )
        await self.client.workflow_service.set_worker_deployment_ramping_version(request, timeout=ONE_CALL)


async def be_the_first(client: Client, settings: WorkerSettings) -> None:
    """Make this worker's version current if the deployment has none: a new installation works at once.

    Every later version waits until somebody makes it current. Returns when there is a current version.
    """
    if settings.build_id is None:
        return
    deployment = Deployment(client, settings.deployment)
    while True:
        try:
            if (await deployment.routing()).current is None:
                await deployment.make_current(settings.build_id)
                log.info("the first version of deployment %s, %s, is current", settings.deployment, settings.build_id)
        except RPCError as error:
            if error.status not in _NOT_YET:
                log.warning("the current version of deployment %s is not known: %s", settings.deployment, error.message)
        else:
            return
        await asyncio.sleep(_LOOK_AGAIN)
