"""The connection to Temporal, configured as every Temporal tool is: `TEMPORAL_*` variables and the TOML profile."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
from datetime import timedelta
from functools import cache

from temporalio.api.errordetails.v1 import NamespaceNotFoundFailure
from temporalio.client import Client
from temporalio.common import HeaderCodecBehavior
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RetryConfig, RPCError, RPCStatusCode
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_delay, wait_exponential_jitter

from runtime.encryption.conversion import data_converter
from runtime.settings import EncryptionSettings
from runtime.settings_check import WrongSettings

DEFAULT_ADDRESS = "localhost:7233"
DEFAULT_NAMESPACE = "default"
QUICK = RetryConfig(max_elapsed_time_millis=3000, max_interval_millis=500)
"""For where a person or a sender waits for the answer: less than the ten seconds the SDK would try for."""
RESOLUTION_METRIC = "holdfast_exception_resolution"
INVOICE_METRIC = "holdfast_invoice_delay"
_LONG_TIMES = [1, 10, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 3 * 24 * 3600]
"""Seconds, from a touchless release to what nobody answered, or invoiced, for days."""
_ONE_ATTEMPT = timedelta(seconds=3)
_HEALTH = timedelta(seconds=2)
_REASON = re.compile(r'message: "([^"]+)"')

log = logging.getLogger(__name__)


class TemporalUnavailable(Exception):
    """Temporal did not answer, or not usefully: nothing is known to have been recorded. Try again later."""


def connection() -> ClientConnectConfig:
    """Address, namespace, key and TLS of the profile. Raises WrongSettings if the profile cannot be read."""
    try:
        config = ClientConfig.load_client_connect_config()
    except (RuntimeError, ValueError, OSError) as error:
        raise WrongSettings([f"the Temporal profile (TEMPORAL_* and its TOML file) is not usable: {error}"]) from error
    return {"target_host": DEFAULT_ADDRESS, **config}


@cache
def _quiet_runtime() -> Runtime:
    """The runtime of a process without metrics. The SDK's own default would write its log to standard output."""
    return temporal_runtime(None)


def temporal_runtime(metrics_bind: str | None) -> Runtime:
    """The SDK's runtime, with a Prometheus endpoint at `metrics_bind`; its own log goes where ours goes.

    Raises WrongSettings if the endpoint cannot be opened.
    """
    metrics = None
    if metrics_bind is not None:
        metrics = PrometheusConfig(
            bind_address=metrics_bind,
            counters_total_suffix=True,
            unit_suffix=True,
            durations_as_seconds=True,
            histogram_bucket_overrides=dict.fromkeys((RESOLUTION_METRIC, INVOICE_METRIC), _LONG_TIMES),
        )
    logs = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logger=logging.getLogger("temporalio.core")),
    )
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=metrics, logging=logs))
    except (RuntimeError, ValueError) as error:
        raise WrongSettings([f"observation.metrics_bind {metrics_bind} cannot be used: {error}"]) from error


async def open_client(
    role: str,
    encryption: EncryptionSettings,
    *,
    lazy: bool = False,
    runtime: Runtime | None = None,
    retries: RetryConfig | None = QUICK,
) -> Client:
    """A client that says who it is (`role@host:pid`) and encrypts as the settings say. With `lazy` it connects on its
    first call.

    Raises TemporalUnavailable and WrongSettings.
    """
    config = connection()
    chosen = runtime or _quiet_runtime()
    try:
        return await Client.connect(
            **config,
            data_converter=data_converter(
                encryption.keyring,
                config.get("namespace") or DEFAULT_NAMESPACE,
                accept_plain=encryption.accept_plain,
                meter=chosen.metric_meter,
            ),
            header_codec_behavior=HeaderCodecBehavior.CODEC,
            identity=f"holdfast-{role}@{socket.gethostname()}:{os.getpid()}",
            connect_timeout=_ONE_ATTEMPT,
            retry_config=retries,
            lazy=lazy,
            runtime=chosen,
        )
    except (RuntimeError, RPCError) as error:
        raise TemporalUnavailable(f"Temporal at {config['target_host']} cannot be reached: {reason(error)}") from error


async def connect(
    role: str,
    encryption: EncryptionSettings,
    *,
    patience: timedelta,
    runtime: Runtime | None = None,
    retries: RetryConfig | None = QUICK,
) -> Client:
    """A connected client; tried again with growing pauses for `patience`. Raises TemporalUnavailable after that."""
    attempts = AsyncRetrying(
        retry=retry_if_exception_type(TemporalUnavailable),
        stop=stop_after_delay(patience),
        wait=wait_exponential_jitter(initial=0.2, max=5, jitter=0.2),
        before_sleep=_say_that_we_wait,
        reraise=True,
    )
    try:
        # a server that hangs would keep one attempt for half a minute
        async with asyncio.timeout(patience.total_seconds()):
            return await attempts(open_client, role, encryption, runtime=runtime, retries=retries)
    except TimeoutError as error:
        address = connection().get("target_host")
        raise TemporalUnavailable(f"Temporal at {address} did not answer for {patience.total_seconds():g} s") from error


def reason(error: Exception) -> str:
    """What went wrong, without the layers that passed it on."""
    text = error.message if isinstance(error, RPCError) else str(error)
    found = _REASON.findall(text)
    return found[-1] if found else text


def _say_that_we_wait(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("waiting for Temporal (attempt %d): %s", state.attempt_number, error)


async def is_healthy(client: Client) -> bool:
    """Whether Temporal answers within two seconds."""
    try:
        return await client.service_client.check_health(timeout=_HEALTH)
    except (RPCError, RuntimeError):
        return False


def is_missing_workflow(error: RPCError) -> bool:
    """Whether the call failed because no case is running, and not for want of a namespace."""
    details = error.grpc_status.details
    return error.status is RPCStatusCode.NOT_FOUND and not any(
        detail.Is(NamespaceNotFoundFailure.DESCRIPTOR) for detail in details
    )
