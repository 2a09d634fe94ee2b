"""All the parts on one machine: Temporal, the enterprise, the workers and the door, as processes of their own.

Everything they write is in one scratch folder: databases, settings, logs. Ports are free ones, tokens are made anew.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.encryption.keyring import Keyring
from sandbox.day.world import World
from sandbox.kernel.signing import new_secret
from sandbox.processes import HOST, free_ports
from sandbox.supervisor import Part, Supervisor, answers
from sandbox.temporal_server import TemporalServer

ROOT = Path(__file__).parents[1]
COMPANY_POLICIES = (ROOT / "policies",)
POLICIES = (*COMPANY_POLICIES, ROOT / "sandbox" / "policies")
"""The company's, in a hurry: deadlines of seconds."""
SYSTEMS = ("erp", "wms", "tms", "crm", "pricing", "credit", "tax", "edi")
"""What Holdfast itself speaks with."""
SERVICES = (*SYSTEMS, "suppliers", "channels")
_PUBLISHERS = ("erp", "wms", "credit", "tax")
_PEERS: Mapping[str, tuple[str, ...]] = {
    "erp": ("wms", "credit", "tax", "crm", "suppliers"),
    "credit": ("erp",),
    "edi": ("erp",),
    "tms": ("erp",),
    "channels": ("erp", "credit"),
}
_OURS = ("TEMPORAL_", "HOLDFAST_", "SANDBOX_")
SETTINGS_FILE = "holdfast.toml"
_WORKFLOW_TASKS = 8
"""At a time and worker. More are no faster on two cores, and on a busy machine all that were begun at once are late."""


@dataclass(frozen=True)
class Enterprise:
    """What the simulated enterprise is: the services' master data and their own settings, by service."""

    seeds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tenant: str = "acme"
    encryption: str | None = None
    """The keys that cases are encrypted with, as settings have them; None leaves cases readable in the Temporal UI."""
    reconcile_every: int = 240
    """Seconds between two comparisons of its holds with our cases."""


def enterprise_of(world: World) -> Enterprise:
    """The enterprise of a planned day, in a hurry: what is released ships and is invoiced within seconds."""
    return Enterprise(
        seeds=world.seeds(),
        settings={"erp": {"ship_after": 2, "invoice_after": 2}, "suppliers": {"acknowledge_after": 2}},
        reconcile_every=20,
    )


def scratch_folder() -> Path:
    """A new folder of our own under the system's folder for temporary files."""
    return Path(tempfile.mkdtemp(prefix="holdfast-"))


class Stack:
    """Where the parts are and how they are started. Use `running`."""

    def __init__(
        self, scratch: Path, supervisor: Supervisor, enterprise: Enterprise, workers: int, policies: Sequence[Path]
    ) -> None:
        self.scratch = scratch
        self.supervisor = supervisor
        self.enterprise = enterprise
        self.policies = policies
        self.temporal = TemporalServer(scratch / "temporal")
        self.workers = tuple(f"worker-{number + 1}" for number in range(workers))
        names = (*SERVICES, "mailbox", "smtp", "door", *self.workers)
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        self._tokens = {client: secrets.token_urlsafe(24) for client in ("admin", "holdfast", "door", *SERVICES)}
        self._link_secret = secrets.token_urlsafe(32)
        self._signing = {name: new_secret() for name in _PUBLISHERS}

    def url(self, name: str) -> str:
        """The base URL of a part that speaks HTTP."""
        return f"http://{HOST}:{self._ports[name]}"

    @property
    def admin_token(self) -> str:
        """The token that opens the administration of every service."""
        return self._tokens["admin"]

    @property
    def door_token(self) -> str:
        """The token of those who bring events to the door and cannot sign them."""
        return self._tokens["door"]

    @property
    def events_url(self) -> str:
        """Where events are delivered."""
        return f"{self.url('door')}/v1/events"

    @property
    def keyring(self) -> Keyring | None:
        """The keys of the cases, if they are encrypted."""
        return None if self.enterprise.encryption is None else Keyring.parse(self.enterprise.encryption)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret of this stack: none of them may ever be seen anywhere."""
        keys = (self.enterprise.encryption or "").split()
        return (
            *self._tokens.values(),
            *self._signing.values(),
            self._link_secret,
            *(key.partition(":")[2] for key in keys),
        )

    def subscriber(self, publisher: str) -> dict[str, str]:
        """The door, as `publisher` tells it what happens. What we did ourselves we know already."""
        return {"url": self.events_url, "secret": self._signing[publisher], "client": "holdfast"}

    @property
    def environment(self) -> dict[str, str]:
        """The environment of our own programs: worker, door and the approvers' CLI."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        return inherited | {
            "TEMPORAL_ADDRESS": self.temporal.address,
            "HOLDFAST_SETTINGS": str(self.scratch / SETTINGS_FILE),
            "PYTHONUNBUFFERED": "1",
        }

    async def start(self) -> None:
        """Start everything, in the order in which the parts need each other, and wait until all are healthy."""
        self._write_settings()
        await self.supervisor.start(self._temporal(), self._mailbox(), *(self._service(name) for name in SERVICES))
        await self.supervisor.start(self._door(), *(self._worker(name) for name in self.workers))

    def _temporal(self) -> Part:
        async def healthy() -> bool:
            return await asyncio.to_thread(self.temporal.is_healthy)

        self.temporal.directory.mkdir(exist_ok=True)
        return Part("temporal", self.temporal.command, self.temporal.environment, healthy)

    def _service(self, name: str) -> Part:
        settings = self.scratch / f"{name}.json"
        command = [
            sys.executable,
            "-m",
            f"sandbox.{name}",
            "--port",
            str(self._ports[name]),
            "--settings",
            str(settings),
        ]
        return self._ours(name, command, f"{self.url(name)}/healthz")

    def _mailbox(self) -> Part:
        command = [sys.executable, "-m", "sandbox.mailbox", "--port", str(self._ports["mailbox"])]
        command += ["--smtp-port", str(self._ports["smtp"]), "--database", str(self.scratch / "mailbox.db")]
        return self._ours("mailbox", command, f"{self.url('mailbox')}/healthz")

    def _worker(self, name: str) -> Part:
        bind = {"HOLDFAST_OBSERVATION__HEALTH_BIND": f"{HOST}:{self._ports[name]}"}
        return self._ours(name, [sys.executable, "worker.py"], f"{self.url(name)}/readyz", bind)

    def _door(self) -> Part:
        return self._ours("door", [sys.executable, "starter.py", "serve"], f"{self.url('door')}/readyz")

    def _ours(self, name: str, command: list[str], health: str, more: Mapping[str, str] | None = None) -> Part:
        return Part(name, command, self.environment | dict(more or {}), answers(health), ROOT)

    def _write_settings(self) -> None:
        for name in SERVICES:
            _write_private(self.scratch / f"{name}.json", json.dumps(self._service_settings(name)))
        _write_private(self.scratch / SETTINGS_FILE, self._our_settings())

    def _service_settings(self, name: str) -> dict[str, Any]:
        return {
            "database": str(self.scratch / f"{name}.db"),
            "tokens": {client: token for client, token in self._tokens.items() if client != "door"},
            "tenant": self.enterprise.tenant,
            "peers": {peer: {"url": self.url(peer), "token": self._tokens[name]} for peer in _PEERS.get(name, ())},
            "subscribers": [self.subscriber(name)] if name in _PUBLISHERS else [],
            "seed": dict(self.enterprise.seeds.get(name, {})),
            **({"public_url": self.url(name)} if name == "credit" else {}),
            **self.enterprise.settings.get(name, {}),
        }

    def _our_settings(self) -> str:
        lines = ['environment = "dev"', f"policies = [{', '.join(map(_quoted, self.policies))}]"]
        for name in SYSTEMS:
            lines += [
                f"[systems.{name}]",
                f"url = {_quoted(self.url(name))}",
                f"token = {_quoted(self._tokens['holdfast'])}",
            ]
        lines += ["[worker]", f"max_concurrent_workflow_tasks = {_WORKFLOW_TASKS}"]
        lines += ["[reconciliation]", f"every = {self.enterprise.reconcile_every}"]
        lines += ["[notifications]", f"smtp_host = {_quoted(HOST)}", f"smtp_port = {self._ports['smtp']}"]
        lines += [f"webhook_url = {_quoted(self.url('mailbox') + '/hooks')}", f"ui_url = {_quoted(self.temporal.ui)}"]
        door = f"{HOST}:{self._ports['door']}"
        lines += ["[door]", f"bind = {_quoted(door)}", f"token = {_quoted(self.door_token)}"]
        lines += [f"public_url = {_quoted(self.url('door'))}", f"link_secret = {_quoted(self._link_secret)}"]
        if self.enterprise.encryption is not None:
            lines += ["[encryption]", f"keys = {_quoted(self.enterprise.encryption)}"]
        for name, secret in self._signing.items():
            lines += [f"[door.senders.{name}]", f"secret = {_quoted(secret)}"]
        return "\n".join(lines) + "\n"


@asynccontextmanager
async def running(
    enterprise: Enterprise, scratch: Path, *, workers: int = 1, policies: Sequence[Path] = POLICIES
) -> AsyncIterator[Stack]:
    """All parts, healthy, with the tables of `policies`. When the block ends, however it ends, none of them is left."""
    async with Supervisor(scratch / "logs") as supervisor:
        stack = Stack(scratch, supervisor, enterprise, workers, policies)
        await stack.start()
        yield stack


def _write_private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


def _quoted(value: object) -> str:
    return json.dumps(str(value))
