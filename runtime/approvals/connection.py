"""Reaching Temporal for one command, within a time that a person waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from temporalio.service import RPCError, RPCStatusCode

from runtime.approvals.refusals import ExitCode, Refused
from runtime.encryption.conversion import UnreadablePayload
from runtime.settings_check import WrongSettings
from runtime.temporal import TemporalUnavailable, open_client

if TYPE_CHECKING:
    from temporalio.client import Client

    from runtime.settings import EncryptionSettings

_CONNECT_WITHIN = 5.0


@asynccontextmanager
async def temporal(encryption: EncryptionSettings) -> AsyncIterator[Client]:
    """A client for one command. Raises Refused in plain words for whatever goes wrong between us and the server."""
    client = await _connected(encryption)
    try:
        yield client
    except UnreadablePayload as error:
        raise Refused(
            ExitCode.SETTINGS,
            f"The case can be reached and not be read: {error}.",
            "Ask the operators for the current keys: encryption.keys_file of your settings is not theirs.",
        ) from error
    except (RPCError, TimeoutError) as error:
        raise explained(error) from error


async def _connected(encryption: EncryptionSettings) -> Client:
    try:
        async with asyncio.timeout(_CONNECT_WITHIN):
            return await open_client("approver", encryption)
    except WrongSettings as wrong:
        raise Refused(ExitCode.SETTINGS, f"{wrong}.") from wrong
    except (TemporalUnavailable, OSError, TimeoutError) as error:
        raise Refused(ExitCode.TEMPORAL_UNREACHABLE, _short(error)) from error


def explained(error: BaseException) -> Refused:
    """A failed call to the server, in plain words."""
    if isinstance(error, RPCError) and error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED):
        return Refused(
            ExitCode.SETTINGS,
            f"Temporal does not let this client in: {error.message}.",
            "Ask the operators for this profile's API key or certificate.",
        )
    if isinstance(error, RPCError) and error.status is RPCStatusCode.INVALID_ARGUMENT:
        return Refused(
            ExitCode.SETTINGS,
            f"Temporal does not understand the request: {error.message}.",
            "Ask the operators whether the search attributes of docs/operations.md are registered.",
        )
    return Refused(ExitCode.TEMPORAL_UNREACHABLE, _short(error))


def _short(error: BaseException) -> str:
    said = str(error).partition("\n")[0].rstrip(".")
    return f"{said}." if said else "Temporal does not answer."
