"""The base of every model that travels: between processes, into histories, to and from systems of record."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """An immutable value. Unknown fields are ignored, so that a worker rolled back by one version
    can still read what the newer one wrote into a history.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class StrictModel(BaseModel):
    """A value that a stranger sent: an unknown field is an error, because a typo must not lose a fact."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class State(BaseModel):
    """A part of a case's own state, changed in place by the workflow and carried through continue-as-new."""

    model_config = ConfigDict(extra="ignore", validate_assignment=False, hide_input_in_errors=True)


def digest(*parts: Any) -> str:
    """SHA-256, in hex, of the canonical JSON of `parts`: keys sorted, no white space, models as their JSON."""
    plain = [part.model_dump(mode="json") if isinstance(part, BaseModel) else part for part in parts]
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
