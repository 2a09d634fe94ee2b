"""Why a command did not do what it was asked to, each reason with its own exit code and the next thing to do."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from domain.tasks import Refusal


class ExitCode(IntEnum):
    """The exit codes of `approver.py`. 1 is a defect of ours, 2 a command line that cannot be understood."""

    DONE = 0
    DEFECT = 1
    USAGE = 2
    SETTINGS = 3
    UNAUTHENTICATED = 10
    FORBIDDEN = 11
    SEGREGATION = 12
    LIMIT = 13
    EXPIRED = 14
    STALE = 15
    CONFLICT = 16
    UNAVAILABLE = 17
    NOT_FOUND = 18
    INVALID = 19
    TEMPORAL_UNREACHABLE = 20
    NO_ANSWER = 21
    RECEIPT_MISMATCH = 22
    SEVERAL_TASKS = 23
    AUDIT_BROKEN = 24
    PARTLY = 25
    INTERRUPTED = 130


ADVICE: dict[ExitCode, str] = {
    ExitCode.DEFECT: "Run `approver.py show CASE`; if it looks wrong there too, tell the operators.",
    ExitCode.SETTINGS: "Correct the setting named above and run the command again.",
    ExitCode.UNAUTHENTICATED: "Say who you are with --as SUBJECT or HOLDFAST_USER, and have a key that is enrolled: "
    "`approver.py keys list`.",
    ExitCode.FORBIDDEN: "Ask somebody who holds the awaited role: `approver.py show CASE` names it.",
    ExitCode.SEGREGATION: "Somebody else must decide it: `approver.py show CASE` names the role.",
    ExitCode.LIMIT: "The amount is above your limit: choose a smaller option, or leave it to a role with a higher one.",
    ExitCode.EXPIRED: "The deadline has passed and the policy's default was applied: `approver.py show CASE`.",
    ExitCode.STALE: "The question has changed since you looked: run `approver.py show CASE` and decide again.",
    ExitCode.CONFLICT: "Somebody else was first: `approver.py show CASE` says who.",
    ExitCode.UNAVAILABLE: "It cannot be checked at the moment. Nothing was recorded; try again in a minute.",
    ExitCode.NOT_FOUND: "Look up the case with `approver.py inbox --all`.",
    ExitCode.INVALID: "Nothing was recorded. Correct the command and run it again.",
    ExitCode.TEMPORAL_UNREACHABLE: "Nothing was sent. Try again, or ask the operators whether Temporal is running.",
    ExitCode.NO_ANSWER: "It may or may not be recorded. Run the same command again: it is never recorded twice.",
    ExitCode.RECEIPT_MISMATCH: "The case answered for another request. Run `approver.py show CASE` before you go on.",
    ExitCode.AUDIT_BROKEN: "Keep what you have as it is, and tell the operators and the auditors.",
    ExitCode.PARTLY: "The list says which were refused, and why.",
    ExitCode.SEVERAL_TASKS: "Say which question you mean with --task or --hold.",
}


class Refused(Exception):
    """A command that was not carried out: `code` says why in a word, the message in a sentence."""

    def __init__(self, code: ExitCode, message: str, advice: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.advice = ADVICE.get(code, "") if advice is None else advice

    @classmethod
    def by_case(cls, refusal: str | None, message: str) -> Refused:
        """The refusal that a case answered with; a type that we do not know is a defect."""
        if refusal is None or refusal not in Refusal.__members__:
            return cls(ExitCode.DEFECT, message)
        return cls(ExitCode[refusal], message)

    @property
    def document(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "refusal": {
                "code": self.code.name,
                "exit_code": int(self.code),
                "message": self.message,
                "advice": self.advice,
            }
        }
