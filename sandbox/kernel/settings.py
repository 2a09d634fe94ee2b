"""What a service is told when it starts: its database, its clients and its neighbours."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Kind = TypeVar("Kind", bound="Settings")

TOKENS_VARIABLE = "SANDBOX_TOKENS"


class Peer(BaseModel):
    """Another service that this one calls, with the token it calls it by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    token: str


class Subscriber(BaseModel):
    """A receiver of this service's events. A `secret` that begins with `whsec_` signs them (Standard Webhooks); any
    other is sent as a bearer token. Of changes that `client` made itself the receiver is not told: it knows them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    secret: str
    client: str | None = None


class Settings(BaseModel):
    """The settings of a service; one with more subclasses this. Number and text fields of a subclass become flags.

    `tokens` maps a client's name to its token. The client `admin` alone may use `/admin`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: Path = Path(":memory:")
    tokens: dict[str, str] = Field(min_length=1)
    tenant: str = "acme"
    peers: dict[str, Peer] = Field(default_factory=dict)
    subscribers: tuple[Subscriber, ...] = ()
    seed: dict[str, JsonValue] = Field(default_factory=dict)
    """Master data that the service loads when its database is new."""


def load(kind: type[Kind], file: Path | None, overrides: Mapping[str, Any]) -> Kind:
    """Settings from a TOML or JSON file, then the environment (`SANDBOX_TOKENS="admin=a,erp=b"`), then `overrides`.

    Raises pydantic.ValidationError, which names every wrong value.
    """
    values = _read(file) if file is not None else {}
    tokens = os.environ.get(TOKENS_VARIABLE)
    if tokens:
        values["tokens"] = dict(pair.strip().split("=", 1) for pair in tokens.split(",") if "=" in pair)
    values.update({name: value for name, value in overrides.items() if value is not None})
    return kind.model_validate(values)


def _read(file: Path) -> dict[str, Any]:
    text = file.read_text(encoding="utf-8")
    values: dict[str, Any] = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    return values
