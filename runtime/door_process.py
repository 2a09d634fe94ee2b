"""The door as a process: the webhook until it is told to stop, or some files until they are done."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from temporalio.client import Client

from activities.connectors.http import SystemClient
from domain.policy.policy_set import PolicyError
from runtime.customer_door import CustomerDoor
from runtime.delivery import Delivery
from runtime.event_records import Record, read_records
from runtime.health import system_checks
from runtime.intake import Intake
from runtime.key_door import KeyDoor
from runtime.policy_source import PolicySource
from runtime.position import Position
from runtime.quarantine import Quarantine
from runtime.search_attributes import SearchAttributesMissing, ensure_search_attributes
from runtime.serving import http_server
from runtime.settings import Settings
from runtime.settings_check import WrongSettings
from runtime.submission import Submission
from runtime.submission_report import Report
from runtime.temporal import connect, open_client, temporal_runtime
from runtime.webhook import build_door

STANDARD_INPUT = "-"
_CONNECT_FOR = timedelta(seconds=8)
_LOOK_AGAIN = 2.0
_SAVE_EVERY = 1.0
"""Seconds of events that a run which was killed may have to send again."""
_SIGN_ON_WITHIN = 5.0

log = logging.getLogger(__name__)


async def serve(settings: Settings) -> None:
    """The webhook, until SIGTERM or SIGINT. It opens also while Temporal is down, and then says 503.

    Raises WrongSettings.
    """
    if not settings.door.senders and not settings.door.tokens:
        raise WrongSettings(
            ["door.senders: only those who sign are let in; name one with its secret_file, or set door.token_file"]
        )
    runtime = temporal_runtime(settings.observation.metrics_bind)
    client = await open_client("door", settings.encryption, lazy=True, runtime=runtime)
    intake = Intake(Delivery(client, settings.task_queue), settings.door.answer_within, runtime.metric_meter)
    registering = asyncio.create_task(_register_search_attributes(client))
    try:
        crm = {"crm": settings.door_crm} if settings.door.links and settings.door_crm else {}
        async with (
            _customer_door(settings, intake) as customers,
            _key_door(settings) as keys,
            system_checks(crm) as checks,
        ):
            door = build_door(intake, client, settings.door, customers, keys, systems=checks)
            await http_server(door, settings.door.bind).serve()
    finally:
        registering.cancel()


@asynccontextmanager
async def _customer_door(settings: Settings, intake: Intake) -> AsyncIterator[CustomerDoor | None]:
    """The pages for customers, if the settings say how their links are signed and where the CRM is."""
    links, crm = settings.door.links, settings.door_crm
    if links is None or crm is None:
        log.info("no pages for customers: they need door.public_url, door.link_secret, and door.crm or systems.crm")
        yield None
        return
    client = SystemClient("crm", crm)
    customers = CustomerDoor(client, links, intake)
    try:
        yield customers
    finally:
        await customers.close()
        await client.close()


@asynccontextmanager
async def _key_door(settings: Settings) -> AsyncIterator[KeyDoor | None]:
    """Where keys are enrolled, if the settings name the single sign-on and a file for the key set."""
    identity = settings.identity
    if identity.oidc is None or identity.is_development or identity.keys_url is not None:
        yield None
        return
    try:
        policies = PolicySource(settings.policies)
    except PolicyError as error:
        raise WrongSettings([f"policies: {problem}" for problem in error.problems]) from error
    async with httpx.AsyncClient(trust_env=False, timeout=_SIGN_ON_WITHIN) as http:
        yield KeyDoor(identity, identity.oidc, policies, http)


async def _register_search_attributes(client: Client) -> None:
    """As soon as Temporal is there: a case cannot be started without them."""
    while True:
        try:
            await ensure_search_attributes(client)
        except SearchAttributesMissing as error:
            log.warning("%s", error)
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the door stays open and tries again
            log.info("waiting for Temporal: %s", error)
            await asyncio.sleep(_LOOK_AGAIN)
        else:
            return


@dataclass(frozen=True)
class Files:
    """What to submit, and where to keep what belongs to the run."""

    sources: Sequence[str]
    quarantine: Path
    position: Path
    resume: bool
    lanes: int
    as_json: bool


async def submit(settings: Settings, files: Files) -> Report:
    """Submit the files and tell of every event. Raises TemporalUnavailable, PositionUnusable, OSError, WrongSettings,
    and CancelledError on SIGTERM.

    If the run ends early, however, the position file says where; if it was killed, within the last second.
    """
    _end_on_sigterm()
    position = _begun(files)
    report = Report(files.sources, as_json=files.as_json, rejected_before=position.rejected(files.sources))
    try:
        async with asyncio.TaskGroup() as group:
            saving = group.create_task(_save_again_and_again(position, files.position))
            await _submit(settings, files, position, report)
            saving.cancel()
    except BaseExceptionGroup as failures:
        position.save(files.position)
        raise failures.exceptions[0] from None
    except BaseException:
        position.save(files.position)
        raise
    position.forget(files.sources)
    position.save(files.position)
    return report


def _end_on_sigterm() -> None:
    """A service manager ends a run as Ctrl-C does."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in a task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _begun(files: Files) -> Position:
    """Where to begin: where the interrupted run ended, or at the start."""
    position = Position.load(files.position) if files.resume else Position.left(files.position)
    quarantine = Quarantine(files.quarantine)
    quarantine.mend()
    if files.resume:
        quarantine.remind(position)
    else:
        position.forget(files.sources)
    for source in files.sources:
        position.of(source)
    return position


async def _save_again_and_again(position: Position, file: Path) -> None:
    saved = ""
    while True:
        now = position.model_dump_json()
        if now != saved:
            position.save(file)
            saved = now
        await asyncio.sleep(_SAVE_EVERY)


async def _submit(settings: Settings, files: Files, position: Position, report: Report) -> None:
    client = await connect("starter", settings.encryption, patience=_CONNECT_FOR)
    await ensure_search_attributes(client)
    submission = Submission(
        Intake(Delivery(client, settings.task_queue), settings.door.answer_within),
        position,
        Quarantine(files.quarantine),
        report.tell,
        lanes=files.lanes,
        event_limit=settings.door.body_limit,
    )
    with report:
        await submission.run((source, _records(source)) for source in files.sources)


def _records(source: str) -> Iterator[Record]:
    with sys.stdin.buffer if source == STANDARD_INPUT else Path(source).open("rb") as stream:
        yield from read_records(stream)
