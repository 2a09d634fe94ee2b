"""Who acts: a subject of the policies' people, as named on the command line; their key proves it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from domain.policy.people import DUTIES, FILE, Person, parse_people
from domain.policy.problem import PolicyError
from domain.policy.substitutes import FILE as SUBSTITUTES
from domain.policy.substitutes import Substitution, parse_substitutes
from runtime.approvals.refusals import ExitCode, Refused

CALENDARS = "calendars.toml"
_LONGEST = 128


def checked_subject(named: str | None) -> str:
    """The subject that acts. Raises Refused: UNAUTHENTICATED if nobody is named, INVALID for what can be no person."""
    if not named:
        raise Refused(ExitCode.UNAUTHENTICATED, "Nobody is named who acts.")
    if len(named) > _LONGEST or not named.isprintable() or named.startswith("system:"):
        raise Refused(ExitCode.INVALID, f"{named[:40]!a} cannot be the subject of a person.")
    return named


def roles_of(subject: str, directories: Sequence[Path], now: datetime | None = None) -> tuple[str, ...] | None:
    """The roles whose questions `subject` looks after: his own, and those of the people he stands in for now. None for
    whoever looks after all of them, as administrators and auditors do.

    Raises Refused: UNAUTHENTICATED for a stranger, SETTINGS if a file cannot be read.
    """
    people = {person.subject: person for person in people_of(directories)}
    if subject not in people:
        file = _newest(directories, FILE) or directories[0] / FILE
        raise Refused(ExitCode.UNAUTHENTICATED, f"{subject} is nobody that {file} knows.")
    own = people[subject].roles
    if any(duty in own for duty in DUTIES):
        return None
    at = now or datetime.now(UTC)
    absent = [
        each.person
        for each in _substitutions(directories)
        if each.substitute == subject and each.since <= at < each.until
    ]
    others = [role for person in absent if person in people for role in people[person].roles]
    return tuple(dict.fromkeys((*own, *others)))


def people_of(directories: Sequence[Path]) -> tuple[Person, ...]:
    """Everybody in the last `people.csv` of the policies. Raises Refused (SETTINGS)."""
    file = _newest(directories, FILE) or directories[0] / FILE
    try:
        return parse_people(file.read_text(encoding="utf-8"), {})
    except (OSError, UnicodeDecodeError, PolicyError) as error:
        raise Refused(ExitCode.SETTINGS, f"The people in {file} cannot be read: {error}.") from error


def _substitutions(directories: Sequence[Path]) -> tuple[Substitution, ...]:
    """Who stands in for whom; a convenience here, so that what cannot be read counts as nobody."""
    file, calendars = _newest(directories, SUBSTITUTES), _newest(directories, CALENDARS)
    if file is None or calendars is None:
        return ()
    try:
        document = tomllib.loads(calendars.read_text(encoding="utf-8"))
        zone = str(document["calendars"][document["sites"]["*"]]["time_zone"])
        return parse_substitutes(file.read_text(encoding="utf-8"), zone)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def _newest(directories: Sequence[Path], name: str) -> Path | None:
    present = [directory / name for directory in directories if (directory / name).exists()]
    return present[-1] if present else None
