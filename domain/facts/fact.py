"""A fact and the request for it, as data: the workflow fetches what a playbook names without knowing what it is."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, JsonValue

from domain.base import Model

Value = TypeVar("Value", bound=BaseModel)


class FactRequest(Model):
    """Ask `system` for `operation`, by the activity `{system}.{operation}`. `name` is what the playbook calls it."""

    name: str
    system: str
    operation: str
    arguments: dict[str, JsonValue] = {}
    optional: bool = False
    """Whether the playbook can still offer something when the system cannot be reached."""

    @property
    def activity(self) -> str:
        """The activity that answers it."""
        return f"{self.system}.{self.operation}"


class Fact(Model):
    """An answer of a system of record. `value` is None when it could not be reached and a person chose to go on."""

    name: str
    system: str
    operation: str
    version: str
    read_at: datetime
    value: dict[str, JsonValue] | None
    entered_by: str | None = None
    """The person who entered the value by hand during an outage."""


class FactMissing(LookupError):
    """A playbook needs a fact that nobody gathered."""


class Facts(Model):
    """All the facts of one exception, by name."""

    items: tuple[Fact, ...] = ()

    def find(self, name: str, kind: type[Value]) -> Value | None:
        """The value of that name as `kind`, or None if its system could not be reached."""
        for fact in self.items:
            if fact.name == name:
                return None if fact.value is None else kind.model_validate(fact.value)
        raise FactMissing(f"no fact {name!r} among {[fact.name for fact in self.items]}")

    def get(self, name: str, kind: type[Value]) -> Value:
        """The value of that name as `kind`; FactMissing if it is not known."""
        value = self.find(name, kind)
        if value is None:
            raise FactMissing(f"the fact {name!r} could not be read")
        return value
