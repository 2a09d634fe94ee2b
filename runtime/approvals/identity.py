"""Who acts: a subject of the policies' people, as named on the command line; their key proves it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from domain.policy.people import FILE, parse_people
from domain.policy.problem import PolicyError
from runtime.approvals.refusals import ExitCode, Refused

_LONGEST = 128


def checked_subject(named: str | None) -> str:
    """The subject that acts. Raises Refused: UNAUTHENTICATED if nobody is named, INVALID for what can be no person."""
    if not named:
        raise Refused(ExitCode.UNAUTHENTICATED, "Nobody is named who acts.")
    if len(named) > _LONGEST or not named.isprintable() or named.startswith("system:"):
        raise Refused(ExitCode.INVALID, f"{named[:40]!a} cannot be the subject of a person.")
    return named


def roles_of(subject: str, directories: Sequence[Path]) -> tuple[str, ...]:
    """The roles of `subject` by the last `people.csv` of the policies, the only file that is read for it.

    Raises Refused: UNAUTHENTICATED for a stranger, SETTINGS if the file cannot be read.
    """
    present = [directory / FILE for directory in directories if (directory / FILE).exists()]
    file = present[-1] if present else directories[0] / FILE
    try:
        people = parse_people(file.read_text(encoding="utf-8"), {})
    except (OSError, UnicodeDecodeError, PolicyError) as error:
        raise Refused(ExitCode.SETTINGS, f"The people in {file} cannot be read: {error}.") from error
    roles = next((person.roles for person in people if person.subject == subject), None)
    if roles is None:
        raise Refused(ExitCode.UNAUTHENTICATED, f"{subject} is nobody that {file} knows.")
    return roles
