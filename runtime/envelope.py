"""Reading a CloudEvent that a stranger sent, and saying what is wrong with it without repeating what it says."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.events import CloudEvent

_MOST_FAULTS = 20
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Fault:
    """One thing wrong: where (a JSON pointer, non-ASCII escaped) and what."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or 'the event'}: {self.message}"


class Malformed(ValueError):
    """Not an event. `is_json` tells text that is no JSON from JSON that is no event."""

    def __init__(self, faults: tuple[Fault, ...], *, is_json: bool) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults
        self.is_json = is_json


def read_event(text: bytes) -> CloudEvent:
    """The event that `text` is. Raises Malformed."""
    try:
        return CloudEvent.model_validate_json(text)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        is_json = all(each["type"] != "json_invalid" for each in found)
        raise Malformed(tuple(map(_fault, found[:_MOST_FAULTS])), is_json=is_json) from None


def _fault(found: ErrorDetails) -> Fault:
    return Fault("".join(f"/{_shown(part)}" for part in found["loc"]), found["msg"])


def _shown(part: int | str) -> str:
    return str(part)[:_LONGEST_NAME].encode("ascii", "backslashreplace").decode()
