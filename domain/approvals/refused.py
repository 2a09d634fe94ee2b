"""An action that is not allowed, with the reason that programs and people get."""

from __future__ import annotations

from domain.tasks import Refusal


class Refused(Exception):
    """The action is not allowed. `refusal` says why to programs, the message to people."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        self.refusal = refusal
        super().__init__(message)
