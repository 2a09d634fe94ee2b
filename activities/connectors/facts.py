"""Answers of a system of record, as facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from pydantic import JsonValue

from domain.calls import FactCall
from domain.facts.fact import Fact


class Versioned(Protocol):
    """The value of a fact: a model that says at which version of the system's data it was read."""

    @property
    def version(self) -> str:
        """The system's own version of what it answered."""
        ...

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Its JSON."""
        ...


def fact(call: FactCall, value: Versioned, read_at: datetime) -> Fact:
    """`value` as the answer to `call`. Take `read_at` before asking: a fact must not look fresher than it is."""
    return Fact(
        name=call.request.name,
        system=call.request.system,
        operation=call.request.operation,
        version=value.version,
        read_at=read_at,
        value=value.model_dump(mode="json"),
    )


def parameters(arguments: Mapping[str, JsonValue]) -> dict[str, str | None]:
    """Arguments as query parameters: lists comma-separated, absent ones left out by the client."""
    return {name: _parameter(value) for name, value in arguments.items()}


def _parameter(value: JsonValue) -> str | None:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return None if value is None else str(value)
