"""What an operator sets: a TOML file and `HOLDFAST_*` environment variables, which win over the file.

How Temporal is reached is not here: that is the standard `TEMPORAL_*` variables and profile (see `runtime.temporal`).
`deploy/holdfast.example.toml` describes every setting.
"""

from __future__ import annotations

import os
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from activities.connectors.links import CustomerLinks
from runtime.encryption.keyring import Keyring
from runtime.setting_values import (
    Bind,
    HttpsUrl,
    Seconds,
    Section,
    directories,
    is_https_or_here,
    read_secret,
    seconds,
)
from runtime.signatures import signing_key
from runtime.system_settings import NotificationsSettings, SystemSettings, SystemsSettings

PREFIX = "HOLDFAST_"
SETTINGS_VARIABLE = "HOLDFAST_SETTINGS"
DEFAULT_FILE = Path("holdfast.toml")
DEVELOPMENT = "development"


class Environment(StrEnum):
    """What kind of installation this is. Only `dev` may do without secrets, or with short ones."""

    DEV = "dev"
    TEST = "test"
    PROD = "prod"


class SenderSettings(Section):
    """A system that signs the events it sends. `secret` may hold two, while one is changed."""

    secret: SecretStr
    secret_file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, values: Any) -> Any:
        return read_secret(values, "secret")

    @field_validator("secret")
    @classmethod
    def _usable(cls, secret: SecretStr) -> SecretStr:
        keys = [signing_key(written) for written in secret.get_secret_value().split()]
        if len(keys) not in (1, 2):
            raise ValueError("one secret, or two while one is changed")
        return secret

    @property
    def keys(self) -> tuple[bytes, ...]:
        """What its signatures may be made with now."""
        return tuple(signing_key(written) for written in self.secret.get_secret_value().split())


class DoorSettings(Section):
    """The webhook `starter.py serve`, what any event may weigh, and the pages on which customers answer.

    `token` and `link_secret` may hold several, separated by white space: all are accepted, so that one can be changed
    without a gap. The first link secret signs the links in mails, which is the worker's part: it needs `public_url` and
    the secret too.
    """

    bind: Bind = "127.0.0.1:8088"
    senders: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")], SenderSettings] = {}
    """Who signs what they send, by name."""
    token: SecretStr | None = None
    """For those who cannot sign."""
    token_file: Path | None = None
    rate: Annotated[float, Field(ge=1, le=10_000)] = 100
    """Events a second that one sender may send for long; twice as many at once."""
    body_limit: Annotated[int, Field(ge=1024, le=1_000_000)] = 64 * 1024
    """Bytes of one event."""
    answer_within: Annotated[Seconds, Field(ge=timedelta(seconds=1), le=timedelta(seconds=9))] = timedelta(seconds=8)
    """How long Temporal may take before the sender is told to come back."""
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    """Where customers reach the door; without it nobody can be asked."""
    link_secret: SecretStr | None = None
    link_secret_file: Path | None = None
    crm: SystemSettings | None = None
    """The CRM as the door reaches it, if not as `systems.crm` says."""

    @model_validator(mode="before")
    @classmethod
    def _from_files(cls, values: Any) -> Any:
        return read_secret(read_secret(values, "token"), "link_secret")

    @property
    def link_secrets(self) -> tuple[str, ...]:
        """What signs links to customers, the newest first."""
        return () if self.link_secret is None else tuple(self.link_secret.get_secret_value().split())

    @property
    def links(self) -> CustomerLinks | None:
        """The links to the pages for customers; None if there are no pages."""
        if self.public_url is None or not self.link_secrets:
            return None
        return CustomerLinks(self.public_url, self.link_secrets)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The bearer tokens that open the door now."""
        return () if self.token is None else tuple(self.token.get_secret_value().split())


class EncryptionSettings(Section):
    """What makes payloads unreadable to Temporal and whoever reads its database. On by default outside `dev`."""

    enabled: bool | None = None
    """None: on where there are keys; outside `dev` there must be some."""
    keys: SecretStr | None = None
    keys_file: Path | None = None
    accept_plain: bool = True
    """Whether payloads that are not encrypted are read: those of cases from before, and signals of operators."""

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, values: Any) -> Any:
        return read_secret(values, "keys")

    @field_validator("keys")
    @classmethod
    def _usable(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            Keyring.parse(keys.get_secret_value())
        return keys

    @property
    def keyring(self) -> Keyring | None:
        """The keys, the one that encrypts first; None where nothing is encrypted."""
        return None if self.keys is None or self.enabled is False else Keyring.parse(self.keys.get_secret_value())


class CodecServerSettings(Section):
    """`python -m runtime.encryption serve`: decrypts for the Temporal UI and CLI."""

    bind: Bind = "127.0.0.1:8089"
    token: SecretStr | None = None
    token_file: Path | None = None
    ui_origin: Annotated[str, Field(pattern=r"^https?://[^\s/?#*]+$")] = "http://localhost:8233"
    """The Temporal UI's scheme, host and port: no other page may ask."""
    cookie_for: Annotated[timedelta, BeforeValidator(seconds), Field(gt=timedelta(0), le=timedelta(days=1))] = (
        timedelta(hours=8)
    )
    """How long a browser that has shown the token may ask."""

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, values: Any) -> Any:
        return read_secret(values, "token")

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens that open it now."""
        return () if self.token is None else tuple(self.token.get_secret_value().split())


class WorkerSettings(Section):
    """How much one worker process takes on."""

    max_cached_workflows: Annotated[int, Field(ge=1)] = 2000
    """About as many as cases are active at a time, 75 KB each. Never 0: everything would be replayed every time."""
    max_concurrent_workflow_tasks: Annotated[int, Field(ge=2)] = 100
    max_concurrent_activities: Annotated[int, Field(ge=1)] = 200
    max_concurrent_local_activities: Annotated[int, Field(ge=1)] = 100
    workflow_task_pollers: Annotated[int, Field(ge=2, le=100)] = 5
    activity_task_pollers: Annotated[int, Field(ge=1, le=100)] = 5
    sticky_timeout: Seconds = timedelta(seconds=2.5)
    """After a worker died, how long its cases wait for it before another takes them."""
    drain_for: Seconds = timedelta(seconds=20)
    """How long calls under way may take to finish when the worker is told to stop."""
    connect_for: Seconds = timedelta(minutes=2)
    """How long Temporal is waited for at start-up."""
    deployment: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")] = "holdfast"
    """What Temporal calls all workers of this installation, of whatever version."""
    build_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] | None = None
    """The version of this worker; unversioned if not set."""


class ReconciliationSettings(Section):
    """How often the ERP's holds are compared with the open cases."""

    every: Annotated[Seconds, Field(ge=timedelta(seconds=10))] = timedelta(minutes=4)
    """With the look itself less than five minutes, after which a lost case must have been found."""


class OidcSettings(Section):
    """The company's single sign-on, by which people enrol their keys at the door."""

    issuer: HttpsUrl
    """As its discovery document has it."""
    client_id: Annotated[str, Field(min_length=1)] = "holdfast-approver"
    """A public client that may use the device-code flow."""
    subject_claim: Annotated[str, Field(min_length=1)] = "preferred_username"
    """The claim of the ID token that names a subject of `people.csv`."""


class IdentitySettings(Section):
    """How people are recognised: the public keys that count, and where each person keeps the private one."""

    audience: Annotated[str, Field(min_length=1, max_length=128)] = "holdfast"
    """What proofs are made for: a name of this installation, the same for workers and approvers."""
    keys: str = DEVELOPMENT
    """The public keys, a JWKS: a file or an https URL; or `development`, for keys that everybody knows."""
    reload_after: Seconds = timedelta(seconds=30)
    """How long a key set from a URL is used before it is asked for again; a file is looked at every time."""
    private_keys: Path = Path("~/.config/holdfast/keys")
    """Where a person's private key lies, in a file of mode 0600."""
    keyring: bool = False
    """Whether private keys are in the operating system's keyring instead."""
    door_url: HttpsUrl | None = None
    """The door at which `approver.py keys enrol` presents a new key."""
    oidc: OidcSettings | None = None

    @field_validator("keys")
    @classmethod
    def _no_open_line(cls, keys: str) -> str:
        if not keys:
            raise ValueError("name a file, an https URL, or development")
        if "://" in keys and not is_https_or_here(keys):
            raise ValueError("a key set comes by https, or from this machine")
        return keys

    @property
    def is_development(self) -> bool:
        """Whether the keys are those that everybody knows."""
        return self.keys == DEVELOPMENT

    @property
    def keys_url(self) -> str | None:
        """Where the key set is fetched, if it comes from a URL."""
        return self.keys if "://" in self.keys else None


class ObservationSettings(Section):
    """Logs, metrics and health."""

    log_format: Literal["json", "console"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    metrics_bind: Bind | None = None
    """Where Prometheus reads; nowhere if not set."""
    health_bind: Bind | None = None
    """Where the worker answers /healthz and /readyz; nowhere if not set."""


class Settings(BaseSettings):
    """Everything an operator sets. `load_settings` makes one and names what is wrong."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    environment: Environment = Environment.PROD
    task_queue: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")] = "holdfast"
    policies: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(directories), Field(min_length=1)] = (
        Path("policies"),
    )
    """The directories with the company's decision tables; a file of a later one replaces that of an earlier one."""
    user: str | None = None
    """Who you are to `approver.py`: a subject of `people.csv`."""
    systems: SystemsSettings | None = None
    notifications: NotificationsSettings | None = None
    door: DoorSettings = DoorSettings()
    encryption: EncryptionSettings = EncryptionSettings()
    codec_server: CodecServerSettings = CodecServerSettings()
    worker: WorkerSettings = WorkerSettings()
    reconciliation: ReconciliationSettings = ReconciliationSettings()
    observation: ObservationSettings = ObservationSettings()
    identity: IdentitySettings = IdentitySettings()

    @property
    def door_crm(self) -> SystemSettings | None:
        """The CRM as the door reaches it: for the pages on which customers answer."""
        return self.door.crm or (self.systems.crm if self.systems else None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no hidden files: a setting is where one looks
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - every secret names its own file
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=settings_file())


def settings_file() -> Path | None:
    """The file named by `HOLDFAST_SETTINGS`, else `holdfast.toml` here if there is one."""
    named = os.environ.get(SETTINGS_VARIABLE)
    if named:
        return Path(named)
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None
